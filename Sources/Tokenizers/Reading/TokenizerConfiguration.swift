import Foundation
import OrderedJSON

/// What the small files beside a tokenizer say about it: `tokenizer_config.json`, `special_tokens_map.json` and
/// `added_tokens.json`. Absent files say nothing.
struct TokenizerConfiguration {
    private(set) var values: JSONValue = .object([:])
    private var specialTokens: JSONValue = .object([:])
    /// Further tokens by ascending id.
    private(set) var added: [AddedToken] = []

    init() {}

    init(folder: String) throws(TokenizerError) {
        values = try Self.json(folder, "tokenizer_config.json") ?? .object([:])
        specialTokens = try Self.json(folder, "special_tokens_map.json") ?? .object([:])
        let file = folder + "/tokenizer_config.json"
        var tokens: [Int32: AddedToken] = [:]
        if let json = try Self.json(folder, "added_tokens.json") {
            for (content, id) in json.object ?? [:] {
                let place = TokenizerSection(value: id, file: folder + "/added_tokens.json", path: "[\"\(content)\"]")
                let id = try place.id()
                tokens[id] = AddedToken(id: id, content: content, isSpecial: false, isNormalized: true)
            }
        }
        if let decoder = values["added_tokens_decoder"]?.object {
            for (key, value) in decoder {
                let place = TokenizerSection(value: value, file: file, path: "added_tokens_decoder[\"\(key)\"]")
                guard let id = Int32(key), id >= 0, id <= TokenTable.highestAllowedID else {
                    throw place.failure("the token id is out of range (0 to \(TokenTable.highestAllowedID))")
                }
                tokens[id] = try AddedToken(place, id: id)
            }
        }
        added = tokens.values.sorted { $0.id < $1.id }
    }

    private static func json(_ folder: String, _ name: String) throws(TokenizerError) -> JSONValue? {
        guard let bytes = try TokenizerFiles.bytes(folder + "/" + name) else { return nil }
        do {
            return try JSONValue(parsing: bytes)
        } catch {
            throw TokenizerError(
                file: folder + "/" + name, what: "it is not valid JSON: \(error)",
                remedy: "The file is damaged or was cut off while being copied; fetch it again.")
        }
    }

    func flag(_ key: String) -> Bool? { values[key]?.bool }

    /// A special token (`bos_token`, …) as a text, or as an object whose `content` is the text.
    func token(_ key: String) -> String? {
        for json in [values, specialTokens] {
            if let value = json[key], let text = value.string ?? value["content"]?.string { return text }
        }
        return nil
    }

    /// The token with the flags that the files state for it, if they do.
    func flags(of token: AddedToken) -> AddedToken {
        var stated = added.first { $0.content == token.content }
        for json in [values, specialTokens] where stated == nil {
            for (_, value) in json.object ?? [:] where value["content"]?.string == token.content {
                let section = TokenizerSection(value: value, file: "", path: "")
                stated = try? AddedToken(section, id: token.id)
            }
        }
        guard let stated else { return token }
        return AddedToken(
            id: token.id, content: token.content, isSpecial: token.isSpecial, isNormalized: stated.isNormalized,
            stripsLeft: stated.stripsLeft, stripsRight: stated.stripsRight, isSingleWord: stated.isSingleWord)
    }

    /// The class without its speed: `Qwen2TokenizerFast` is `Qwen2`.
    var kind: String {
        var name = values["tokenizer_class"]?.string ?? ""
        for ending in ["Fast", "Tokenizer"] where name.hasSuffix(ending) { name.removeLast(ending.count) }
        return name
    }

    var addsBegin: Bool? { flag("add_bos_token") }
    var addsEnd: Bool? { flag("add_eos_token") }
    var isLegacy: Bool? { flag("legacy") }
}

extension TokenizerParts {
    /// Adds what the small files say: further tokens, and begin and end tokens around the text where they are asked for
    /// (`add_bos_token`, `add_eos_token`) or, where nothing is said, by default.
    mutating func apply(
        _ configuration: TokenizerConfiguration, begin: String?, end: String?, addsBegin: Bool, addsEnd: Bool
    ) {
        apply(tokens: configuration)
        let begin = configuration.token("bos_token") ?? begin
        let end = configuration.token("eos_token") ?? end
        var before: [Int32] = []
        var after: [Int32] = []
        if configuration.addsBegin ?? addsBegin, let id = begin.flatMap(id(of:)) { before = [id] }
        if configuration.addsEnd ?? addsEnd, let id = end.flatMap(id(of:)) { after = [id] }
        postProcessor = PostProcessor(before: before, after: after)
    }

    /// The id of an added token or one of the vocabulary.
    func id(of text: String) -> Int32? {
        added.first { $0.token.content == text }?.token.id ?? model.vocabulary.id(of: Array(text.utf8))
    }

    /// Tokens that only the small files name. The named special ones (`eos_token`, …) are special in any case.
    mutating func apply(tokens configuration: TokenizerConfiguration) {
        let section = TokenizerSection(value: .null, file: file, path: "added_tokens")
        var known: [[UInt8]: Int] = [:]
        var ids: Set<Int32> = []
        for (index, entry) in added.enumerated() {
            known[Array(entry.token.content.utf8)] = index
            ids.insert(entry.token.id)
        }
        let names = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"]
        let special = Set(names.compactMap { configuration.token($0) })
        for token in configuration.added where known[Array(token.content.utf8)] == nil {
            // A token with another id than the vocabulary's, or with the id of another, is passed over: the vocabulary
            // is what the model was trained with.
            let present = model.vocabulary.id(of: Array(token.content.utf8))
            guard !ids.contains(token.id),
                present == nil ? model.vocabulary.bytes(of: token.id) == nil : present == token.id
            else { continue }
            var token = token
            if special.contains(token.content) {
                token = AddedToken(
                    id: token.id, content: token.content, isSpecial: true, isNormalized: token.isNormalized,
                    stripsLeft: token.stripsLeft, stripsRight: token.stripsRight, isSingleWord: token.isSingleWord)
            }
            known[Array(token.content.utf8)] = added.count
            ids.insert(token.id)
            added.append((token, section))
        }
        for text in special.sorted() where known[Array(text.utf8)] == nil {
            guard let id = model.vocabulary.id(of: Array(text.utf8)), ids.insert(id).inserted else { continue }
            added.append((AddedToken(id: id, content: text), section))
        }
    }
}
