import OrderedJSON

extension FuzzSubject {
    /// What is read must be written and read again as the same value.
    static let json = FuzzSubject(
        "json", words: ["null", "true", "\\u", "\\ud83d", "1e308", "-0.0", "\\\""],
        seeds: {
            [
                #"{"a": [1, -2.5e3, true, null, "x\u00e9\ud83d\ude00\n"], "b": {"c": {}}, "d": []}"#,
                #"[[[[[{"deep": "er"}]]]], 9223372036854775808, 0.1, "\\\/\b\f"]"#,
            ].map { Array($0.utf8) }
        },
        read: { bytes in
            guard let value = try? JSONValue(parsing: bytes) else { return }
            let text = value.serialized()
            guard let again = try? JSONValue(parsing: text) else {
                fatalError("what was written is not read: \(text)")
            }
            precondition(again.serialized() == text, "what was read again is another value: \(text)")
        })
}
