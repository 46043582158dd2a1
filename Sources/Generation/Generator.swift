import Autograd
public import Models
import Tensors

/// Next tokens from a model, with whatever adapter is attached to it at the moment.
///
/// Keeps the keys and values of the tokens seen, so each token costs one row. Runs on the engine's queue.
public struct Generator {
    public let model: Decoder
    /// Rows of the prompt that are computed at once; bounds the memory of a long prompt.
    public var promptChunk = 512

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
        var logits = read(prompt, cache: cache)
        let read = clock.now
        result.promptSeconds = (read - start).seconds
        while true {
            let token = sampler.token(from: logits, index: result.ids.count)
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
            logits = nextLogits([token], cache: cache)
        }
        result.seconds = (clock.now - read).seconds
        return result
    }

    /// Puts the prompt into the cache and gives the logits after its last token.
    private func read(_ prompt: [Int32], cache: KeyValueCache) -> [Float] {
        var logits: [Float] = []
        for start in stride(from: 0, to: prompt.count, by: promptChunk) {
            logits = nextLogits(Array(prompt[start..<min(start + promptChunk, prompt.count)]), cache: cache)
        }
        return logits
    }

    /// Logits (V) after the last of `ids`, which continue what is in the cache.
    func nextLogits(_ ids: [Int32], cache: KeyValueCache) -> [Float] {
        let hidden = model(ids, layout: cache.layout(appending: [ids.count]), cache: cache, in: .inference)
        let last = Variable(hidden.value.rows(ids.count - 1..<ids.count))
        return logits(last, head: model.head(in: .inference), in: .inference).value.toArray()
    }

    private func logits(_ hidden: Variable, head: Variable, in pass: Pass) -> Variable {
        Autograd.logits(hidden, head: head, in: pass)
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
