extension Scene {
    mutating func wordTask() -> Document {
        let list = random.pick([
            "fruit", "vegetable", "tool", "bird", "tree", "flower", "clothing", "instrument", "job", "wildanimal",
            "household",
            "material", "colour", "vehicle", "farmanimal", "insect", "device", "publicplace", "bodypart",
        ])
        let items = words(list, random.int(3...6))
        let joined = items.joined(separator: ", ")
        let label = Self.kindNames[list] ?? list
        switch random.below(15) {
        case 0:
            let count = random.int(3...6)
            return .ask(
                random.pick([
                    "Name \(count) \(label).", "List \(count) \(label).", "Give me \(count) \(label), please.",
                ]),
                words(list, count).map { "- " + $0 }.joined(separator: "\n"))
        case 1:
            return .ask(
                random.pick(["Sort these words by the alphabet: ", "Put these words in alphabetical order: "]) + joined,
                items.sorted().joined(separator: ", "))
        case 2: return .ask("Write this list backwards: \(joined)", items.reversed().joined(separator: ", "))
        case 3:
            let at = random.below(items.count)
            let place = ["first", "second", "third", "fourth", "fifth", "sixth"][at]
            return .ask("What is the \(place) word of this list: \(joined)?", items[at])
        case 4: return .ask("How many words are in this list: \(joined)?", "\(items.count)")
        case 5:
            let noun = word(list)
            return .ask("What is the plural of \(noun)?", "The plural of \(noun) is \(Morphology.plural(noun)).")
        case 6:
            let verb = word("vhandle")
            return .ask("What is the past of \"\(verb)\"?", "The past of \"\(verb)\" is \"\(Morphology.past(verb))\".")
        case 7:
            let text = word(random.pick(["fruit", "tool", "bird", "colour"]))
            let letters = text.filter { $0 != " " }
            return .ask(
                "How many letters does the word \(text) have?", "The word \(text) has \(letters.count) letters.")
        case 8:
            let text = word(random.pick(["fruit", "bird", "toy", "colour"]))
            return .ask("Spell the word \(text).", text.uppercased().map(String.init).joined(separator: "-"))
        case 9:
            let text = word(random.pick(["pet", "fruit", "colour"]))
            return .ask("Write the word \(text) in capital letters.", text.uppercased())
        case 10:
            let other = random.pick(["number", "fruit", "weekday"].filter { $0 != list })
            let odd = other == "number" ? String(random.int(2...99)) : word(other)
            let mixed = random.shuffled(items + [odd])
            return .ask("Which word does not belong: \(mixed.joined(separator: ", "))?", "\(odd) does not belong.")
        case 11:
            let thing = random.pick(items)
            return .ask("Is \(thing) in this list: \(joined)?", "Yes, \(thing) is in the list.")
        case 12:
            let missing = words(list, 12).first { !items.contains($0) } ?? "nothing"
            return .ask("Is \(missing) in this list: \(joined)?", "No, \(missing) is not in the list.")
        case 13:
            let verb = word("vmove")
            let base = word("size")
            return random.chance(0.5)
                ? .ask("Put \"\(verb)\" into the -ing form.", Morphology.progressive(verb))
                : .ask(
                    "Compare with \"\(base)\": good, better, best.",
                    "\(base), \(Morphology.comparative(base, "er")), \(Morphology.comparative(base, "est"))")
        default:
            let wanted = random.pick(["tool", "fruit", "bird", "clothing", "household"])
            let thing = word(wanted)
            let kind = Self.kindNames[wanted] ?? wanted
            return .ask("What kind of thing is this: \(thing)?", "It is one of the \(kind).")
        }
    }

    private static let kindNames: [String: String] = [
        "fruit": "fruits", "vegetable": "vegetables", "tool": "tools", "bird": "birds", "tree": "trees",
        "flower": "flowers", "clothing": "clothes", "instrument": "instruments", "job": "jobs",
        "wildanimal": "wild animals",
        "household": "household things", "material": "materials", "colour": "colours", "vehicle": "vehicles",
        "farmanimal": "farm animals", "insect": "small animals", "device": "devices", "publicplace": "places in a town",
        "bodypart": "parts of the body",
    ]

