import Foundation
import OrderedJSON
public import Recipes
import WeightFiles

/// A complete checkpoint on disk: `checkpoint-<step>` with weights or adapter, `optimizer.safetensors`, `recipe.yaml`
/// and, written last, `state.json`.
public struct CheckpointFolder: Sendable, Equatable {
    public let path: String
    public let step: Int

    static let stateFile = "state.json"
    static let optimizerFile = "optimizer.safetensors"
    static let recipeFile = "recipe.yaml"

    static func name(step: Int) -> String { "checkpoint-\(step)" }

    /// The checkpoint at `path`, by its name; nil when the name is none of a checkpoint.
    public init?(path: String) {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        guard let name = path.split(separator: "/").last, name.hasPrefix("checkpoint-"),
            let step = Int(name.dropFirst("checkpoint-".count)), step >= 0
        else { return nil }
        self.path = path
        self.step = step
    }

    /// Complete checkpoints of a run's folder, oldest first. Half-written ones have another name.
    public static func all(in folder: String) -> [CheckpointFolder] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.compactMap { CheckpointFolder(path: folder + "/" + $0) }
            .filter { FileManager.default.fileExists(atPath: $0.path + "/" + stateFile) }
            .sorted { $0.step < $1.step }
    }

    /// The newest checkpoint that reads back whole, passing over damaged ones.
    public static func newestUsable(in folder: String) -> CheckpointFolder? {
        all(in: folder).last { (try? $0.state()) != nil }
    }

    /// Reads `state.json` and checks that every file it names has the size it had.
    public func state() throws -> RunState {
        guard let data = FileManager.default.contents(atPath: path + "/" + Self.stateFile) else {
            throw TrainingError.badCheckpoint(path: path, reason: "\(Self.stateFile) is missing")
        }
        let json: JSONValue
        do {
            json = try JSONValue(parsing: [UInt8](data))
        } catch {
            throw TrainingError.badCheckpoint(path: path, reason: "\(Self.stateFile) is not JSON: \(error)")
        }
        guard let state = RunState(json: json), state.step == step else {
            throw TrainingError.badCheckpoint(path: path, reason: "\(Self.stateFile) is not one of ours")
        }
        for (name, size) in json["files"]?.object ?? [:] {
            let found = DiskSpace.fileSize(path + "/" + name)
            guard found == size.int else {
                let has = found.map { "has \($0) bytes instead of \(size.int ?? 0)" } ?? "is missing"
                throw TrainingError.badCheckpoint(path: path, reason: "\(name) \(has)")
            }
        }
        return state
    }

    /// The recipe the run was started with.
    public func recipe() throws -> Recipe {
        let reading = Recipe.load(path: path + "/" + Self.recipeFile)
        do {
            return try reading.validated()
        } catch {
            throw TrainingError.badCheckpoint(path: path, reason: error.description)
        }
    }

    public func remove() throws {
        // Renamed first, so that a removal cut short never leaves half a checkpoint under a whole one's name.
        let doomed = path + ".removing"
        try? FileManager.default.removeItem(atPath: doomed)
        try FileManager.default.moveItem(atPath: path, toPath: doomed)
        try FileManager.default.removeItem(atPath: doomed)
    }

    /// Removes what an interrupted save or removal left.
    static func removeLeftovers(in folder: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names
        where (name.hasPrefix("checkpoint-") || name.hasPrefix("output"))
            && (name.hasSuffix(".partial") || name.hasSuffix(".removing"))
        {
            try? FileManager.default.removeItem(atPath: folder + "/" + name)
        }
    }
}
