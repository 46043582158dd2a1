import OrderedJSON

/// Multi-turn chats, preference pairs and plain text.
struct OtherSets: Sendable {
    var seed: UInt64

    func chats(_ count: Int) -> [JSONValue] {
        var scene = Scene(RandomSource(seed: seed, part: 1))
        var seen: Set<String> = []
        var rows: [JSONValue] = []
        while rows.count < count {
            let document = scene.random.chance(0.25) ? scene.serviceTask() : scene.dialogue()
            scene.known = [:]
            guard case .chat(let turns) = document, turns.count >= 4, seen.insert(document.plain).inserted else {
                continue
            }
            rows.append(document.row)
        }
        return rows
    }

    func texts(_ count: Int) -> [JSONValue] {
        var scene = Scene(RandomSource(seed: seed, part: 2))
        return (0..<count).map { index in
            defer { scene.known = [:] }
            return Document.text(index % 3 == 0 ? scene.story() : index % 3 == 1 ? scene.note() : scene.letter()).row
        }
    }

    private static let poor = Patterns(
        """
        No.
        That is not our problem.
        I do not know. Ask somebody else.
        Read the manual.
        Why did you not look first?
        We are busy. Write again next {month}.
        The {animal} in the {nature} is {quality}.
        You should have been more careful with the {product}.
        {weekday} maybe.
        All {product.s} are like that.
        """)

    /// Prompts with a helpful answer and one that is rude, wrong or beside the point.
    func preferences(_ count: Int) -> [JSONValue] {
        var scene = Scene(RandomSource(seed: seed, part: 3))
        var rows: [JSONValue] = []
        while rows.count < count {
            scene.known = [:]
            let prompt, chosen: String
            var rejected: String
            if scene.random.chance(0.6) {
                let request = scene.serviceCase()
                prompt = request.message
                chosen = scene.serviceReply(to: request)
                scene.known["product"] = request.product
                rejected = scene.prose(Self.poor)
                if scene.random.chance(0.3) {
                    rejected = scene.serviceReply(to: scene.serviceCase())
                }
            } else {
                guard case .chat(let turns) = scene.factQuestion(), turns.count == 2,
                    case .chat(let others) = scene.factQuestion(), others.count == 2
                else { continue }
                prompt = turns[0].content
                chosen = turns[1].content
                rejected =
                    scene.random.chance(0.6)
                    ? others[1].content : scene.prose("I (do not know|am not sure), ask @ {job}.")
            }
            guard chosen != rejected else { continue }
            rows.append(
                .object(["prompt": .string(prompt), "chosen": .string(chosen), "rejected": .string(rejected)]))
        }
        return rows
    }
}
