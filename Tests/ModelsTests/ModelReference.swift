import Autograd
import Foundation
import Models
import OrderedJSON
import Tensors
import WeightFiles

/// Where the committed fixtures lie.
let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures").path
let repository = URL(filePath: fixtures).deletingLastPathComponent().deletingLastPathComponent().path

/// The tiny models, by folder.
let fixtureModels =
    ((try? FileManager.default.contentsOfDirectory(atPath: fixtures + "/models")) ?? [])
    .filter { FileManager.default.fileExists(atPath: "\(fixtures)/models/\($0)/config.json") }.sorted()

/// What PyTorch computed with one of the tiny models (Tests/Fixtures/make_model_fixtures.py).
struct ModelReference {
    let ids: [Int32]
    let targets: [Int32]
    let layout: SequenceLayout
    let loss: Double
    let trainedTokens: Int
    /// (N, V), all sequences one after the other.
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
}

/// Loss sum over the trained tokens, its gradients left in the parameters.
func lossSum(
    _ model: Decoder, _ ids: [Int32], _ targets: [Int32], _ layout: SequenceLayout, checkpointing: Bool = false
) -> Double {
    let tape = Tape()
    let pass = Pass(tape: tape, isTraining: true)
    let hidden = model(ids, layout: layout, checkpointing: checkpointing, in: pass)
    let rows = targets.indices.filter { targets[$0] >= 0 }
    let trained = gatherRows(hidden, rows.map { Int32($0) }, in: pass)
    let sum = model.crossEntropySum(trained, targets: rows.map { targets[$0] }, in: pass)
    let value = Double(sum.value.item)
    tape.backward(from: sum)
    return value
}

/// Losses before each of `steps` AdamW steps over `parameters`.
func adamWLosses(
    _ parameters: [(key: String, variable: Variable)], settings: AdamWStep, tokens: Int, steps: Int,
    loss: () -> Double
) -> [Double] {
    let moments = parameters.map { (Tensor.zeros($0.variable.shape), Tensor.zeros($0.variable.shape)) }
    var losses: [Double] = []
    var step = settings
    step.gradientScale = 1 / Float(tokens)
    for number in 1...steps {
        for parameter in parameters { parameter.variable.gradient = nil }
        losses.append(loss() / Double(tokens))
        step.step = number
        for (parameter, moment) in zip(parameters, moments) {
            guard let gradient = parameter.variable.gradient else { continue }
            step.apply(to: parameter.variable.value, first: moment.0, second: moment.1, gradient: gradient)
        }
    }
    return losses
}

/// The largest difference between `a` and `b`, as a share of the largest value of `b`.
func relativeDifference(_ a: [Float], _ b: [Float]) -> Float {
    guard a.count == b.count else { return .infinity }
    let largest = b.reduce(Float(0)) { max($0, abs($1)) }
    let difference = zip(a, b).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
    return difference / max(largest, 1e-6)
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

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path + "/" + name))
    }

    func copy(_ source: String, as name: String) throws {
        try FileManager.default.copyItem(atPath: source, toPath: path + "/" + name)
    }
}
