extension Scene {
    mutating func factQuestion() -> Document {
        switch random.below(11) {
        case 0:
            let fact = random.pick(Facts.general)
            return .ask(fact.question, fact.answer)
        case 1:
            let pair = random.pick(Facts.opposites)
            let (a, b) = random.chance(0.5) ? pair : (pair.1, pair.0)
            return .ask(
                random.pick(["What is the opposite of \(a)?", "Opposite of \(a)?", "Give me the opposite of \"\(a)\"."]
                ),
                random.pick(["The opposite of \(a) is \(b).", "It is \(b)."]))
        case 2:
            let pair = random.pick(Facts.synonyms)
            return .ask("Give me another word for \(pair.0).", "Another word for \(pair.0) is \(pair.1).")
        case 3:
            let pair = random.pick(Facts.colours)
            return .ask(
                "What colour (is|are) \(pair.0)?".pickedForm(pair.0),
                Morphology.capitalized(pair.0) + " " + pair.0.be + " \(pair.1).")
        case 4:
            let animal = random.pick(Facts.animals)
            let pairs = [
                ("Where do \(Morphology.plural(animal.name)) live?", "They live \(animal.home)."),
                ("What do \(Morphology.plural(animal.name)) eat?", "They eat \(animal.food)."),
                (
                    phrase("How many legs does @ \(animal.name) have?"),
                    prose("@ \(animal.name) has \(animal.legs) legs.")
                ),
                (phrase("What sound does @ \(animal.name) make?"), prose("@ \(animal.name) \(animal.sound).")),
            ]
            let pair = random.pick(pairs)
            return .ask(pair.0, pair.1)
        case 5:
            let thing = random.pick(Facts.uses)
            return random.chance(0.5)
                ? .ask(phrase("What is @ \(thing.thing) for?"), prose("@ \(thing.thing) is there to \(thing.use)."))
                : .ask(prose("What do I need to \(thing.use)?"), prose("You need @ \(thing.thing)."))
        case 6: return calendarQuestion()
        case 7:
            let town = random.pick(World.towns)
            let pairs = [
                ("In which region is \(town.name)?", "\(town.name) is in \(town.region)."),
                ("Which river flows through \(town.name)?", "The river \(town.river) flows through \(town.name)."),
                ("What is \(town.name) known for?", "\(town.name) is known for its \(town.product)."),
                ("When was \(town.name) founded?", "\(town.name) was founded in \(town.founded)."),
            ]
            let pair = random.pick(pairs)
            return .ask(pair.0, pair.1)
        case 8:
            let region = random.below(World.regions.count)
            let name = World.regions[region]
            let capital = World.capital(of: region)
            return random.chance(0.5)
                ? .ask("What is the capital of \(name)?", "The capital of \(name) is \(capital).")
                : .ask("\(capital) is the capital of which region?", "\(capital) is the capital of \(name).")
        case 9:
            let person = random.pick(World.residents)
            bind(person)
            return .ask(
                "Who is \(person.fullName)?",
                prose("{full} is @ {work} from {t}. {he} is {age} years old and has @ {petkept}."))
        default: return trueOrFalse()
        }
    }

    private mutating func calendarQuestion() -> Document {
        let list = random.chance(0.6) ? "weekday" : "month"
        let names = Lexicon.lists[list] ?? []
        let at = random.below(names.count)
        let next = names[(at + 1) % names.count]
        let before = names[(at + names.count - 1) % names.count]
        switch random.below(4) {
        case 0:
            return .ask(
                "Which \(list == "weekday" ? "day" : "month") comes after \(names[at])?",
                "\(next) comes after \(names[at]).")
        case 1:
            return .ask(
                "Which \(list == "weekday" ? "day" : "month") comes before \(names[at])?",
                "\(before) comes before \(names[at]).")
        case 2 where list == "weekday":
            return .ask("Today is \(names[at]). What day is tomorrow?", "Tomorrow is \(next).")
        case 3 where list == "weekday":
            return .ask("Today is \(names[at]). What day was yesterday?", "Yesterday was \(before).")
        default:
            return .ask(
                "Is \(names[at]) a day or a month?", "\(names[at]) is a \(list == "weekday" ? "day" : "month").")
        }
    }

