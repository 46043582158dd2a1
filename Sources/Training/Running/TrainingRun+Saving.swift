import Adapters
import Autograd
import Foundation
import Models
import OrderedJSON
import Recipes
public import Runs
import Tensors
import WeightFiles

extension TrainingRun {
    /// What a save did.
    public struct Saved {
        public var record: CheckpointRecord
        /// Folders that the retention rule removed.
        public var removed: [String]
    }

    /// Writes `checkpoint-<step>`: beside its place, synced, renamed; then removes what the recipe no longer keeps.
    ///
    /// - Throws: `TrainingError` when there is no space or the folder cannot be written; older checkpoints are intact.
    public func saveCheckpoint() throws -> Saved {
        let path = folder + "/" + CheckpointFolder.name(step: state.step)
        let isBest = state.bestEvaluation?.step == state.step && state.step > 0
        var kept = state
        if isBest { kept.bestCheckpoint = path }
        if lastSavedStep == state.step, lastCheckpoint == path, let saved = CheckpointFolder(path: path),
            (try? saved.state()) != nil
        {
            // No update was made since: only what is known about it may have changed.
            try writeState(kept, to: path)
        } else {
            try writeWhole(kept, to: path)
        }
        state = kept
        lastSavedStep = state.step
        lastCheckpoint = path
        let loss = state.latestEvaluation?.step == state.step ? state.latestEvaluation?.loss : nil
        let record = CheckpointRecord(step: state.step, path: path, isBest: isBest, evaluationLoss: loss)
        return Saved(record: record, removed: retire())
    }

    private func writeWhole(_ kept: RunState, to path: String) throws {
        let needed = checkpointBytes
        if let free = freeBytes(folder), free < needed + needed / 10 + (1 << 20) {
            throw TrainingError.notEnoughSpace(path: path, needed: needed, free: free)
        }
        try DurableFolder.write(path) { partial in
            try writeWeights(to: partial, asSaved: false)
            try writeOptimizer(to: partial + "/" + CheckpointFolder.optimizerFile)
            try DurableFile.write(recipe.yaml(), to: partial + "/" + CheckpointFolder.recipeFile)
            try writeState(kept, to: partial)
        }
    }

    /// `state.json`, with the sizes of all that lies beside it. Whole or as it was before.
    private func writeState(_ kept: RunState, to path: String) throws {
        do {
            let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
            let files = names.filter { $0 != CheckpointFolder.stateFile }
                .compactMap { name in DiskSpace.fileSize(path + "/" + name).map { (name, $0) } }
            try DurableFile.write(
                kept.asJSON(files: files).serialized(.pretty()), to: path + "/" + CheckpointFolder.stateFile)
        } catch let error as FileWriteError {
            throw TrainingError.cannotWrite(path: path, reason: error.reason)
        }
    }

    /// Writes the run's result to `output`: the adapter in PEFT's layout, or the whole model folder.
    public func writeOutput() throws {
        let path = folder + "/output"
        let needed = checkpointBytes / (adapter == nil ? 3 : 1)
        if let free = freeBytes(folder), free < needed + (1 << 20) {
            throw TrainingError.notEnoughSpace(path: path, needed: needed, free: free)
        }
        try DurableFolder.write(path) { try writeWeights(to: $0, asSaved: true) }
        output = path
    }

    /// Bytes a checkpoint takes: float32 weights and two moments for each trained parameter.
    var checkpointBytes: Int {
        parameters.reduce(0) { $0 + $1.variable.value.count } * 12 + (1 << 16)
    }

    /// Removes all but the newest `keep` and the best.
    private func retire() -> [String] {
        let all = CheckpointFolder.all(in: folder)
        var removed: [String] = []
        for old in all.dropLast(max(1, recipe.checkpoints.keep)) where old.path != state.bestCheckpoint {
            // One that cannot be removed costs space, not the run.
            if (try? old.remove()) != nil { removed.append(old.path) }
        }
        return removed
    }

    // MARK: Contents

    /// `asSaved`: in the recipe's type, as others read it; else float32, so that a resumed run sees the same bits.
    private func writeWeights(to folder: String, asSaved: Bool) throws {
        if let adapter {
            try adapter.save(to: folder, baseModelName: recipe.model)
        } else {
            let type: ElementType = asSaved && recipe.precision == .bf16 ? .bfloat16 : .float32
            try decoder.save(to: folder, as: type, copyingTextFrom: recipe.model)
        }
    }

    private func writeOptimizer(to path: String) throws {
        var copy = optimizer
        copy.makeMoments(for: parameters)
        var tensors: [(name: String, tensor: Tensor)] = []
        for (parameter, moment) in zip(parameters, copy.moments) {
            tensors.append((parameter.key + ".first", moment.first))
            tensors.append((parameter.key + ".second", moment.second))
        }
        try SafetensorsFile.write(tensors, to: path)
    }

    func loadWeights(from checkpoint: CheckpointFolder) throws {
        do {
            let weights = try SafetensorsFile(
                path: checkpoint.path + (adapter == nil ? "/model.safetensors" : "/adapter_model.safetensors"))
            let moments = try SafetensorsFile(path: checkpoint.path + "/" + CheckpointFolder.optimizerFile)
            optimizer.makeMoments(for: parameters)
            for (parameter, moment) in zip(parameters, optimizer.moments) {
                try assign(weights, parameter.key, to: parameter.variable.value, checkpoint)
                try assign(moments, parameter.key + ".first", to: moment.first, checkpoint)
                try assign(moments, parameter.key + ".second", to: moment.second, checkpoint)
            }
        } catch let error as TrainingError {
            throw error
        } catch {
            throw TrainingError.badCheckpoint(path: checkpoint.path, reason: "\(error)")
        }
    }

    private func assign(
        _ file: SafetensorsFile, _ key: String, to tensor: Tensor, _ checkpoint: CheckpointFolder
    ) throws {
        guard let saved = try? file.tensor(key, shape: tensor.shape) else {
            throw TrainingError.badCheckpoint(path: checkpoint.path, reason: "\(key) is missing or has another shape")
        }
        tensor.assign(saved)
    }
}
