import Adapters
import Autograd
import Models
import Tensors
import Tokenizers

/// How far the logits of a merged model are from those of the model with its adapter, on texts that are always the same.
enum MergeCheck {
    private static let texts = [
        "The quick brown fox jumps over the lazy dog.",
        "{\"name\": \"Ada\", \"year\": 1815}\n\nfor i in range(10):\n    print(i)",
        "Grüße aus Köln! Où est la gare ? 42 + 17 = 59",
    ]

    /// The largest difference of a logit; both models in float32, so that only the merge itself is measured.
    static func largestDifference(model folder: String, adapter: LoRAAdapter) throws -> Float {
        let adapted = try Decoder.load(folder: folder)
        // Merging replaces weights for every decoder that shares them: so the other one is loaded for itself.
        let merged = try Decoder.load(folder: folder)
        try adapter.attach(to: adapted)
        try adapter.merge(into: merged)
        defer { adapter.detach(from: adapted) }
        let prompts = try prompts(folder: folder, vocabulary: adapted.configuration.vocabularySize)
        var largest: Float = 0
        for ids in prompts {
            let first = logits(adapted, ids)
            let second = logits(merged, ids)
            for (a, b) in zip(first, second) {
                let difference = abs(a - b)
                guard difference.isFinite else { return .infinity }
                largest = max(largest, difference)
            }
        }
        return largest
    }

    private static func prompts(folder: String, vocabulary: Int) throws -> [[Int32]] {
        let tokenizer = try? Tokenizer.load(path: folder)
        return texts.enumerated().map { index, text in
            let ids = (tokenizer?.encode(text) ?? []).prefix(48).filter { Int($0) < vocabulary }
            return ids.isEmpty ? (0..<16).map { Int32(($0 * 7 + index) % vocabulary) } : Array(ids)
        }
    }

    private static func logits(_ decoder: Decoder, _ ids: [Int32]) -> [Float] {
        let pass = Pass.inference
        let hidden = decoder(ids, layout: SequenceLayout(lengths: [ids.count]), in: pass)
        return decoder.logits(hidden, in: pass).value.toArray()
    }
}
