import Adapters
import Datasets
import Foundation
import Models
import Records
import Runs

/// A model ready to generate and score, with an adapter on it when one was named.
struct LoadedModel {
    let folder: String
    let decoder: Decoder
    let text: ModelText
    let adapter: LoRAAdapter?

    /// The model is a folder or a name in the workspace, the adapter a PEFT folder, or `RUN`, `RUN/best`, `RUN/last` or
    /// `RUN/STEP` of the workspace.
    /// - Throws: errors that name the file and the remedy.
    static func load(model: String, adapter: String?, things: NamedThings) throws -> LoadedModel {
        let folder = try things.modelPath(model)
        let decoder = try Decoder.load(folder: folder, trainable: false)
        let text = try ModelText.loadAny(folder)
        guard let name = adapter else { return LoadedModel(folder: folder, decoder: decoder, text: text, adapter: nil) }
        let path = try things.adapterPath(name)
        let loaded = try LoRAAdapter.load(folder: path)
        for warning in loaded.warnings { Output.standardError("ftbench: \(path): \(warning)") }
        try loaded.attach(to: decoder)
        return LoadedModel(folder: folder, decoder: decoder, text: text, adapter: loaded)
    }

    var endTokens: Set<Int32> { Set(text.endTokenIDs) }
}

extension NamedThings {
    /// The PEFT folder of an adapter.
    /// - Throws: `Failure` that says what was looked for where.
    func adapterPath(_ name: String) throws -> String {
        let path = Options.absolute(name)
        if FileManager.default.fileExists(atPath: path) {
            guard FileManager.default.fileExists(atPath: path + "/adapter_config.json") else {
                throw Failure(
                    "\(path) is no adapter: it has no adapter_config.json. Give a folder in PEFT's layout; a whole model "
                        + "goes to --model.")
            }
            return path
        }
        let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
        guard let workspace, let run = parts.first, let summary = try? workspace.run(RunID(run)) else {
            let runs = try workspace?.runs().prefix(12).map(\.id.rawValue) ?? []
            throw Failure(
                "There is no adapter '\(name)': no such folder here, and no run of that name in the workspace"
                    + (runs.isEmpty ? "." : " (it has \(runs.joined(separator: ", ")))."))
        }
        let found: String?
        switch parts.count == 2 ? parts[1] : "output" {
        case "output": found = summary.outcome?.output ?? summary.outcome?.lastCheckpoint
        case "best": found = summary.outcome?.bestCheckpoint
        case "last": found = summary.outcome?.lastCheckpoint
        case let step: found = workspace.runFolder(run) + "/checkpoint-\(step)"
        }
        guard let found, FileManager.default.fileExists(atPath: found + "/adapter_config.json") else {
            if let found, FileManager.default.fileExists(atPath: found + "/config.json") {
                throw Failure("The run '\(run)' trained the whole model. Use it with --model \(found)")
            }
            throw Failure("The run '\(run)' has no such adapter on disk. See what it left: ftbench runs show \(run)")
        }
        return found
    }
}
