import Adapters
import Autograd
import Datasets
import Models
import Recipes

/// Times one micro-batch forward and back on a model of its own, which is dropped afterwards.
enum MicroBatchTimer {
    /// Seconds of the second of two passes; the first reads the weights into memory.
    static func seconds(_ prepared: PreparedRun, _ batch: Batch) throws -> Double {
        let recipe = prepared.recipe
        let decoder = try Decoder.load(folder: recipe.model, trainable: recipe.method == .full)
        if recipe.method == .lora {
            try LoRAAdapter(recipe.loraSettings, for: decoder, seed: recipe.seed).attach(to: decoder)
        }
        var last = 0.0
        for _ in 0..<2 {
            let started = ContinuousClock.now
            let tape = Tape()
            let pass = Pass(
                tape: tape, stream: RandomStream(seed: recipe.seed), isTraining: true,
                precision: recipe.productPrecision)
            let part = SupervisedLoss.of(
                batch, decoder, checkpointing: recipe.gradientCheckpointing == .block, in: pass)
            if let part { tape.backward(from: part.sum) }
            last = Training.seconds(since: started)
        }
        return last
    }
}
