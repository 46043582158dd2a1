import Autograd
import Models
import Tensors

extension Generator {
    /// Continues several prompts side by side: a step reads the weights once for all of them, and gives each the tokens
    /// that it would get alone.
    ///
    /// - Parameters:
    ///   - prompts: token ids, at least one in each.
    ///   - settings: how tokens are chosen, and how many; every sequence draws as if it were alone.
    ///   - endTokens: any of these ends its text and is left out.
    ///   - onToken: called with the number of the prompt and each token as it is chosen; false stops that sequence.
    /// - Returns: for each prompt the new tokens and why they end. `promptSeconds` is the time of all prompts, `seconds`
    ///   the time from there to the sequence's own end.
    /// - Throws: `ModelError` for an empty prompt or ids outside the vocabulary.
    public func generate(
        prompts: [[Int32]], settings: SamplingSettings, endTokens: Set<Int32>,
        onToken: (_ prompt: Int, _ token: Int32) -> Bool = { _, _ in true }
    ) throws -> [GeneratedTokens] {
        for prompt in prompts {
            guard !prompt.isEmpty else { throw ModelError.noTokens }
            try model.check(prompt)
        }
        let clock = ContinuousClock()
        let start = clock.now
        let context = model.configuration.contextLength
        var results = prompts.map { prompt in
            GeneratedTokens(
                ids: [], stop: context - prompt.count < settings.maxTokens ? .context : .length,
                promptTokens: prompt.count, promptSeconds: 0, seconds: 0)
        }
        let limits = prompts.map { max(0, min(settings.maxTokens, context - $0.count)) }
        var active = limits.indices.filter { limits[$0] > 0 }
        guard let longest = active.map({ prompts[$0].count + limits[$0] }).max() else { return results }
        let cache = model.makeCache(sequences: prompts.count, capacity: min(longest, 1 << 14))
        let sampler = TokenSampler(settings: settings)
        var texts = prompts
        // One prompt after another, in the pieces in which it would be read alone.
        var chosen = active.map { sequence in
            sampler.tokens(from: read(texts[sequence], sequence: sequence, cache: cache), indices: [0])[0]
        }
        let prompted = clock.now
        for index in results.indices { results[index].promptSeconds = (prompted - start).seconds }
        while !active.isEmpty {
            var going: [Int] = []
            for (sequence, token) in zip(active, chosen) {
                if endTokens.contains(token) {
                    results[sequence].stop = .end
                } else {
                    results[sequence].ids.append(token)
                    texts[sequence].append(token)
                    if !onToken(sequence, token) {
                        results[sequence].stop = .cancelled
                    } else if results[sequence].ids.count < limits[sequence] {
                        going.append(sequence)
                        continue
                    }
                }
                results[sequence].seconds = (clock.now - prompted).seconds
            }
            active = going
            chosen = next(texts, active: active, drawn: active.map { results[$0].ids.count }, sampler, cache: cache)
        }
        return results
    }

    /// The next token of each active text, of which all but the last token is in the cache.
    private func next(
        _ texts: [[Int32]], active: [Int], drawn: [Int], _ sampler: TokenSampler, cache: KeyValueCache
    ) -> [Int32] {
        guard !active.isEmpty else { return [] }
        let configuration = model.configuration
        // A text whose positions turn anew at this length is read again as a whole, alone.
        guard active.allSatisfy({ configuration.keepsPast(of: cache.length(of: $0), in: texts[$0].count) }) else {
            return zip(active, drawn).map { sequence, index in
                sampler.tokens(from: read(texts[sequence], sequence: sequence, cache: cache), indices: [index])[0]
            }
        }
        var counts = Array(repeating: 0, count: texts.count)
        for sequence in active { counts[sequence] = 1 }
        let ids = active.compactMap { texts[$0].last }
        let hidden = model(ids, layout: cache.layout(appending: counts), cache: cache, in: pass)
        return sampler.tokens(from: model.logits(hidden, in: pass).value, indices: drawn)
    }
}
