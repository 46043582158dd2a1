extension Scene {
    mutating func storyTask() -> Document {
        let text = story()
        let hero = known["hero"] ?? ""
        switch random.below(6) {
        case 0:
            let ask = random.pick([
                "Tell me a story about {hero} and @ {thing}.", "Write a short story with @ {thing} in it.",
                "Tell me a story.", "Write a story about {hero} from {home}.",
            ])
            return .ask(prose(ask), text)
        case 1:
            let sentences = text.split(separator: ". ").map(String.init)
            let cut = max(1, sentences.count / 2)
            return .ask(
                random.pick(["Continue the story: ", "Go on: "]) + sentences[..<cut].joined(separator: ". ") + ".",
                sentences[cut...].joined(separator: ". "))
        case 2:
            return .ask(
                random.pick(["Who is the story about? ", "What is the name of the main person? "]) + text,
                "The story is about \(hero).")
        case 3:
            return .ask(
                random.pick(["Sum this up in one sentence: ", "What is this story about? "]) + text,
                prose("It is a story about {hero}, {friend} and @ {thing}.").replacing(
                    known["friend"] ?? "?",
                    with: text.contains(known["friend"] ?? "?") ? known["friend"] ?? "" : "a friend"))
        case 4: return .ask("Give this story a title: " + text, prose(StoryKind.titles))
        default:
            let friend = known["friend"] ?? ""
            return .ask(
                "Is there a person called \(friend) in this story? " + text, text.contains(friend) ? "Yes." : "No.")
        }
    }

    mutating func readingTask() -> Document {
        for (key, list) in [
            ("n", "name"), ("who", "name"), ("thing", "item"), ("spot", "place"), ("t", "town"), ("day", "weekday"),
            ("tint", "colour"), ("work", "job"), ("meal", "food"), ("pet1", "pet"), ("ride", "vehicle"),
        ] { known[key] = word(list) }
        let facts = [
            ("{n} lives in {t}.", "Where does {n} live?", "{n} lives in {t}."),
            ("{n} is @ {work}.", "What is the job of {n}?", "{n} is @ {work}."),
            ("{n} met {who} at the {spot}.", "Whom did {n} meet?", "{n} met {who}."),
            ("{n} has @ {tint} {thing}.", "What colour is the {thing}?", "The {thing} is {tint}."),
            ("On {day} {n} went to {t} by {ride}.", "How did {n} travel?", "{n} travelled by {ride}."),
            ("They ate {meal}.", "What did they eat?", "They ate {meal}."),
            ("It was {day}.", "What day was it?", "It was {day}."),
            ("{who} keeps @ {pet1}.", "Which pet does {who} keep?", "{who} keeps @ {pet1}."),
            ("The {thing} lay in the {spot}.", "Where was the {thing}?", "The {thing} was in the {spot}."),
        ]
        let chosen = random.sample(facts, random.int(2...5))
        var passage = chosen.map { prose($0.0) }
        if random.chance(0.5) { passage.append(prose("The {weathernoun} was {quality} that {daytime}.")) }
        let asked = random.pick(chosen)
        let text = passage.joined(separator: " ")
        let question = prose(asked.1)
        let answer = prose(asked.2)
        switch random.below(5) {
        case 0: return .ask("\(question) \(text)", answer)
        case 1: return .ask("Text: \(text)\nQuestion: \(question)", "Answer: \(answer)")
        case 2:
            let second = random.pick(chosen)
            return .chat([
                .user("Read this: \(text)"), .assistant(random.pick(["I have read it.", "Done.", "All right."])),
                .user(question), .assistant(answer), .user(prose(second.1)), .assistant(prose(second.2)),
            ])
        case 3:
            return .chat([.system("Answer from the text."), .user("\(text) \(question)"), .assistant(answer)])
        default: return .ask("Answer from the text. \(text) \(question)", answer)
        }
    }
}
