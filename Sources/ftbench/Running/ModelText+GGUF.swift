import Datasets
import Exports
import Foundation
import Models
import Tokenizers
import WeightFiles

extension ModelText {
    /// The text side of a model: of its folder, or of the vocabulary inside a GGUF file.
    /// - Throws: errors that name the file and the remedy.
    static func loadAny(_ path: String) throws -> ModelText {
        guard GGUFModel.isGGUF(path) else { return try load(folder: path) }
        let file = try GGUFFile(path: path)
        let vocabulary = try GGUFVocabulary.required(of: file)
        let tokenizer = try Tokenizer(gguf: vocabulary, named: path)
        func token(_ id: Int32?) -> String? { id.flatMap { tokenizer.token($0) } }
        let ends = ["eos", "eot", "eom"].compactMap {
            file["tokenizer.ggml.\($0)_token_id"]?.int.flatMap { Int32(exactly: $0) }
        }
        var hash = ContentHash()
        for token in vocabulary.tokens { hash.update(Array(token.utf8) + [0]) }
        for merge in vocabulary.merges ?? [] { hash.update(Array(merge.utf8) + [0]) }
        return try ModelText(
            tokenizer: tokenizer, templateSource: file["tokenizer.chat_template"]?.string,
            beginToken: token(vocabulary.bosID), endToken: token(vocabulary.eosID),
            padToken: token(vocabulary.paddingID), endTokenIDs: ends, tokenizerHash: hash.hex)
    }
}

extension Tokenizer {
    /// The tokenizer of a model folder, of a tokenizer file, or inside a GGUF file.
    /// - Throws: errors that name the file and the remedy.
    static func loadAny(_ path: String) throws -> Tokenizer {
        guard GGUFModel.isGGUF(path) else { return try load(path: path) }
        return try Tokenizer(gguf: try GGUFVocabulary.required(of: try GGUFFile(path: path)), named: path)
    }
}

extension GGUFVocabulary {
    fileprivate static func required(of file: GGUFFile) throws -> GGUFVocabulary {
        guard let vocabulary = GGUFVocabulary(file: file) else {
            throw Failure("\(file.path) has no vocabulary (tokenizer.ggml.tokens). Use a file of a whole model.")
        }
        return vocabulary
    }
}
