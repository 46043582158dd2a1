import Autograd
import EngineTesting
import Foundation
import Tensors
import Testing

let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures")

/// One op as PyTorch computes it (Tests/Fixtures/ops/make_op_fixtures.py).
struct OpCase: Decodable, CustomTestStringConvertible {
    struct Numbers: Decodable {
        let shape: [Int]
        let values: [Float]
        var tensor: Tensor { Tensor(values, shape: shape) }
    }
    struct Settings: Decodable {
        let epsilon, offset, scale, cap: Float?
        let kind: String?
        let heads, shared, width, window: Int?
        let targets: [Int32]?
    }
    let name: String
    let settings: Settings
    let inputs: [String: Numbers]
    let result, outgoing: Numbers
    let gradients: [String: Numbers]

    var testDescription: String { ([name, settings.kind] as [String?]).compactMap { $0 }.joined(separator: ", ") }

    private struct File: Decodable { let cases: [OpCase] }
    static func all() throws -> [OpCase] {
        let data = try Data(contentsOf: fixtures.appending(path: "ops/ops.json"))
        return try JSONDecoder().decode(File.self, from: data).cases
    }

    /// The op over the inputs by name.
    func result(_ inputs: [String: Variable], in pass: Pass) throws -> Variable {
        func input(_ name: String) throws -> Variable { try #require(inputs[name]) }
        let kind = settings.kind.flatMap { Activation(rawValue: $0) }
        switch name {
        case "layer norm", "layer norm without bias":
            return try layerNorm(
                input("x"), scale: input("scale"), bias: inputs["bias"], epsilon: #require(settings.epsilon), in: pass)
        case "gemma norm", "gemma norm of heads", "rms norm of rows":
            return try rmsNorm(
                input("x"), scale: input("scale"), epsilon: #require(settings.epsilon),
                offset: #require(settings.offset), in: pass)
        case "activation":
            return try activation(input("x"), #require(kind), in: pass)
        case "gated activation":
            return try gatedActivation(input("gate"), input("up"), #require(kind), in: pass)
        case "soft cap":
            return try softCap(input("x"), cap: #require(settings.cap), in: pass)
        case "attention":
            let q = try input("q")
            return try causalAttention(
                q, input("k"), input("v"), layout: SequenceLayout(lengths: [q.shape[0]]),
                heads: #require(settings.heads), keyValueHeads: #require(settings.shared),
                headWidth: #require(settings.width), scale: #require(settings.scale), window: settings.window,
                softCap: settings.cap, in: pass)
        case "cross entropy":
            return try crossEntropySum(
                input("hidden"), head: input("head"), targets: #require(settings.targets),
                scale: #require(settings.scale), softCap: settings.cap, bias: input("bias"), in: pass)
        case "column scale":
            return try scaleColumns(input("x"), by: input("s"), in: pass)
        default:
            throw UnknownOp(name: name)
        }
    }
    struct UnknownOp: Error { let name: String }
}

@Suite("ops give what PyTorch gives")
struct OpFixtureTests {
    @Test("values and every gradient, in each instruction set", arguments: try OpCase.all())
    func agrees(op: OpCase) throws {
        for set in Processor.supportedInstructionSets {
            let inputs = op.inputs.mapValues { Variable($0.tensor, wantsGradient: true) }
            let tape = Tape()
            try Processor.with(instructionSet: set) {
                let y = try op.result(inputs, in: Pass(tape: tape))
                #expect(worstDifference(y.value.toArray(), op.result.values) < 2e-6, "\(set)")
                // The same without a tape, from inputs that are frozen.
                let quiet = try op.result(op.inputs.mapValues { Variable($0.tensor) }, in: .inference)
                #expect(quiet.value.toArray() == y.value.toArray())
                tape.backward(from: y, gradient: op.outgoing.tensor)
            }
            for (name, expected) in op.gradients {
                let gradient = inputs[name]?.gradient?.toArray() ?? []
                #expect(worstDifference(gradient, expected.values) < 4e-6, "gradient of \(name), \(set)")
            }
        }
    }

    @Test("a frozen input gets no gradient, and frozen ops record nothing", arguments: try OpCase.all())
    func frozen(op: OpCase) throws {
        let tape = Tape()
        _ = try op.result(op.inputs.mapValues { Variable($0.tensor) }, in: Pass(tape: tape))
        #expect(tape.count == 0)
        for trained in op.inputs.keys {
            let inputs = op.inputs.reduce(into: [String: Variable]()) {
                $0[$1.key] = Variable($1.value.tensor, wantsGradient: $1.key == trained)
            }
            let y = try op.result(inputs, in: Pass(tape: tape))
            tape.backward(from: y, gradient: op.outgoing.tensor)
            #expect(tape.count == 0)
            for (name, variable) in inputs {
                let gradient = variable.gradient?.toArray()
                #expect((gradient != nil) == (name == trained))
                guard let gradient, let expected = op.gradients[name] else { continue }
                #expect(worstDifference(gradient, expected.values) < 4e-6)
            }
        }
    }
}
