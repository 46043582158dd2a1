import Tokenizers

/// Texts on which a merged model is held against the model with its adapter; always the same.
enum MergePrompts {
    private static let texts = [
        "The quick brown fox jumps over the lazy dog.",
        "{\"name\": \"Ada\", \"year\": 1815}\n\nfor i in range(10):\n    print(i)",
        "Grüße aus Köln! Où est la gare ? 42 + 17 = 59",
    ]

    /// Their ids by the tokenizer of the folder; any ids where it has none.
    static func ids(folder: String, vocabulary: Int) -> [[Int32]] {
        let tokenizer = try? Tokenizer.load(path: folder)
        return texts.enumerated().map { index, text in
            let ids = (tokenizer?.encode(text) ?? []).prefix(48).filter { Int($0) < vocabulary }
            return ids.isEmpty ? (0..<16).map { Int32(($0 * 7 + index) % max(1, vocabulary)) } : Array(ids)
        }
    }
}