    mutating func sentenceTask() -> Document {
        for (key, list) in [
            ("n", "name"), ("thing", "item"), ("spot", "place"), ("act", "vhandle"), ("go", "vmove"), ("size1", "size"),
        ] { known[key] = word(list) }
        switch random.below(13) {
        case 0:
            return .ask(
                "Put this into the past: " + prose("{n} {act.es} the {thing}."), prose("{n} {act.ed} the {thing}."))
        case 1:
            return .ask(
                "Make this a question: " + prose("{n} has @ {size1} {thing}."),
                prose("Does {n} have @ {size1} {thing}?"))
        case 2:
            return .ask(
                "Say the contrary: " + prose("The {thing} is {size1}."), prose("The {thing} is not {size1}."))
        case 3:
            known["who"] = word("name")
            return .ask(
                prose("Replace {n} with {who}: ") + prose("{n} {go.ed} to the {spot}."),
                prose("{who} {go.ed} to the {spot}."))
        case 4:
            return .ask(
                "Say this politely: Give me the \(known["thing"] ?? "")!",
                prose(
                    "(Could you please give me the {thing}?|May I have the {thing}, please?|Would you give me the {thing}, please?)"
                ))
        case 5:
            let text = prose("{n} {go.ed} {manner} to the {spot} with @ {quality} {thing}.")
            return .ask("How many words does this sentence have? \(text)", "\(text.split(separator: " ").count)")
        case 6:
            known["adj"] = word("quality")
            return .ask(
                prose(
                    "Make it shorter: {pasttime}, {n} {go.ed} {manner} to the {spot} and {act.ed} the {adj} {thing} there."
                ),
                prose("{n} {act.ed} the {thing} at the {spot}."))
        case 7:
            known["adj"] = word("quality")
            return .ask(
                prose("Use the words {adj} and {thing} in a sentence."),
                prose("{name} {act.ed} the {adj} {thing} at the {place}."))
        case 8: return moodTask()
        case 9:
            known["adj"] = word("quality")
            return .ask(
                prose("Write a sentence about @ {thing}."),
                prose(
                    "(The {thing} in the {room} is {adj}.|{n} {act.ed} the {thing} {manner}.|@ {thing} can be {adj} and {quality}.)"
                ))
        case 10:
            known["other"] = word("vhandle")
            known["second"] = word("item")
            return .ask(
                "Join the sentences: " + prose("{n} {act.ed} the {thing}. {n} {other.ed} the {second}."),
                prose("{n} {act.ed} the {thing} and {other.ed} the {second}."))
        case 11:
            let text = prose("{n} {act.ed} the {thing} at the {spot}.")
            return random.chance(0.5)
                ? .ask("What is the first word? \(text)", known["n"] ?? "")
                : .ask(
                    "What is the last word? \(text)",
                    (known["spot"] ?? "").split(separator: " ").last.map(String.init) ?? "")
        default:
            let items = words("colour", 3) + words("pet", 1)
            let code = items.map { String($0.prefix(1)).uppercased() }.joined()
            return .ask("Take the first letter of each word: \(items.joined(separator: ", "))", code)
        }
    }

    private mutating func moodTask() -> Document {
        let kinds = [("gladmood", "happy"), ("sadmood", "sad"), ("angrymood", "angry"), ("scaredmood", "afraid")]
        let kind = random.pick(kinds)
        known["feeling"] = word(kind.0)
        let because = [
            "gladmood":
                "{n} got @ {quality} {toy} and was {feeling}.|{n} won the {game} match. \"I am so {feeling},\" {n} said.",
            "sadmood": "{n} lost the {keepsake} and felt {feeling}.|The {pet} of {n} was ill, and {n} was {feeling}.",
            "angrymood":
                "Somebody broke the {thing}, and {n} was {feeling}.|{n} was {feeling} because the {vehicle} was late again.",
            "scaredmood":
                "{n} heard a {sound} in the dark and was {feeling}.|The {weathernoun} came nearer, and {n} was {feeling}.",
        ]
        return .ask(
            random.pick([
                "How does the person feel? ", "What is the mood of this text? ", "Happy, sad, angry or afraid? ",
            ])
                + prose("(" + (because[kind.0] ?? "") + ")"), Morphology.capitalized(kind.1) + ".")
    }
}
