import Autograd
import Foundation
import Models
import OrderedJSON
import Tensors
import Testing
import WeightFiles

/// Changes a config.json at random, keeping it JSON: values are replaced, removed, swapped between keys, and keys of
/// other families put in.
struct ConfigurationMutator {
    private var state: UInt64
    private let sources: [JSONObject]

    init(seed: UInt64, sources: [JSONObject]) {
        state = seed
        self.sources = sources
    }

    private mutating func number(below limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(limit))
    }

    private mutating func pick<T>(_ values: [T]) -> T { values[number(below: values.count)] }

    private static let values: [JSONValue] = [
        nil, true, false, 0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 24, 64, 127, -1, 0.25, 0.5, 0.75, 1.5, 1e-9, 1e30, 1e300,
        1e-300,
        9_223_372_036_854_775_807, 268_435_456, 65536, "default", "linear", "dynamic", "yarn", "longrope", "llama3",
        "su",
        "gelu", "relu2", "", [], [1], [1, 1, 1], [1, 2, 3, 4], ["full_attention", "sliding_attention"], .object([:]),
        ["rope_type": "dynamic", "factor": 2], ["rope_type": "yarn", "factor": 4, "beta_fast": 1e29],
        ["rope_type": "longrope", "short_factor": [1, 2], "long_factor": [1e29, 1e-29], "factor": 9],
        ["full_attention": ["rope_type": "linear", "factor": 3], "sliding_attention": nil],
    ]

    mutating func next() -> JSONObject {
        var json = pick(sources)
        for _ in 0...number(below: 4) {
            let key = pick(Array(pick(sources).keys))
            switch number(below: 8) {
            case 0: json[key] = nil
            case 1: json[key] = pick(sources)[key] ?? .null
            case 2: json[key] = json[pick(Array(json.keys))] ?? 1
            case 3:
                guard var inner = json[key]?.object, !inner.isEmpty else { continue }
                inner[pick(Array(inner.keys))] = pick(Self.values)
                json[key] = .object(inner)
            case 4: json["model_type"] = pick(sources)["model_type"]
            default: json[key] = pick(Self.values)
            }
        }
        return json
    }
}

@Suite("Changed configurations")
struct ConfigurationMutationTests {
    @Test("none stops the program: each is refused, or describes a model that can be made and run")
    func mutations() throws {
        let sources = try fixtureModels.flatMap { name in
            try ["config.json", "config.legacy.json"].map {
                try JSONValue(readingFile: "\(fixtures)/models/\(name)/\($0)").object ?? [:]
            }
        }
        let rounds = ProcessInfo.processInfo.environment["FTBENCH_MUTATIONS"].flatMap { Int($0) } ?? 1500
        var mutator = ConfigurationMutator(seed: 3, sources: sources)
        var (refused, run) = (0, 0)
        for _ in 0..<rounds {
            guard let configuration = try? ModelConfiguration(json: mutator.next()) else {
                refused += 1
                continue
            }
            guard configuration.parameterCount < 20_000, configuration.contextLength >= 3 else { continue }
            run += 1
            let model = Decoder.random(configuration, seed: 1)
            #expect(model.parameters.reduce(0) { $0 + $1.variable.value.count } == configuration.parameterCount)
            let ids = [Int32](repeating: Int32(configuration.vocabularySize - 1), count: 3)
            _ = lossSum(model, ids, [0, -1, 0], SequenceLayout(lengths: [1, 2]))
            let cache = model.makeCache(capacity: 2)
            for count in [2, 1] {
                _ = model(
                    Array(ids[..<count]), layout: cache.layout(appending: [count]), cache: cache, in: .inference)
            }
        }
        #expect(refused > rounds / 10 && run > rounds / 10)
    }
}
