import OrderedJSON
import Tensors
import Tokenizers
import WeightFiles

/// The ids of special tokens, what the tokenizer puts around a text, and the chat template.
struct SpecialTokensExport {
    private(set) var metadata: [(key: String, value: GGUFValue)] = []
    private(set) var problems: [ExportProblem] = []

    /// The names in tokenizer_config.json and those of GGUF, one of which was misspelled once and stays so.
    private static let names: [(name: String, key: String)] = [
        ("bos", "bos"), ("eos", "eos"), ("unk", "unknown"), ("sep", "seperator"), ("pad", "padding"),
        ("cls", "cls"), ("mask", "mask"),
    ]

    init(folder: String, configuration: JSONValue, tokenizer: Tokenizer, rows: Int) {
        let model = (try? JSONValue(readingFile: folder + "/config.json")) ?? .object([:])
        let generation = (try? JSONValue(readingFile: folder + "/generation_config.json")) ?? .object([:])
        var ids: [String: Int32] = [:]
        let (before, after) = Self.around(tokenizer)
        // What the tokenizer itself puts there goes before what config.json says, which may be a class's default.
        var added: [String: Int32] = [:]
        if before.count == 1 { added["bos"] = before[0] }
        if after.count == 1 { added["eos"] = after[0] }
        for (name, key) in Self.names {
            let spelled = configuration["\(name)_token"]?.string ?? configuration["\(name)_token"]?["content"]?.string
            let declared = (model["\(name)_token_id"] ?? generation["\(name)_token_id"])
                .flatMap { ($0.array?.first ?? $0).int }.flatMap { Int32(exactly: $0) }
            guard let id = spelled.flatMap({ tokenizer.id(of: $0) }) ?? added[name] ?? declared, id >= 0, Int(id) < rows
            else {
                continue
            }
            ids[name] = id
            metadata.append(("tokenizer.ggml.\(key)_token_id", .uint32(UInt32(id))))
        }
        addOtherEnds(known: ids["eos"], model: model, generation: generation, rows: rows)
        addAround(tokenizer, before, after, begin: ids["bos"], end: ids["eos"])
        if let template = Self.template(folder: folder, configuration: configuration) {
            metadata.append(("tokenizer.chat_template", .string(template)))
        }
    }

    /// A chat model may end its turn in another token than its text.
    private mutating func addOtherEnds(known: Int32?, model: JSONValue, generation: JSONValue, rows: Int) {
        var ends: [Int] = []
        for value in [generation["eos_token_id"], model["eos_token_id"]] {
            for id in (value?.array ?? [value ?? .null]).compactMap(\.int)
            where id != known.map(Int.init) && id >= 0 && id < rows && !ends.contains(id) {
                ends.append(id)
            }
        }
        for (name, id) in zip(["eot", "eom"], ends) {
            metadata.append(("tokenizer.ggml.\(name)_token_id", .uint32(UInt32(id))))
        }
        if ends.count > 2 {
            problems.append(
                .warning(
                    "The model names \(ends.count + 1) end tokens and GGUF has room for three: the last are left out"))
        }
    }

    /// What the tokenizer puts before and behind a text, seen by trying it.
    private static func around(_ tokenizer: Tokenizer) -> (before: [Int32], after: [Int32]) {
        let plain = tokenizer.encode("a", addSpecialTokens: false)
        let whole = tokenizer.encode("a", addSpecialTokens: true)
        guard whole.count > plain.count,
            let start = (0...whole.count - plain.count).first(where: {
                Array(whole[$0..<$0 + plain.count]) == plain
            })
        else { return ([], []) }
        return (Array(whole[..<start]), Array(whole[(start + plain.count)...]))
    }

    private mutating func addAround(
        _ tokenizer: Tokenizer, _ before: [Int32], _ after: [Int32], begin: Int32?, end: Int32?
    ) {
        func adds(_ tokens: [Int32], _ id: Int32?, _ where_: String) -> Bool {
            if tokens.isEmpty { return false }
            if tokens.count == 1, tokens[0] == id { return true }
            let texts = tokens.map { tokenizer.token($0) ?? "\($0)" }.joined()
            problems.append(
                .warning("The tokenizer puts '\(texts)' \(where_) a text, which GGUF cannot say: it is left out"))
            return false
        }
        metadata.append(("tokenizer.ggml.add_bos_token", .bool(adds(before, begin, "before"))))
        metadata.append(("tokenizer.ggml.add_eos_token", .bool(adds(after, end, "behind"))))
    }

    /// The source of the template that chats use.
    static func template(folder: String, configuration: JSONValue) -> String? {
        if let file = try? MappedFile(path: folder + "/chat_template.jinja"), file.count > 0, file.count < 16 << 20 {
            return String(decoding: file.bytes(0..<file.count), as: UTF8.self)
        }
        if let json = try? JSONValue(readingFile: folder + "/chat_template.json"),
            let text = json["chat_template"]?.string
        {
            return text
        }
        switch configuration["chat_template"] {
        case .string(let text)?: return text
        case .array(let list)?:
            let main = list.first { $0["name"]?.string == "default" } ?? (list.count == 1 ? list.first : nil)
            return main?["template"]?.string
        default: return nil
        }
    }
}
