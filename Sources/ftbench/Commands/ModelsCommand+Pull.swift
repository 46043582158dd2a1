import ArgumentParser
import Foundation
import Hub
import OrderedJSON
import Records
import Synchronization
import TerminalUI

extension ModelsCommand {
    struct Pull: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Fetch a model from a Hugging Face style hub and add it.",
            discussion: """
                Fetches configuration, tokenizer and safetensors weights, checks every file against its checksum and adds \
                the folder to the workspace. Pickle files are never fetched. Interrupted (Ctrl-C, status 130) or killed, \
                the same command goes on where it stopped; when nothing is new it fetches nothing.

                Read from the environment: HF_ENDPOINT, HF_TOKEN (or the token file of the hub's own tools), \
                HF_HUB_OFFLINE, HF_HUB_DOWNLOAD_TIMEOUT, https_proxy, SSL_CERT_FILE.
                """)

        @OptionGroup var options: CommonOptions
        @Argument(help: "OWNER/NAME, with @REVISION behind it for another revision than main.") var repository: String
        @Option(help: "A branch, a tag, a commit, or refs/pr/1.") var revision: String?
        @Option(
            help: ArgumentHelp(
                "Fetch files that match, instead of the usual weights; may be repeated. '*' matches slashes too.",
                valueName: "glob"))
        var file: [String] = []
        @Option(help: ArgumentHelp("The folder to make (default: models/ of the workspace).", valueName: "dir"))
        var output: String?
        @Option(help: "Its name in the workspace; the folder's name when left out.") var name: String?
        @Flag(help: "Check every byte of what is here, and overwrite files that were changed here.") var force = false

        func validate() throws {
            if file.contains(where: \.isEmpty) {
                throw ValidationError("--file takes a pattern, for example '*.gguf'.")
            }
            if let name, name.isEmpty || name.contains("/") {
                throw ValidationError("'\(name)' cannot be the name of a model. Choose one without '/'.")
            }
        }

        /// A name that no repository can have is wrong usage.
        private func name(at endpoint: WebAddress) throws -> RepositoryName {
            do {
                return try RepositoryName(repository, revision: revision, endpoint: endpoint)
            } catch {
                throw ValidationError(error.description)
            }
        }

        func run() throws {
            let settings = try HubSettings(environment: ProcessInfo.processInfo.environment)
            let asked = try name(at: settings.endpoint)
            let workspace = try options.openWorkspace()
            var pulling = try ModelPulling(
                repository: asked, settings: settings, workspace: workspace,
                folder: output.map(CommonOptions.absolute), name: name)
            pulling.pull.patterns = file
            pulling.pull.isForced = force
            let printer = PullPrinter(asJSON: options.json)
            let cancellation = Cancellation()
            let interruption = Interruption { count in
                cancellation.cancel()
                if count > 1 { Foundation.exit(130) }
            }
            do {
                let outcome = try pulling.pull.run(cancellation: cancellation) { printer.show($0) }
                printer.end(try pulling.register(outcome))
            } catch HubError.cancelled where interruption.happened {
                printer.end(status: "interrupted", message: HubError.cancelled.description)
                Output.standardError("ftbench: \(HubError.cancelled.description)")
                throw ExitCode(130)
            } catch {
                printer.end(status: "failed", message: Failure.text(of: error))
                throw error
            }
        }
    }
}

/// Tells of a pull: one JSON object a line, or a line of progress for people.
final class PullPrinter: Sendable {
    private let asJSON: Bool
    private let start = ContinuousClock.now

    init(asJSON: Bool) { self.asJSON = asJSON }

    func show(_ event: PullEvent) {
        if asJSON { return Output.json(Self.json(event)) }
        switch event {
        case .started(let plan):
            var line = "\(plan.repository) at \(plan.commit.prefix(12)): \(plan.files) files"
            if let bytes = plan.bytes { line += ", \(NumberText.bytes(bytes))" }
            if plan.presentBytes > 0 { line += ", \(NumberText.bytes(plan.presentBytes)) of them here" }
            say(line)
        case .progress(let progress): Output.progress(PullText.line(progress))
        case .file: break
        case .retry(let what, let reason, let delay, _):
            Output.endProgress()
            say(PullText.retry(what, reason, delay))
        case .note(let text):
            Output.endProgress()
            Output.standardError(text)
        }
    }

    /// Like progress: for people who watch.
    private func say(_ line: String) {
        if Output.errorIsTerminal { Output.standardError(line) }
    }

    func end(_ result: PulledModel) {
        if asJSON { return Output.json(result.asJSON(seconds: seconds)) }
        Output.endProgress()
        for line in result.lines { Output.line(line) }
    }

    /// A pull that came to no end; people read the message on standard error.
    func end(status: String, message: String) {
        if asJSON {
            Output.json([
                "event": "end", "status": .string(status), "message": .string(message), "seconds": .number(seconds),
            ])
        } else {
            Output.endProgress()
        }
    }

    private var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }

    static func json(_ event: PullEvent) -> JSONValue {
        switch event {
        case .started(let plan):
            [
                "event": "start", "repository": .string(plan.repository), "revision": .string(plan.revision),
                "commit": .string(plan.commit), "folder": .string(plan.folder), "files": .integer(plan.files),
                "bytes": plan.bytes.map { .integer($0) } ?? .null, "present_bytes": .integer(plan.presentBytes),
            ]
        case .progress(let progress):
            [
                "event": "progress", "bytes": .integer(progress.bytes),
                "total_bytes": progress.total.map { .integer($0) } ?? .null,
                "bytes_per_s": .finite(progress.bytesPerSecond),
                "seconds_left": progress.secondsLeft.map { .finite($0) } ?? .null,
            ]
        case .file(let path, let size, let isNew):
            ["event": "file", "file": .string(path), "bytes": .integer(size), "fetched": .bool(isNew)]
        case .retry(let what, let reason, let delay, let failures):
            [
                "event": "retry", "file": .string(what), "reason": .string(reason),
                "wait_s": .number(delay / .seconds(1)), "failures": .integer(failures),
            ]
        case .note(let text): ["event": "note", "text": .string(text)]
        }
    }
}
