import Autograd
import EngineTesting
import Foundation
import Tensors
import Testing

/// Tables of one kind and length as transformers has them (Tests/Fixtures/rope/make_rope_fixtures.py).
struct RoPECase: Decodable, CustomTestStringConvertible {
    struct Settings: Decodable {
        let factor, low, high, betaFast, betaSlow, mscale, mscaleAllDim, attentionFactor: Double?
        let context: Int?
        let truncate: Bool?
        let short, long: [Double]?
    }
    let name, kind: String
    let width: Int
    let theta: Double
    let settings: Settings
    let length: Int
    let inverse: [Float]
    let attentionFactor: Double
    let positions: [Int32]
    let cosines, sines: [Float]

    var testDescription: String { "\(name), length \(length)" }

    private struct File: Decodable { let cases: [RoPECase] }
    static func all() throws -> [RoPECase] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let data = try Data(contentsOf: fixtures.appending(path: "rope/rope.json"))
        return try decoder.decode(File.self, from: data).cases
    }

    func tables() throws -> RoPETables {
        let s = settings
        switch kind {
        case "default", "partial": return RoPETables(rotatedWidth: width, theta: theta)
        case "linear": return try .linear(rotatedWidth: width, theta: theta, factor: #require(s.factor))
        case "dynamic":
            return try .dynamicNTK(
                rotatedWidth: width, theta: theta, factor: #require(s.factor), contextLength: #require(s.context))
        case "llama3":
            return try .llama3(
                rotatedWidth: width, theta: theta, factor: #require(s.factor), lowFrequencyFactor: #require(s.low),
                highFrequencyFactor: #require(s.high), originalContextLength: #require(s.context))
        case "yarn":
            let settings = try RoPETables.YaRN(
                factor: #require(s.factor), originalContextLength: #require(s.context), betaFast: s.betaFast ?? 32,
                betaSlow: s.betaSlow ?? 1, scale: s.mscale, scaleOfAllDimensions: s.mscaleAllDim,
                attentionFactor: s.attentionFactor, truncate: s.truncate ?? true)
            return .yarn(rotatedWidth: width, theta: theta, settings)
        default:
            let settings = try RoPETables.LongRoPE(
                shortFactors: #require(s.short), longFactors: #require(s.long),
                originalContextLength: #require(s.context), factor: #require(s.factor),
                attentionFactor: s.attentionFactor)
            return .longRoPE(rotatedWidth: width, theta: theta, settings)
        }
    }
}

@Suite("rotary frequencies")
struct RoPEFrequencyTests {
    @Test("are those of transformers, to the last places of float32", arguments: try RoPECase.all())
    func frequencies(reference: RoPECase) throws {
        let (inverse, factor) = try reference.tables().frequencies(sequenceLength: reference.length)
        #expect(inverse.count == reference.inverse.count)
        let places = zip(inverse, reference.inverse).map { abs(Int($0.bitPattern) - Int($1.bitPattern)) }.max() ?? 0
        #expect(places <= 2, "\(places) units in the last place")
        #expect(factor == Float(reference.attentionFactor))
    }

    @Test("turn a head as transformers' cosines and sines do", arguments: try RoPECase.all())
    func rotation(reference: RoPECase) throws {
        // A head of ones in the first half and zeros in the second shows cosines and sines themselves.
        let pairs = reference.inverse.count
        let row = [Float](repeating: 1, count: pairs) + [Float](repeating: 0, count: pairs + 1)
        let x = Variable(
            Tensor(reference.positions.flatMap { _ in row }, shape: [reference.positions.count, 2 * pairs + 1]))
        let y = try rope(
            x, heads: 1, headWidth: 2 * pairs + 1, tables: reference.tables(), positions: reference.positions,
            in: .inference
        ).value.toArray()
        for index in reference.positions.indices {
            let got = y[index * (2 * pairs + 1)..<(index + 1) * (2 * pairs + 1)]
            let expected =
                (0..<pairs).map { reference.cosines[index * pairs + $0] }
                + (0..<pairs).map { reference.sines[index * pairs + $0] } + [0]
            // A place of a frequency is `position` places of an angle.
            let tolerance = 3e-7 * max(1, Float(reference.positions[index]) * 0.3)
            #expect(worstDifference(Array(got), expected) < tolerance)
        }
    }

    @Test("are chosen by the longest position of a call, or by the length it is given, and by nothing before")
    func choice() {
        let tables = RoPETables.dynamicNTK(rotatedWidth: 8, theta: 100, factor: 2, contextLength: 10)
        let x = Variable.frozen([3, 8], seed: 1)
        func turned(_ tables: RoPETables, _ positions: [Int32], _ length: Int? = nil) -> [Float] {
            rope(
                x, heads: 1, headWidth: 8, tables: tables, positions: positions, sequenceLength: length,
                in: .inference
            ).value.toArray()
        }
        func plain(_ length: Int, _ positions: [Int32]) -> [Float] {
            let inverse = tables.frequencies(sequenceLength: length).inverse
            return turned(RoPETables(inverseFrequencies: inverse), positions)
        }
        #expect(tables.frequencies(sequenceLength: 10).inverse == tables.frequencies(sequenceLength: 1).inverse)
        #expect(tables.frequencies(sequenceLength: 11).inverse != tables.frequencies(sequenceLength: 10).inverse)
        // Long calls between short ones, positions out of order, beyond the first table, and one alone.
        for positions: [Int32] in [[0, 1, 2], [700, 3, 5], [0, 9, 1], [698, 699, 700], [40, 40, 40], [1, 9, 200]] {
            let longest = Int(positions.max() ?? 0) + 1
            #expect(turned(tables, positions) == plain(longest, positions))
            #expect(turned(tables, positions, 900) == plain(900, positions))
        }
        #expect(turned(tables, [0, 1, 2], 900) != turned(tables, [0, 1, 2]))
    }
}
