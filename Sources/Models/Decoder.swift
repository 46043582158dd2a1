public import Autograd

/// A decoder of named layers: embedding, blocks, final norm, head.
///
/// Activations are (N, C): all sequences of a batch laid end to end as a `SequenceLayout` says. Frozen weights stay
/// mapped from their file in their own type; trainable ones are float32 in memory. Not `Sendable`: a decoder lives
/// on the engine's queue.
public final class Decoder {
    public let configuration: ModelConfiguration
    /// (V, C)
    public let embedding: Variable
    /// (P, C), added to the embedding; nil with rotary positions.
    public let positionTable: Variable?
    public internal(set) var blocks: [TransformerBlock]
    public let norm: Norm
    /// (V, C); the embedding itself when tied. Logits are made by `logits`, which scales and caps them.
    public let head: Variable
    /// The base projections of each layer, whatever wraps them in `blocks` at the moment.
    let linears: [[ProjectionPlace: Linear]]
    /// Projections by name within a layer.
    let places: [String: ProjectionPlace]

    init(
        configuration: ModelConfiguration, embedding: Variable, positionTable: Variable?, blocks: [TransformerBlock],
        norm: Norm, head: Variable, linears: [[ProjectionPlace: Linear]]
    ) {
        self.configuration = configuration
        self.embedding = embedding
        self.positionTable = positionTable
        self.blocks = blocks
        self.norm = norm
        self.head = head
        self.linears = linears
        places = Dictionary(
            configuration.projections.map { ($0.name, $0.place) }, uniquingKeysWith: { first, _ in first })
    }

    /// A second decoder on the same weights, with the plain projections: adapters attached to one leave the other
    /// alone. Costs no memory to speak of.
    public func sharingWeights() -> Decoder {
        let twin = Decoder(
            configuration: configuration, embedding: embedding, positionTable: positionTable, blocks: blocks,
            norm: norm, head: head, linears: linears)
        for layer in blocks.indices {
            for (place, linear) in linears[layer] { twin.blocks[layer].replace(place, with: linear) }
        }
        return twin
    }

    /// The hidden states after the final norm: N token ids → (N, C).
    ///
    /// - Parameters:
    ///   - ids: each below the vocabulary size (a programming error otherwise; see `check`).
    ///   - layout: how the ids form sequences, none longer than the model can compute (see `checkLength`).
    ///   - cache: the past of each segment, to which these tokens are added; only without a tape.
    ///   - checkpointing: keep only each block's input and compute the block again on the way back.
    ///   - pass: with a tape to train, without one to infer.
    /// - Returns: hidden states (N, C), which `logits` turns into scores.
    public func callAsFunction(
        _ ids: [Int32], layout: SequenceLayout, cache: KeyValueCache? = nil, checkpointing: Bool = false,
        in pass: Pass
    ) -> Variable {
        var x = embedded(ids, layout: layout, in: pass)
        for block in blocks {
            if checkpointing, pass.tape != nil {
                x = checkpointed(x, in: pass) { x, pass in block(x, layout: layout, in: pass) }
            } else {
                x = block(x, layout: layout, cache: cache, in: pass)
            }
        }
        return norm(x, in: pass)
    }

    /// What the first block reads, (N, C).
    public func embedded(_ ids: [Int32], layout: SequenceLayout, in pass: Pass) -> Variable {
        precondition(ids.count == layout.count, "\(ids.count) ids for a layout of \(layout.count) tokens")
        var x = Autograd.embedding(ids, table: embedding, in: pass)
        if configuration.embeddingScale != 1 { x = scale(x, by: configuration.embeddingScale, in: pass) }
        if let positionTable {
            x = add(x, Autograd.embedding(layout.positions, table: positionTable, in: pass), in: pass)
        }
        return x
    }

    /// Refuses ids that the embedding has no row for.
    public func check(_ ids: some Sequence<Int32>) throws(ModelError) {
        for id in ids where id < 0 || Int(id) >= configuration.vocabularySize {
            throw .tokenOutOfRange(id: id, vocabulary: configuration.vocabularySize)
        }
    }

    /// Refuses sequences that there are no positions for: longer ones than the table where positions are learned.
    public func checkLength(_ tokens: Int) throws(ModelError) {
        guard !configuration.hasLearnedPositions || tokens <= configuration.contextLength else {
            throw .tooLong(tokens: tokens, context: configuration.contextLength)
        }
    }

    /// An empty cache for `sequences` sequences of this model.
    public func makeCache(sequences: Int = 1, capacity: Int = 256) -> KeyValueCache {
        KeyValueCache(
            layers: configuration.layers, width: configuration.keyValueHeads * configuration.headWidth,
            sequences: sequences, capacity: capacity)
    }
}
