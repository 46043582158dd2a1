import Autograd
import Datasets
import Models
import Tensors

/// What to tell when a number stopped being one. Nothing here changes a weight.
extension TrainingRun {
    func nonFiniteLoss(_ batch: Batch, microBatch: Int) -> TrainingError {
        clearGradients()
        let broken = parameters.first { !$0.variable.value.isFinite }?.key
        return report(.loss, batch, layer: broken ?? firstBrokenPlace(batch, in: pass(nil, microBatch: microBatch)))
    }

    /// Computes the micro-batches again, one by one, to name the one and the parameter: the passes are the same, so
    /// the same gradient breaks again.
    func nonFiniteGradient(_ batches: [Batch]) -> TrainingError {
        for (index, batch) in batches.enumerated() {
            clearGradients()
            let tape = Tape()
            guard let part = lossSum(batch, in: pass(tape, microBatch: index)) else { continue }
            tape.backward(from: part.sum)
            // The backward pass goes from the last layer to the first: the last in order broke first.
            if let broken = parameters.last(where: { $0.variable.gradient?.isFinite == false }) {
                clearGradients()
                return report(.gradient, batch, layer: broken.key)
            }
        }
        // Each by itself is finite: their sum overflowed.
        clearGradients()
        return report(.gradient, batches.first, layer: nil)
    }

    func nonFiniteHeldOutLoss(_ batch: Batch, in pass: Pass) -> TrainingError {
        report(.heldOutLoss, batch, layer: firstBrokenPlace(batch, in: pass))
    }

    private func report(_ kind: NonFiniteValue.Kind, _ batch: Batch?, layer: String?) -> TrainingError {
        let allLines = kind == .heldOutLoss ? prepared.validationLines : prepared.trainLines
        let lines = Set((batch?.rows ?? []).map { allLines[$0] }).sorted()
        return .nonFinite(
            NonFiniteValue(
                kind: kind, step: state.step + 1, lines: lines, layer: layer,
                learningRate: learningRate(at: state.step)))
    }

    /// The first place along the data flow whose output is not finite, by its checkpoint key.
    private func firstBrokenPlace(_ batch: Batch, in pass: Pass) -> String? {
        let layout = SequenceLayout(segments: batch.segments, positions: batch.positions)
        let keys = decoder.stageKeys
        var x = decoder.embedded(batch.ids, layout: layout, in: pass)
        guard x.value.isFinite else { return keys.embedding }
        for (key, block) in zip(keys.layers, decoder.blocks) {
            x = block(x, layout: layout, in: pass)
            guard x.value.isFinite else { return key }
        }
        x = decoder.norm(x, in: pass)
        return x.value.isFinite ? keys.head : keys.norm
    }

    /// Whether the weights can still be saved as a good state.
    var weightsAreFinite: Bool { parameters.allSatisfy { $0.variable.value.isFinite } }
}
