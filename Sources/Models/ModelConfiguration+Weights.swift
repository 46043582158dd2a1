/// One projection of a block: where it sits, what its family calls it, and its size.
public struct ProjectionShape: Sendable, Equatable {
    public let place: ProjectionPlace
    /// Within the layer: `self_attn.q_proj`, `attn.c_attn`, ….
    public let name: String
    public let inputs: Int
    public let outputs: Int
    public let hasBias: Bool

    /// `q_proj`, `c_attn`, …: what a list of target modules usually says.
    public var shortName: String { String(name.split(separator: ".").last ?? "") }
    public var parameterCount: Int { inputs * outputs + (hasBias ? outputs : 0) }
}

/// A normalisation of a block, likewise.
struct NormShape: Sendable, Equatable {
    let place: Place
    let name: String
    let width: Int

    enum Place: Sendable, CaseIterable {
        case attention, attentionOutput, feedForward, feedForwardOutput, query, key
    }
}

extension ModelConfiguration {
    /// The projections of a block, the same in every layer, in the order of the data flow.
    public var projections: [ProjectionShape] {
        let names = family.traits.names
        let (c, f) = (hiddenSize, feedForward)
        let (q, kv) = (heads * headWidth, keyValueHeads * headWidth)
        var result: [ProjectionShape] = []
        func add(_ place: ProjectionPlace, _ name: String, _ inputs: Int, _ outputs: Int, _ hasBias: Bool) {
            result.append(
                ProjectionShape(place: place, name: name, inputs: inputs, outputs: outputs, hasBias: hasBias))
        }
        switch names.attention {
        case .three(let query, let key, let value):
            add(.query, query, c, q, queryKeyValueBias)
            add(.key, key, c, kv, queryKeyValueBias)
            add(.value, value, c, kv, queryKeyValueBias)
        case .one(let name, _): add(.queryKeyValue, name, c, q + 2 * kv, queryKeyValueBias)
        }
        add(.output, names.attentionOutput, q, c, outputBias)
        switch names.feedForward {
        case .gated(let gate, let up):
            add(.gate, gate, c, f, feedForwardBias)
            add(.up, up, c, f, feedForwardBias)
        case .fusedGated(let name): add(.gateUp, name, c, 2 * f, feedForwardBias)
        case .plain(let up): add(.up, up, c, f, feedForwardBias)
        }
        add(.down, names.feedForwardOutput, f, c, feedForwardBias)
        return result
    }

    /// The last parts of the projections' names, each once: `q_proj`, `down_proj`, …, as target modules are named.
    public var projectionNames: [String] {
        var seen: Set<String> = []
        return projections.map(\.shortName).filter { seen.insert($0).inserted }
    }

    /// The normalisations of a block.
    var norms: [NormShape] {
        let traits = family.traits
        let names = traits.names
        func width(_ heads: Int) -> Int { traits.normalisesHeads ? headWidth : heads * headWidth }
        let all: [(NormShape.Place, String?, Int)] = [
            (.attention, names.attentionNorm, hiddenSize), (.attentionOutput, names.attentionOutputNorm, hiddenSize),
            (.feedForward, names.feedForwardNorm, hiddenSize),
            (.feedForwardOutput, names.feedForwardOutputNorm, hiddenSize), (.query, names.queryNorm, width(heads)),
            (.key, names.keyNorm, width(keyValueHeads)),
        ]
        return all.compactMap { place, name, width in name.map { NormShape(place: place, name: $0, width: width) } }
    }

    /// Norms of the residual stream in a block, and whether queries and keys are normalised: what a forecast counts.
    public var normsPerBlock: Int { norms.count { $0.place != .query && $0.place != .key } }
    public var normsBeforeHalves: Int { norms.count { $0.place == .attention || $0.place == .feedForward } }
    public var usesRMSNorm: Bool { family.traits.norm != .layer }
    public var normalisesQueriesAndKeys: Bool { norms.contains { $0.place == .query } }

    /// The number of weights, a tied head counted once.
    public var parameterCount: Int {
        let perColumn = family.traits.norm == .layer ? 2 : 1
        let block = projections.reduce(0) { $0 + $1.parameterCount } + norms.reduce(0) { $0 + $1.width * perColumn }
        let tables = vocabularySize * (tiesEmbeddings ? 1 : 2) + (hasLearnedPositions ? contextLength : 0)
        return tables * hiddenSize + layers * block + hiddenSize * perColumn
    }
}
