public import Autograd

/// A decoder of named layers: embedding, blocks, final norm, head.
///
/// Activations are (N, C): all sequences of a batch laid end to end as a `SequenceLayout` says. Frozen weights stay
/// mapped from their file in their own type; trainable ones are float32 in memory. Not `Sendable`: a decoder lives
/// on the engine's queue.
public final class Decoder {
    public let configuration: ModelConfiguration
    /// (V, C)
    public internal(set) var embedding: Variable
    public internal(set) var blocks: [TransformerBlock]
    public internal(set) var norm: RMSNorm
    /// (V, C); the embedding itself when tied. A loss takes `head(in:)`, which an adapter may have a part in.
    public internal(set) var head: Variable
    /// The base projections of each layer, whatever wraps them in `blocks` at the moment.
    let linears: [[ProjectionPlace: Linear]]
    /// What an adapter computes in the place of the embedding, of the head; nil without one.
    public var embeddingOverlay: (any TableOverlay)?
    public var headOverlay: (any TableOverlay)?
    /// Other variables in the place of tables and norms, by checkpoint key; see `substitute`.
    var substitutes: [String: Variable] = [:]
    /// Tables and norms of the base model by checkpoint key; nil before the first substitution.
    var baseVariables: [String: Variable]?

    init(
        configuration: ModelConfiguration, embedding: Variable, blocks: [TransformerBlock], norm: RMSNorm,
        head: Variable, linears: [[ProjectionPlace: Linear]]
    ) {
        self.configuration = configuration
        self.embedding = embedding
        self.blocks = blocks
        self.norm = norm
        self.head = head
        self.linears = linears
    }

    /// A second decoder on the same weights, with the plain projections: adapters attached to one leave the other
    /// alone. Costs no memory to speak of.
    public func sharingWeights() -> Decoder {
        let twin = Decoder(
            configuration: configuration, embedding: embedding, blocks: blocks, norm: norm, head: head,
            linears: linears)
        for layer in blocks.indices {
            for (place, linear) in linears[layer] { twin.blocks[layer][place] = linear }
        }
        twin.baseVariables = baseVariables
        twin.placeSubstitutes()
        return twin
    }

    /// The hidden states after the final norm: N token ids → (N, C).
    ///
    /// - Parameters:
    ///   - ids: each below the vocabulary size (a programming error otherwise; see `check`).
    ///   - layout: how the ids form sequences.
    ///   - cache: the past of each segment, to which these tokens are added; only without a tape.
    ///   - checkpointing: keep only each block's input and compute the block again on the way back.
    ///   - pass: with a tape to train, without one to infer.
    /// - Returns: hidden states (N, C), which `head` turns into logits.
    public func callAsFunction(
        _ ids: [Int32], layout: SequenceLayout, cache: KeyValueCache? = nil, checkpointing: Bool = false,
        in pass: Pass
    ) -> Variable {
        precondition(ids.count == layout.count, "\(ids.count) ids for a layout of \(layout.count) tokens")
        var x = embedded(ids, in: pass)
        for block in blocks {
            if checkpointing, pass.tape != nil {
                x = checkpointed(x, in: pass) { x, pass in block(x, layout: layout, in: pass) }
            } else {
                x = block(x, layout: layout, cache: cache, in: pass)
            }
        }
        return norm(x, in: pass)
    }

    /// The first hidden states, before any layer: N token ids → (N, C).
    public func embedded(_ ids: [Int32], in pass: Pass) -> Variable {
        embeddingOverlay?.rows(ids, in: pass) ?? Autograd.embedding(ids, table: embedding, in: pass)
    }

    /// The head (V, C) that turns hidden states into logits, with what an adapter adds to it.
    public func head(in pass: Pass) -> Variable { headOverlay?.table(in: pass) ?? head }

    /// Refuses ids that the embedding has no row for.
    public func check(_ ids: some Sequence<Int32>) throws(ModelError) {
        for id in ids where id < 0 || Int(id) >= configuration.vocabularySize {
            throw .tokenOutOfRange(id: id, vocabulary: configuration.vocabularySize)
        }
    }

    /// An empty cache for `sequences` sequences of this model.
    public func makeCache(sequences: Int = 1, capacity: Int = 256) -> KeyValueCache {
        KeyValueCache(
            layers: configuration.layers, width: configuration.keyValueHeads * configuration.headWidth,
            sequences: sequences, capacity: capacity)
    }
}
