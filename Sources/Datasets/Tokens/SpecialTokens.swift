import OrderedJSON

/// Names of the special tokens, gathered from the files of a model folder.
struct SpecialTokens {
    private(set) var texts: [String: String] = [:]

    static let names = ["bos_token", "eos_token", "pad_token", "unk_token", "sep_token", "cls_token", "mask_token"]

    /// A token is a text, or an object whose `content` is the text.
    mutating func take(_ json: JSONValue?) {
        for name in Self.names where texts[name] == nil {
            guard let value = json?[name], let text = value.string ?? value["content"]?.string else { continue }
            texts[name] = text
        }
    }

    subscript(name: String) -> String? { texts[name] }
}

/// End tokens as `config.json` and `generation_config.json` name them: a number or a list of numbers.
func endTokenIDs(in json: JSONValue?) -> [Int32] {
    guard let value = json?["eos_token_id"] else { return [] }
    return (value.array ?? [value]).compactMap { $0.int.flatMap(Int32.init(exactly:)) }
}
