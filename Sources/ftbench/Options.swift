import ArgumentParser
import Foundation
import Records
import Tensors

struct CommonOptions: ParsableArguments {
    @Flag(help: "Print machine-readable JSON on standard output.")
    var json = false

    @Option(help: ArgumentHelp("The folder that keeps everything.", valueName: "dir"))
    var workspace: String?

    @Option(help: ArgumentHelp("Processor threads for computing (default: all).", valueName: "n"))
    var threads: Int?

    func validate() throws {
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads takes a number from 1 to 1024, not \(threads).")
        }
    }

    /// `--workspace`, else FTBENCH_WORKSPACE, else below XDG_DATA_HOME.
    var workspaceFolder: String {
        let environment = ProcessInfo.processInfo.environment
        if let workspace { return Self.absolute(workspace) }
        if let named = environment["FTBENCH_WORKSPACE"], !named.isEmpty { return Self.absolute(named) }
        if let data = environment["XDG_DATA_HOME"], data.hasPrefix("/") { return data + "/ftbench" }
        return NSHomeDirectory() + "/.local/share/ftbench"
    }

    /// - Throws: `WorkspaceError`; `Failure` when a file stands where the folder should be.
    func openWorkspace() throws -> Workspace {
        let folder = workspaceFolder
        var existing = folder
        var isFolder: ObjCBool = false
        while !FileManager.default.fileExists(atPath: existing, isDirectory: &isFolder), existing.count > 1 {
            existing = (existing as NSString).deletingLastPathComponent
        }
        guard isFolder.boolValue else {
            throw Failure(
                "Cannot create the workspace \(folder): \(existing) is a file. Name another folder with --workspace DIR."
            )
        }
        return try Workspace(folder: folder)
    }

    /// Sets the number of threads, and says when FTBENCH_ISA could not be followed; called by every command that
    /// computes.
    func applyThreads() {
        if let threads { Processor.setThreads(threads) }
        if let warning = Self.instructionSetWarning { Output.standardError("ftbench: \(warning)") }
    }

    /// What to say when FTBENCH_ISA names a set that is unknown or cannot run here; nil when all is well.
    static var instructionSetWarning: String? {
        Processor.ignoredInstructionSetRequest.map {
            "FTBENCH_ISA=\($0) cannot run here; \(Processor.instructionSet) is used. Choose one of "
                + Processor.supportedInstructionSets.joined(separator: ", ") + "."
        }
    }

    static func absolute(_ path: String) -> String {
        let expanded = (path as NSString).expandingTildeInPath
        guard !expanded.hasPrefix("/") else { return (expanded as NSString).standardizingPath }
        return ((FileManager.default.currentDirectoryPath + "/" + expanded) as NSString).standardizingPath
    }
}

/// Where the program finds what ships with it: `themes/` and `sample-data/`.
enum Shipped {
    /// The folder that holds both: FTBENCH_HOME, the current folder, or one above the program.
    static let home: String? = {
        var candidates: [String] = []
        if let named = ProcessInfo.processInfo.environment["FTBENCH_HOME"], !named.isEmpty { candidates.append(named) }
        var above = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
        for _ in 0..<5 {
            guard let folder = above else { break }
            candidates.append(folder.path)
            candidates.append(folder.appendingPathComponent("share/ftbench").path)
            above = folder.deletingLastPathComponent()
        }
        candidates.append(FileManager.default.currentDirectoryPath)
        return candidates.first { FileManager.default.fileExists(atPath: $0 + "/themes/terminal.yaml") }
    }()

    static var themes: String? { home.map { $0 + "/themes" } }

    static func sample(_ name: String) -> String? {
        guard let path = home.map({ $0 + "/sample-data/" + name }), FileManager.default.fileExists(atPath: path) else {
            return nil
        }
        return path
    }
}
