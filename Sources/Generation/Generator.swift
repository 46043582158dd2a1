import Autograd
public import Models
public import Tensors

/// Next tokens from a model, with whatever adapter is attached to it at the moment.
///
/// Keeps the keys and values of the tokens seen, so each token costs one row. Runs on the engine's queue.
public struct Generator {
    public let model: Decoder
    /// Rows of the prompt that are computed at once; bounds the memory of a long prompt. At least 1.
    public var promptChunk = 512

    /// Of the matrix products. `.bfloat16` rounds what meets the weights of a long prompt to bfloat16, where the processor
    /// has such products: faster, and not the same to the last bit.
    public var precision = ProductPrecision.float32

    public init(_ model: Decoder) { self.model = model }

    /// Continues `prompt`, which holds at least one token.
    ///
    /// - Parameters:
    ///   - prompt: token ids.
    ///   - settings: how tokens are chosen, and how many.
    ///   - endTokens: any of these ends the text and is left out.
    ///   - onToken: called with each token as it is chosen; false stops.
    /// - Returns: the new tokens and why they end.
    /// - Throws: `ModelError` for an empty prompt or ids outside the vocabulary.
    public func generate(
        prompt: [Int32], settings: SamplingSettings, endTokens: Set<Int32>,
        onToken: (Int32) -> Bool = { _ in true }
    ) throws -> GeneratedTokens {
        guard !prompt.isEmpty else { throw ModelError.noTokens }
        try model.check(prompt)
        let clock = ContinuousClock()
        let start = clock.now
        let room = model.configuration.contextLength - prompt.count
        let limit = max(0, min(settings.maxTokens, room))
        var result = GeneratedTokens(
            ids: [], stop: room < settings.maxTokens ? .context : .length, promptTokens: prompt.count,
            promptSeconds: 0, seconds: 0)
        guard limit > 0 else { return result }
        let cache = model.makeCache(capacity: min(prompt.count + limit, 1 << 14))
        let sampler = TokenSampler(settings: settings)
        var text = prompt
        var logits = read(text, sequence: 0, cache: cache)
        let prompted = clock.now
        result.promptSeconds = (prompted - start).seconds
        while true {
            let token = sampler.tokens(from: logits, indices: [result.ids.count])[0]
            if endTokens.contains(token) {
                result.stop = .end
                break
            }
            result.ids.append(token)
            if !onToken(token) {
                result.stop = .cancelled
                break
            }
            if result.ids.count >= limit { break }
            text.append(token)
            logits = read(text, sequence: 0, cache: cache)
        }
        result.seconds = (clock.now - prompted).seconds
        return result
    }

    /// Puts what is new of `text` into a sequence of the cache and gives the logits (1, V) after its last token.
    ///
    /// Where positions turn by the length of the text (dynamic and long RoPE), a cache made for a shorter text may be
    /// void: then all of it is read again, in one piece, so that the logits are those of a forward over the whole.
    func read(_ text: [Int32], sequence: Int, cache: KeyValueCache) -> Tensor {
        let configuration = model.configuration
        if !configuration.keepsPast(of: cache.length(of: sequence), in: text.count) {
            cache.truncate(sequence, to: 0)
        }
        let isUniform = configuration.keepsPast(of: 1, in: text.count)
        var hidden: Variable?
        while cache.length(of: sequence) < text.count {
            let start = cache.length(of: sequence)
            let rows = start..<min(text.count, isUniform ? start + promptChunk : text.count)
            hidden = model(
                Array(text[rows]), layout: cache.layout(appending: rows.count, to: sequence), cache: cache, in: pass)
        }
        guard let hidden else { preconditionFailure("nothing new to read in a text of \(text.count) tokens") }
        let last = Variable(hidden.value.rows(hidden.value.rowCount - 1..<hidden.value.rowCount))
        return model.logits(last, in: pass).value
    }

    var pass: Pass { Pass(precision: precision) }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
