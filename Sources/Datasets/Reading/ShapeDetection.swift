import OrderedJSON

/// What shape a file has, and why: decided over many rows, since the first one is often the odd one.
public struct ShapeDetection: Sendable, Equatable {
    public struct Candidate: Sendable, Equatable {
        public var mapping: ColumnMapping
        /// Rows of the sample that this mapping turns into an example.
        public var fitting: Int
    }

    /// Rows looked at.
    public private(set) var rows: Int
    /// Fields seen, with the number of rows that have them, most frequent first.
    public private(set) var fields: [(name: String, rows: Int)]
    /// Mappings that fit at least one row, best first.
    public private(set) var candidates: [Candidate]

    public var best: ColumnMapping? { candidates.first?.mapping }

    /// The decision in words, a line each, to show beside the result.
    public var reasons: [String] {
        guard let best = candidates.first else { return ["no known shape fits any of \(rows) rows"] }
        var lines = ["\(best.mapping.summary): fits \(best.fitting) of \(rows) rows looked at"]
        for other in candidates.dropFirst() {
            lines.append("\(other.mapping.summary): fits \(other.fitting)")
        }
        return lines
    }

    /// - Parameter sample: rows of the file, at best a thousand or so.
    init(sample: [JSONObject]) {
        rows = sample.count
        var counts: JSONObject = [:]
        for row in sample {
            for key in row.keys { counts[key] = .integer((counts[key]?.int ?? 0) + 1) }
        }
        let seen = counts.map { (name: $0.key, rows: $0.value.int ?? 0) }
        // A stable order: by count, then as the file has them.
        fields = seen.enumerated().sorted { ($1.element.rows, $0.offset) < ($0.element.rows, $1.offset) }.map(\.element)
        candidates = []
        for mapping in Self.mappings(of: seen.map(\.name)) {
            let fitting = sample.count { row in (try? mapping.example(from: row, line: 0)) != nil }
            if fitting > 0 { candidates.append(Candidate(mapping: mapping, fitting: fitting)) }
        }
        // Equal counts keep the order of `mappings`, which goes from the most to the least telling shape.
        candidates = candidates.enumerated()
            .sorted { ($1.element.fitting, $0.offset) < ($0.element.fitting, $1.offset) }.map(\.element)
    }

    public static func == (left: ShapeDetection, right: ShapeDetection) -> Bool {
        left.rows == right.rows && left.candidates == right.candidates
            && left.fields.map(\.name) == right.fields.map(\.name)
            && left.fields.map(\.rows) == right.fields.map(\.rows)
    }

    // MARK: Names in use

    /// Every mapping whose needed fields occur, the most telling first.
    private static func mappings(of fields: [String]) -> [ColumnMapping] {
        func name(_ known: [String]) -> String? {
            known.first(where: fields.contains)
                ?? fields.first { field in known.contains { $0.lowercased() == field.lowercased() } }
        }
        var found: [ColumnMapping] = []
        let conversation = name(["messages", "conversations", "conversation", "chat"])
        let system = name(["system", "system_prompt"])
        let prompt = name(["prompt", "question", "query"])
        if let rejected = name(["rejected", "rejected_response", "response_k"]) {
            let chosen = name(["chosen", "response_j"])
            if chosen != nil || conversation != nil {
                var mapping = ColumnMapping(shape: .preference)
                mapping.fields = [.rejected: rejected]
                mapping.fields[.chosen] = chosen
                mapping.fields[.messages] = conversation
                mapping.fields[.prompt] = prompt
                mapping.fields[.system] = system
                found.append(mapping)
            }
        }
        if let conversation {
            let shape: RowShape = conversation.hasPrefix("conv") ? .sharegpt : .messages
            var mapping = ColumnMapping(shape: shape, fields: [.messages: conversation])
            mapping.fields[.tools] = name(["tools", "functions"])
            mapping.fields[.system] = system
            found.append(mapping)
        }
        if let instruction = name(["instruction"]), let output = name(["output"]) {
            var mapping = ColumnMapping(shape: .alpaca, fields: [.instruction: instruction, .output: output])
            mapping.fields[.input] = name(["input"])
            mapping.fields[.system] = system
            mapping.fields[.history] = name(["history"])
            found.append(mapping)
        }
        found += pairs.compactMap { pair in
            guard let prompt = name([pair.prompt]), let completion = name([pair.completion]) else { return nil }
            var mapping = ColumnMapping(
                shape: .promptCompletion, fields: [.prompt: prompt, .completion: completion], asChat: pair.asChat)
            mapping.fields[.system] = system
            return mapping
        }
        if let text = name(["text", "full_text", "content", "document"]) {
            found.append(ColumnMapping(shape: .text, fields: [.text: text]))
        }
        return found
    }

    private static let pairs: [(prompt: String, completion: String, asChat: Bool)] = [
        ("prompt", "completion", false), ("prompt", "response", true), ("prompt", "answer", true),
        ("prompt", "output", true), ("question", "answer", true), ("question", "response", true),
        ("instruction", "response", true), ("instruction", "answer", true), ("instruction", "completion", true),
        ("query", "response", true), ("query", "answer", true), ("input", "output", true), ("source", "target", true),
    ]
}
