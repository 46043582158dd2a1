import Foundation
import Hub
import OrderedJSON
import Records
import TerminalUI

/// A pull into the workspace, and what is done with the folder afterwards; the command and the workbench share it.
struct ModelPulling {
    let workspace: Workspace
    let name: String
    var pull: ModelPull

    /// Without a folder it becomes `models/OWNER--NAME` of the workspace.
    ///
    /// - Throws: `HubError.noClient`; `WorkspaceError.nameTaken` before anything is fetched.
    init(
        repository: RepositoryName, settings: HubSettings, workspace: Workspace, folder: String? = nil,
        name: String? = nil
    ) throws {
        let folder = folder ?? "\(workspace.folder)/models/\(repository.folderName)"
        self.workspace = workspace
        self.name = name ?? (folder as NSString).lastPathComponent
        if let known = try workspace.model(named: self.name), known.path != folder {
            throw Failure(
                "The workspace already has a model '\(self.name)' at \(known.path). Choose another name with --name.")
        }
        if let variable = settings.offline { throw HubError.offline(variable: variable) }
        pull = ModelPull(
            settings: settings, client: try CurlClient(certificateFile: settings.certificateFile),
            repository: repository, folder: folder)
        pull.userAgent = "ftbench/\(Version.text)"
    }

    /// Reads the folder as `models add` does and adds it. A model that ftbench cannot run is added all the same, with
    /// the reason; an adapter is no model of its own and is only named.
    func register(_ outcome: PullOutcome) throws -> PulledModel {
        var result = PulledModel(name: name, outcome: outcome)
        if outcome.kind == .adapter { return result }
        do {
            let report = try ModelReport.read(folder: outcome.folder, loadsWeights: true)
            result.report = report
            try workspace.addModel(named: name, path: outcome.folder, facts: report.asJSON)
        } catch let error as WorkspaceError {
            throw error
        } catch {
            result.problem = Failure.text(of: error)
            try workspace.addModel(named: name, path: outcome.folder, facts: .object([:]))
        }
        return result
    }
}

/// What a pull left.
struct PulledModel {
    var name: String
    var outcome: PullOutcome
    /// Nil for an adapter, and for what ftbench cannot use.
    var report: ModelReport?
    /// Why it cannot be used as it is.
    var problem: String?

    var isAdapter: Bool { outcome.kind == .adapter }

    /// What came, in one line.
    var headline: String {
        if outcome.isUpToDate { return "\(name) is up to date" }
        return "\(name): fetched \(outcome.fetchedFiles) \(outcome.fetchedFiles == 1 ? "file" : "files"), "
            + NumberText.bytes(outcome.fetchedBytes)
    }

    var lines: [String] {
        var lines = ["\(headline) · \(outcome.folder)"]
        if let report {
            lines.append("  \(report.summary)")
            lines += report.notes.map { "  \($0)" }
        }
        if isAdapter { lines.append("  an adapter: use it with --adapter \(adapterFolder)") }
        if outcome.kind == .tokenizer {
            lines.append("  a tokenizer without weights: ftbench tokenize --model \(name)")
        } else if let problem {
            lines.append("  cannot be used as it is: \(problem)")
        }
        return lines
    }

    /// The adapter may stand one folder down, under a name of its own.
    private var adapterFolder: String {
        guard let file = outcome.files.first(where: { $0.hasSuffix("adapter_config.json") }) else {
            return outcome.folder
        }
        return ((outcome.folder + "/" + file) as NSString).deletingLastPathComponent
    }

    func asJSON(seconds: Double) -> JSONValue {
        var object: JSONObject = [
            "event": "end", "status": .string(outcome.isUpToDate ? "up_to_date" : "done"), "name": .string(name),
            "folder": .string(outcome.folder), "repository": .string(outcome.repository),
            "commit": .string(outcome.commit), "kind": .string(outcome.kind.rawValue),
            "files": .array(outcome.files.map { .string($0) }), "fetched_files": .integer(outcome.fetchedFiles),
            "fetched_bytes": .integer(outcome.fetchedBytes),
            "unverified": .array(outcome.unverified.map { .string($0) }), "seconds": .number(seconds),
            "usable": .bool(report != nil || isAdapter), "problem": .optional(problem),
        ]
        for key in ["family", "parameters", "dtype", "context_length"] {
            object[key] = report?.asJSON[key] ?? .null
        }
        return .object(object)
    }
}

/// The words of a pull, on standard error and on the screen.
enum PullText {
    static func line(_ progress: PullProgress) -> String {
        (progress.fraction.map { NumberText.percent($0) + "  " } ?? "") + amounts(progress)
    }

    /// Bytes, rate and time left.
    static func amounts(_ progress: PullProgress) -> String {
        var parts: [String] = []
        if let total = progress.total, total > 0 {
            parts.append("\(NumberText.bytes(progress.bytes)) of \(NumberText.bytes(total))")
        } else {
            parts.append(NumberText.bytes(progress.bytes))
        }
        if progress.bytesPerSecond > 0 { parts.append("\(NumberText.bytes(Int(progress.bytesPerSecond)))/s") }
        if let left = progress.secondsLeft { parts.append("left \(NumberText.duration(seconds: left))") }
        return parts.joined(separator: "  ")
    }

    static func retry(_ what: String, _ reason: String, _ delay: Duration) -> String {
        let seconds = delay / .seconds(1)
        let wait = seconds > 0 ? "; again in \(NumberText.fixed(seconds, decimals: 1)) s" : ""
        return "\(what): \(reason)\(wait)"
    }
}
