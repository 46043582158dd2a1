import Autograd
import Foundation
import Models
import OrderedJSON
import Tensors
import WeightFiles

let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures").path

/// What PEFT and PyTorch computed with an adapter (Tests/Fixtures/make_model_fixtures.py).
struct AdapterReference {
    let ids: [Int32]
    let targets: [Int32]
    let layout: SequenceLayout
    let loss: Double
    let trainedTokens: Int
    let logits: [Float]
    let gradients: SafetensorsFile
    let adamW: AdamWStep
    let lossBeforeEachStep: [Double]

    init(folder: String) throws {
        let json = try JSONValue(readingFile: folder + "/reference.json")
        let sequences = json["sequences"]?.array ?? []
        func numbers(_ key: String) -> [[Int32]] {
            sequences.map { ($0[key]?.array ?? []).compactMap { $0.int.map { Int32($0) } } }
        }
        ids = numbers("ids").flatMap { $0 }
        targets = numbers("targets").flatMap { $0 }
        layout = SequenceLayout(lengths: numbers("ids").map(\.count))
        loss = json["loss"]?.double ?? .nan
        trainedTokens = json["trained_tokens"]?.int ?? 0
        logits = (json["logits"]?.array ?? []).flatMap { rows in
            (rows.array ?? []).flatMap { ($0.array ?? []).compactMap { $0.double.map { Float($0) } } }
        }
        gradients = try SafetensorsFile(path: folder + "/gradients.safetensors")
        let settings = json["adamw"]
        adamW = AdamWStep(
            learningRate: Float(settings?["lr"]?.double ?? .nan),
            beta1: Float(settings?["betas"]?[0]?.double ?? .nan), beta2: Float(settings?["betas"]?[1]?.double ?? .nan),
            epsilon: Float(settings?["eps"]?.double ?? .nan),
            weightDecay: Float(settings?["weight_decay"]?.double ?? .nan), step: 0)
        lossBeforeEachStep = (settings?["loss_before_each_step"]?.array ?? []).compactMap(\.double)
    }

    /// Loss sum over the trained tokens; gradients stay in the parameters.
    func lossSum(_ model: Decoder, checkpointing: Bool = false, isTraining: Bool = true, seed: UInt64 = 0) -> Double {
        let tape = Tape()
        let pass = Pass(tape: tape, stream: RandomStream(seed: seed), isTraining: isTraining)
        let hidden = model(ids, layout: layout, checkpointing: checkpointing, in: pass)
        let rows = targets.indices.filter { targets[$0] >= 0 }
        let trained = gatherRows(hidden, rows.map { Int32($0) }, in: pass)
        let sum = model.crossEntropySum(trained, targets: rows.map { targets[$0] }, in: pass)
        let value = Double(sum.value.item)
        tape.backward(from: sum)
        return value
    }

    func logits(_ model: Decoder) -> [Float] {
        let hidden = model(ids, layout: layout, in: .inference)
        return model.logits(hidden, in: .inference).value.toArray()
    }
}

func largestDifference<T: FloatingPoint>(_ a: [T], _ b: [T]) -> T {
    guard a.count == b.count else { return .infinity }
    return zip(a, b).reduce(0) { $1.0.isNaN || $1.1.isNaN ? .infinity : max($0, abs($1.0 - $1.1)) }
}

/// A folder of its own for one test, removed with the value.
final class TemporaryFolder {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "ftbench-tests-" + UUID().uuidString
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
