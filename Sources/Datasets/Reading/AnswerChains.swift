import OrderedJSON

/// Rows that name the row before them (`id`, `parent_id`), as H2O's sets do: each becomes the conversation that leads
/// to it. Of the answers in it only its own is trained: the others are trained by the rows that they came from.
struct AnswerChains {
    private var ids: [String?] = []
    private var parents: [String?] = []

    mutating func add(id: JSONValue?, parent: JSONValue?) {
        ids.append(Self.name(id))
        parents.append(Self.name(parent))
    }

    private static func name(_ value: JSONValue?) -> String? {
        guard let value, !value.isEmptyText else { return nil }
        return value.string ?? value.serialized()
    }

    /// Puts the turns of a row's ancestors before its own. A row whose ancestors are missing or turn in a circle is a
    /// problem.
    func join(_ examples: inout [Example], _ problems: inout [RowProblem], file: String?) {
        guard parents.contains(where: { $0 != nil }), ids.count == examples.count else { return }
        var places: [String: Int] = [:]
        for (index, id) in ids.enumerated() {
            if let id, places[id] == nil { places[id] = index }
        }
        let alone = examples
        var kept: [Example] = []
        for (index, example) in alone.enumerated() {
            var line: [Int] = []
            var next = index
            var problem: String?
            while let parent = parents[next] {
                guard let place = places[parent] else {
                    problem = "its parent '\(parent)' is in no row"
                    break
                }
                if place == index || line.count >= 1_000 || line.contains(place) {
                    problem = "its parents lead back to itself"
                    break
                }
                line.append(place)
                next = place
            }
            if let problem {
                problems.append(RowProblem(kind: .doesNotFit, file: file, line: example.line, reason: problem))
                continue
            }
            guard case .chat(let own, let tools) = example.content, !line.isEmpty else {
                kept.append(example)
                continue
            }
            var messages: [ChatMessage] = []
            for place in line.reversed() {
                guard case .chat(let turns, _) = alone[place].content else { continue }
                messages += turns.filter { $0.role != "system" || messages.isEmpty }.map { turn in
                    var turn = turn
                    if turn.isAnswer { turn.trains = false }
                    return turn
                }
            }
            var joined = example
            joined.content = .chat(messages + own.filter { $0.role != "system" }, tools: tools)
            kept.append(joined)
        }
        examples = kept
    }
}
