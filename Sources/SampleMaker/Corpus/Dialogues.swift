extension Scene {
    private static let hellos = Patterns(
        """
        Hello!
        Hi, how are you?
        Good (morning|evening|afternoon).
        Hi there!
        Hello, my name is {name:me}.
        Hey, do you have a moment?
        """)
    private static let helloAnswers = Patterns(
        """
        Hello! How can I help you (today|)?
        Hi! What can I do for you?
        Good to hear from you. What would you like to know?
        Hello! I am fine, thank you. What is on your mind?
        """)
    private static let thanks = Patterns(
        """
        Thank you!
        Thanks, that helps.
        Great, thanks a lot.
        Perfect, thank you very much.
        Good to know. Bye!
        """)
    private static let thanksAnswers = Patterns(
        """
        You are welcome!
        Gladly. Have a nice {daytime}!
        You are welcome. Goodbye!
        Any time.
        My pleasure. Ask me again whenever you like.
        """)
    private static let systems = Patterns(
        """
        You are a (friendly|helpful|kind|patient) assistant.
        You are @ {job} who answers questions.
        Answer in (short|full|simple) sentences.
        You help (people|customers|children|visitors) with (questions|their questions).
        Be (brief|polite|friendly).
        You work at the {building} in {town}.
        """)

    mutating func dialogue() -> Document {
        var turns: [Document.Turn] = []
        if random.chance(0.3) { turns.append(.system(prose(Self.systems))) }
        if random.chance(0.35) { turns += [.user(prose(Self.hellos)), .assistant(prose(Self.helloAnswers))] }
        switch random.below(8) {
        case 0: turns += townTalk()
        case 1: turns += shopTalk()
        case 2: turns += wayTalk()
        case 3: turns += planTalk()
        case 4: turns += smallTalk()
        case 5: turns += personTalk()
        case 6: turns += cookTalk()
        default: turns += memoryTalk()
        }
        if random.chance(0.35) { turns += [.user(prose(Self.thanks)), .assistant(prose(Self.thanksAnswers))] }
        return .chat(turns)
    }

    private mutating func townTalk() -> [Document.Turn] {
        let town = random.pick(World.towns)
        bind(town)
        let pairs = [
            ("Where is \(town.name)?", "\(town.name) is in \(town.region), on the river \(town.river)."),
            ("What is \(town.name) known for?", "\(town.name) is known for its \(town.product)."),
            ("How many people live in \(town.name)?", "About \(town.people) people live in \(town.name)."),
            ("Who founded \(town.name)?", "\(town.name) was founded by the \(town.founder) family in \(town.founded)."),
            ("What is on the flag of \(town.name)?", phrase("The flag is \(town.colour) and shows @ \(town.animal).")),
            (
                "How far is the sea from \(town.name)?",
                "The train to the sea takes \(town.hours) hour\(town.hours == 1 ? "" : "s")."
            ),
            ("What can I see there?", prose("You can see the {publicplace} and the {publicplace}.")),
        ]
        return random.sample(pairs, random.int(2...4)).flatMap { [.user($0.0), .assistant($0.1)] }
    }

    private mutating func shopTalk() -> [Document.Turn] {
        let good = word("item")
        let price = random.int(2...60)
        let count = random.int(2...5)
        known["good"] = good
        known["price"] = String(price)
        var turns: [Document.Turn] = [
            .user(prose("(I am looking for|Do you have|I would like to buy) @ [{colour} ]{good}[ for my {kin}].")),
            .assistant(
                prose("(Yes, we have|Of course. Here is|Let me see. We have) @ {quality} one for {price} euros.")),
        ]
        if random.chance(0.6) {
            turns += [
                .user("How much are \(count) of them?"),
                .assistant("\(count) times \(price) is \(count * price), so \(count) cost \(count * price) euros."),
            ]
        }
        if random.chance(0.5) {
            known["tint"] = word("colour")
            turns += [
                .user(prose("Do you also have it in {tint}?")),
                .assistant(prose("(Yes, in {tint} and in {colour}.|I am sorry, not in {tint}, only in {colour}.)")),
            ]
        }
        turns += [
            .user(prose("(I will take it.|Good, I will take one.|I will think about it.|It is too {size} for me.)")),
            .assistant(
                prose("(Very well.|All right.|Fine.) (Would you like a bag?|Have a nice {daytime}!|See you soon.)")),
        ]
        return turns
    }

    private mutating func wayTalk() -> [Document.Turn] {
        known["goal"] = word("building")
        known["mark"] = word("publicplace")
        known["side"] = random.pick(["left", "right"])
        return [
            .user(prose("(How do I get to|Where is|Can you tell me the way to) the {goal}?")),
            .assistant(
                prose(
                    "(Go|Walk) straight on to the {mark}, then turn {side}. The {goal} is (next to|behind|opposite) the {place}."
                )),
            .user("Left or right at the \(known["mark"] ?? "")?"),
            .assistant("Turn \(known["side"] ?? "") at the \(known["mark"] ?? "")."),
            .user(prose("(Is it far?|How long does it take?|Can I go by bus?)")),
            .assistant(
                prose("(It takes about {few} minutes on foot.|Yes, take the bus at the {place}.|No, it is quite near.)")
            ),
        ]
    }

    private mutating func planTalk() -> [Document.Turn] {
        known["day"] = word("weekday")
        known["event1"] = word("event")
        known["clock"] = String(random.int(8...20)) + ":" + random.pick(["00", "15", "30", "45"])
        known["who"] = word("name")
        return [
            .user(prose("Remind me: the {event1} is on {day} at {clock}, and {who} is coming too.")),
            .assistant(prose("(Noted|I have noted it|All right): {event1} on {day} at {clock} with {who}.")),
            .user(random.pick(["When is it?", "What time was it again?", "At what time?"])),
            .assistant(prose("It is on {day} at {clock}.")),
            .user(random.pick(["And who is coming?", "Who comes with me?"])),
            .assistant(prose("{who} is coming.")),
            .user(prose("What should I take along?")),
            .assistant(prose("Take @ {clothing}, some {food} and @ {keepsake}. It may be {weatheradj}.")),
        ]
    }

    private mutating func smallTalk() -> [Document.Turn] {
        let exchanges = [
            ("What do you think of {topic:th}?", "I like {th}. It is {quality}, and one can learn a lot from it."),
            (
                "Tell me something about {animal:an}s.",
                "The {an} is @ {trait} animal. You may see one near the {nature}."
            ),
            ("I am {sadmood} today.", "I am sorry to hear that. What happened?"),
            ("I lost my {keepsake:kp}.", "That is a pity. Where did you see the {kp} last?"),
            ("I am so {gladmood:gm}!", "How nice! Why are you so {gm}?"),
            ("I won the {game:gm2} match.", "Well done! How long did you practise {gm2}?"),
            ("My {kin:kk} gave me @ {toy:tt}.", "What a nice present. Is the {tt} {colour} or {colour}?"),
            ("What shall I do on @ {weatheradj:ww} day?", "On @ {ww} day you could {vplay} or visit the {building}."),
            ("Do you like {food:ff}?", "I cannot eat, but many people find {ff} {taste}."),
            ("Tell me a joke.", "Why did the {animal} go to the {building}? It wanted to buy @ {item}."),
            ("I want to learn the {instrument:ii}.", "Good idea. Practise the {ii} every day for {few} minutes."),
            ("I am afraid of {insect:xx}s.", "Many people are. A {xx} is small and will not hurt you."),
            ("I cannot sleep.", "Drink some warm {drink}, read a {quality} book and think of the {nature}."),
        ]
        return random.sample(exchanges, random.int(2...4)).flatMap { exchange -> [Document.Turn] in
            [.user(prose(exchange.0)), .assistant(prose(exchange.1))]
        }
    }

    private mutating func personTalk() -> [Document.Turn] {
        let person = random.pick(World.residents)
        bind(person)
        let him = person.isWoman ? "her" : "him"
        let he = person.he
        let pairs = [
            ("What does \(he) do?", prose("{he} works as @ {work} in {t}.")),
            ("Where does \(he) live?", prose("{he} lives in {t}.")),
            ("Does \(he) have a pet?", prose("Yes, {he} has @ {petkept}.")),
            ("What does \(he) like to eat?", prose("{he} likes {meal}.")),
            ("When is \(person.his) birthday?", prose("{his} birthday is in {birth}.")),
            ("How old is \(he)?", prose("{he} is {age} years old.")),
            ("What is \(person.his) favourite colour?", prose("It is {tint}.")),
            ("What are \(person.his) interests?", prose("{he} is interested in {hobby}.")),
        ]
        let first: [Document.Turn] = [
            .user("Do you know \(person.fullName)?"),
            .assistant(prose("Yes, I know \(him). What would you like to know?")),
        ]
        return first + random.sample(pairs, random.int(2...4)).flatMap { [.user($0.0), .assistant($0.1)] }
    }

    private mutating func cookTalk() -> [Document.Turn] {
        known["meal"] = word("dish")
        known["veg"] = word("vegetable")
        known["other"] = word("vegetable")
        known["mins"] = String(random.int(2...12) * 5)
        return [
            .user(prose("(How do I make|Can you explain how to cook) @ {veg} {meal}?")),
            .assistant(
                prose(
                    "{vwork.cap} the {veg.s}, add {other.s} and (salt|butter|garlic), and cook it for {mins} minutes.")),
            .user(random.pick(["How long does it take?", "For how many minutes?"])),
            .assistant(prose("It takes {mins} minutes.")),
            .user(prose("I have no {other.s}.")),
            .assistant(prose("Then take {vegetable.s} instead of {other.s}.")),
        ]
    }

    private mutating func memoryTalk() -> [Document.Turn] {
        let facts = [
            ("name", "My name is ", word("name"), "What is my name?", "Your name is "),
            ("town", "I live in ", word("town"), "Where do I live?", "You live in "),
            ("colour", "I like the colour ", word("colour"), "Which colour do I like?", "You like the colour "),
            ("pet", "I have a pet, and it is a ", word("pet"), "What pet do I have?", "Your pet is a "),
            ("job", "I work as a ", word("job"), "What is my job?", "You work as a "),
            ("code", "My code is ", orderID(), "What is my code?", "Your code is "),
            ("number", "My lucky number is ", String(random.int(1...99)), "What is my lucky number?", "It is "),
        ]
        let told = random.sample(facts, random.int(2...3))
        var turns: [Document.Turn] = told.flatMap { fact -> [Document.Turn] in
            [
                .user(fact.1 + fact.2 + "."),
                .assistant(random.pick(["I see.", "Good to know.", "Noted.", "Thank you."])),
            ]
        }
        for fact in random.shuffled(told) { turns += [.user(fact.3), .assistant(fact.4 + fact.2 + ".")] }
        return turns
    }
}