    private mutating func trueOrFalse() -> Document {
        let animal = random.pick(Facts.animals)
        let legs = random.chance(0.5) ? animal.legs : random.pick([0, 2, 4, 6, 8])
        let right = legs == animal.legs
        let claim = prose("@ \(animal.name) has \(legs) legs.")
        return .ask(
            random.pick(["True or false: \(claim)", "Is this true? \(claim)"]),
            right ? "True." : prose("False. @ \(animal.name) has \(animal.legs) legs."))
    }

    mutating func numberTask() -> Document {
        let (a, b) = (random.int(0...50), random.int(0...50))
        let (high, low) = (max(a, b), min(a, b))
        switch random.below(10) {
        case 0:
            return .ask(
                random.pick(["What is \(a) plus \(b)?", "\(a) + \(b) = ?", "Add \(a) and \(b)."]),
                "\(a) + \(b) = \(a + b)")
        case 1:
            return .ask(
                random.pick(["What is \(high) minus \(low)?", "\(high) - \(low) = ?"]),
                "\(high) - \(low) = \(high - low)")
        case 2:
            let (x, y) = (random.int(1...10), random.int(1...10))
            return .ask(random.pick(["What is \(x) times \(y)?", "\(x) * \(y) = ?"]), "\(x) * \(y) = \(x * y)")
        case 3:
            return .ask(
                "Which number is (larger|bigger), \(a) or \(b)?".replacing(
                    "(larger|bigger)", with: random.pick(["larger", "bigger"])),
                a == b ? "They are equal." : "\(high) is larger than \(low).")
        case 4:
            let numbers = (0..<random.int(3...6)).map { _ in random.int(1...99) }
            let down = random.chance(0.3)
            let sorted = numbers.sorted { down ? $0 > $1 : $0 < $1 }
            return .ask(
                "Sort these numbers \(down ? "from large to small" : "from small to large"): "
                    + numbers.map(String.init).joined(separator: ", "), sorted.map(String.init).joined(separator: ", "))
        case 5:
            known["n"] = word("name")
            known["thing"] = word("fruit")
            return .ask(
                prose("{n} has \(a) {thing.s} and (gets|buys|finds) \(b) more. How many {thing.s} does {n} have now?"),
                prose("{n} has \(a + b) {thing.s}, because \(a) + \(b) = \(a + b)."))
        case 6:
            known["n"] = word("name")
            known["thing"] = word("keepsake")
            return .ask(
                prose("{n} has \(high) {thing.s} and (gives away|loses|sells) \(low). How many are left?"),
                prose("\(high - low) {thing.s} are left, because \(high) - \(low) = \(high - low)."))
        case 7:
            let start = random.int(1...20)
            let step = random.int(1...6)
            let row = (0..<4).map { String(start + $0 * step) }.joined(separator: ", ")
            return .ask("Continue: \(row)", "\(start + 4 * step), \(start + 5 * step), \(start + 6 * step)")
        case 8:
            return .ask("Is \(a) even or odd?", "\(a) is \(a % 2 == 0 ? "even" : "odd").")
        default:
            let numbers = (0..<random.int(3...5)).map { _ in random.int(1...99) }
            let wantsMax = random.chance(0.5)
            let best = (wantsMax ? numbers.max() : numbers.min()) ?? 0
            return .ask(
                "What is the \(wantsMax ? "largest" : "smallest") of these numbers: "
                    + numbers.map(String.init).joined(separator: ", ") + "?", "\(best)")
        }
    }
}

extension String {
    /// "is" or "are" for a thing that is named in the singular or plural.
    fileprivate var be: String { hasSuffix("s") && !hasSuffix("ss") || self == "mice" ? "are" : "is" }

    fileprivate func pickedForm(_ thing: String) -> String { replacing("(is|are)", with: thing.be) }
}
