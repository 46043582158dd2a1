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
    /// Paths to what lies in fields that hold objects or lists, by field.
    let inner: [String: [String]]
    /// Mappings that fit at least one row, best first.
    public private(set) var candidates: [Candidate]

    public var best: ColumnMapping? { candidates.first?.mapping }

    /// The decision in words, a line each, to show beside the result.
    public var reasons: [String] { reasons(chosen: best) }

    /// The same with the mapping in force, which a person may have given, first.
    func reasons(chosen: ColumnMapping?) -> [String] {
        guard let chosen else { return ["no known shape fits any of \(rows) rows"] }
        var lines: [String] = []
        if let known = candidates.first(where: { $0.mapping == chosen }) {
            lines.append(
                "\(chosen.summary): fits \(known.fitting) of \(rows) rows looked at (\(Self.percent(known.fitting, of: rows)))"
            )
        } else {
            lines.append("\(chosen.summary): as it was said")
        }
        for other in candidates where other.mapping != chosen {
            lines.append("\(other.mapping.summary): fits \(other.fitting) (\(Self.percent(other.fitting, of: rows)))")
        }
        return lines
    }

    private static func percent(_ part: Int, of whole: Int) -> String {
        let tenths = whole == 0 ? 0 : (part * 1_000 + whole / 2) / whole
        return "\(tenths / 10)\(tenths % 10 == 0 ? "" : ".\(tenths % 10)") %"
    }

    /// - Parameter sample: rows of the file, at best a thousand or so.
    init(sample: [JSONObject]) {
        rows = sample.count
        inner = Self.innerPaths(sample)
        var counts: JSONObject = [:]
        for row in sample {
            for key in row.keys { counts[key] = .integer((counts[key]?.int ?? 0) + 1) }
        }
        let seen = counts.map { (name: $0.key, rows: $0.value.int ?? 0) }
        // A stable order: by count, then as the file has them.
        fields = seen.enumerated().sorted { ($1.element.rows, $0.offset) < ($0.element.rows, $1.offset) }.map(\.element)
        candidates = []
        for mapping in Self.mappings(of: seen.map(\.name), in: sample) {
            let fitting = sample.count { row in (try? mapping.example(from: row, line: 0)) != nil }
            // Rows of a newer version fit none, and say so one by one.
            if fitting > 0 || mapping.shape == .curated {
                candidates.append(Candidate(mapping: mapping, fitting: fitting))
            }
        }
        // Equal counts keep the order of `mappings`, which goes from the most to the least telling shape.
        candidates = candidates.enumerated()
            .sorted { ($1.element.fitting, $0.offset) < ($0.element.fitting, $1.offset) }.map(\.element)
    }

    /// Of the first rows: `question.stem`, `choices[0].text`, `turns[0]`.
    private static func innerPaths(_ sample: [JSONObject]) -> [String: [String]] {
        var found: [String: [String]] = [:]
        func walk(_ value: JSONValue, _ path: String, _ field: String, _ depth: Int) {
            guard depth < 4, found[field, default: []].count < 24 else { return }
            switch value {
            case .object(let members) where !members.isEmpty:
                for (key, member) in members { walk(member, "\(path).\(key)", field, depth + 1) }
            case .array(let elements) where !elements.isEmpty: walk(elements[0], path + "[0]", field, depth + 1)
            default: if !found[field, default: []].contains(path) { found[field, default: []].append(path) }
            }
        }
        for row in sample.prefix(3) {
            for (key, value) in row where value.object != nil || value.array != nil { walk(value, key, key, 0) }
        }
        return found
    }

    public static func == (left: ShapeDetection, right: ShapeDetection) -> Bool {
        left.rows == right.rows && left.candidates == right.candidates
            && left.fields.map(\.name) == right.fields.map(\.name)
            && left.fields.map(\.rows) == right.fields.map(\.rows)
    }

    // MARK: Names in use

    /// Every mapping whose needed fields occur, the most telling first.
    private static func mappings(of fields: [String], in sample: [JSONObject]) -> [ColumnMapping] {
        func name(_ known: [String]) -> String? {
            known.first(where: fields.contains)
                ?? fields.first { field in known.contains { $0.lowercased() == field.lowercased() } }
        }
        if fields.contains(CuratedRow.key), sample.contains(where: CuratedRow.isOne) {
            return [ColumnMapping(shape: .curated)]
        }
        var found: [ColumnMapping] = []
        let conversation = name(["messages", "conversations", "conversation", "chat"])
        let system = name(["system", "system_prompt"])
        let prompt = name(["prompt", "question", "query", "instruction"])
        func judged(_ shape: RowShape, _ own: [ColumnMapping.Part: String?]) -> ColumnMapping {
            var mapping = ColumnMapping(shape: shape)
            mapping.fields = own.compactMapValues { $0 }
            mapping.fields[.messages] = conversation
            mapping.fields[.prompt] = prompt
            mapping.fields[.system] = system
            if prompt?.lowercased() == "instruction" { mapping.fields[.input] = name(["input"]) }
            mapping.fields[.history] = name(["history"])
            return mapping
        }
        if let rejected = name(["rejected", "rejected_response", "response_k"]) {
            let chosen = name(["chosen", "response_j"])
            if chosen != nil || conversation != nil {
                found.append(judged(.preference, [.rejected: rejected, .chosen: chosen]))
            }
        }
        if let label = name(["label", "kto_tag"]), isVerdict(label, in: sample) {
            let completion = name(["completion", "response", "output", "answer"])
            if conversation != nil || prompt != nil && completion != nil {
                found.append(judged(.feedback, [.label: label, .completion: completion]))
            }
        }
        if let completions = name(["completions", "steps"]), let labels = name(["labels"]), let prompt {
            var mapping = ColumnMapping(
                shape: .stepwise, fields: [.prompt: prompt, .completions: completions, .labels: labels])
            mapping.fields[.system] = system
            found.append(mapping)
        }
        if let ids = name(["input_ids"]) {
            var mapping = ColumnMapping(shape: .tokens)
            mapping.fields = [.inputIDs: ids]
            mapping.fields[.attentionMask] = name(["attention_mask"])
            mapping.fields[.labels] = name(["labels"])
            found.append(mapping)
        }
        if let conversation {
            let shape: RowShape = conversation.lowercased().hasPrefix("conv") ? .sharegpt : .messages
            var mapping = ColumnMapping(shape: shape, fields: [.messages: conversation])
            mapping.fields[.tools] = name(["tools", "functions"])
            mapping.fields[.system] = system
            found.append(mapping)
        }
        if let instruction = name(["instruction"]), let output = name(["output", "response", "answer", "completion"]) {
            var mapping = ColumnMapping(shape: .alpaca, fields: [.instruction: instruction, .output: output])
            mapping.fields[.input] = name(["input", "context"])
            mapping.fields[.system] = system
            mapping.fields[.history] = name(["history"])
            found.append(mapping)
        }
        let (id, parent) = (name(["id"]), name(["parent_id"]))
        found += pairs.compactMap { pair in
            guard let prompt = name([pair.prompt]), let completion = name([pair.completion]) else { return nil }
            var mapping = ColumnMapping(
                shape: .promptCompletion, fields: [.prompt: prompt, .completion: completion], asChat: pair.asChat)
            mapping.fields[.system] = system
            if let id, let parent {
                mapping.fields[.id] = id
                mapping.fields[.parent] = parent
                mapping.asChat = true
            }
            return mapping
        }
        if let text = name(["text", "full_text", "content", "document"]) {
            found.append(ColumnMapping(shape: .text, fields: [.text: text]))
        }
        return found
    }

    /// Whether a column holds nothing but true and false. Numbers are no verdicts: a label of 0 or 1 may be a class.
    private static func isVerdict(_ field: String, in sample: [JSONObject]) -> Bool {
        var isOne = false
        for row in sample {
            guard let value = row.value(at: field) else { continue }
            if case .bool = value {
                isOne = true
            } else if let text = value.string?.lowercased(), text == "true" || text == "false" {
                isOne = true
            } else {
                return false
            }
        }
        return isOne
    }

    private static let pairs: [(prompt: String, completion: String, asChat: Bool)] = [
        ("prompt", "completion", false), ("prompt", "response", true), ("prompt", "answer", true),
        ("prompt", "output", true), ("question", "answer", true), ("question", "response", true),
        ("question", "best answer", true), ("question", "best_answer", true), ("query", "response", true),
        ("query", "answer", true), ("input", "output", true), ("source", "target", true), ("user", "assistant", true),
        ("human", "assistant", true),
    ]
}
