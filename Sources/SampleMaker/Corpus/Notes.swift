extension Scene {
    mutating func bind(_ town: World.Town) {
        known["t"] = town.name
        known["region"] = town.region
        known["river"] = town.river
        known["product"] = town.product
        known["beast"] = town.animal
        known["flag"] = town.colour
        known["founder"] = town.founder
        known["people"] = String(town.people)
        known["founded"] = String(town.founded)
        known["hours"] = String(town.hours)
    }

    mutating func bind(_ person: World.Resident) {
        known["p"] = person.name
        known["full"] = person.fullName
        known["he"] = person.he
        known["his"] = person.his
        known["him"] = person.isWoman ? "her" : "him"
        known["t"] = person.town
        known["work"] = person.job
        known["petkept"] = person.pet
        known["meal"] = person.food
        known["tint"] = person.colour
        known["hobby"] = person.hobby
        known["birth"] = person.month
        known["age"] = String(person.age)
    }

    static let townFacts = Patterns(
        """
        {t} is a town in {region}.
        {t} lies on the river {river}.
        The town of {t} is known for its {product}.
        About {people} people live in {t}.
        {t} was founded in {founded} by the {founder} family.
        The flag of {t} is {flag} and shows @ {beast}.
        The train from {t} to the sea takes {hours} (hours|hours or a little more).
        Every {season} there is @ {event} in {t}.
        Near {t} there is @ {quality} {nature} with many {tree.s}.
        In {t} you can visit the {publicplace} and the {publicplace}.
        The {weathernoun} in {t} is {often} strong in {season}.
        Many people of {t} work in the {building}.
        """)
    static let personFacts = Patterns(
        """
        {full} lives in {t}.
        {p} works as @ {work}.
        {p} is {age} years old.
        {his} favourite colour is {tint}.
        {p} has @ {petkept}.
        {he} likes to eat {meal}.
        {his} birthday is in {birth}.
        In {his} free time {he} is interested in {hobby}.
        People say that {p} is {trait} and {trait}.
        {p} {often} {vmove.es} to the {building} in the {daytime}.
        """)
    private static let animalNotes = Patterns(
        """
        {A.s} live {home}.
        The {A} {sound}.
        {A.s} eat {feed}.
        @ {A} has {legs} legs.
        The {A} is @ {trait} animal.
        Young {A.s} stay near their mother for {few} weeks.
        In {season} {A.s} are {often} seen near the {nature}.
        People have told stories about {A.s} for a long time.
        """)
    private static let weatherNotes = Patterns(
        """
        (Today|Tomorrow) it will be {weatheradj} in {region}.
        In {t} there will be {weathernoun} in the {daytime}.
        The temperature will (rise|fall) to {degrees} degrees.
        The wind comes from the (north|south|east|west).
        People near the {nature} should take @ {clothing} with them.
        At the weekend it will be {weatheradj} and {weatheradj}.
        The {vehicle} to {town} may be late because of the {weathernoun}.
        The {daytime} stays {weatheradj}, later it gets {weatheradj}.
        """)
    private static let news = Patterns(
        """
        The {building} in {t} opened again {pasttime}.
        {few} {job.s} from {t} {vmake.ed} @ {size} {item} for the {event}.
        @ {animal} ran through the {building} and nobody was hurt.
        The mayor of {t} {vsay.ed} that the {publicplace} needs a new roof.
        The {event} in {t} was visited by {few} hundred people.
        @ {trait} {job} found @ {quality} {keepsake} near the {nature}.
        The {vehicle} from {t} to {town} will leave at {clock} from now on.
        Children of the school {vmake.ed} {item.s} out of {material}.
        The team of {t} won the {game} match against {town}.
        The price of {food.s} went (up|down) last {month}.
        """)
    private static let recipeSteps = Patterns(
        """
        {vwork.cap} the {in1} and the {in2}.
        Put the {in1} into @ {size} pot.
        Add the {in2} and some salt.
        Stir it {manner} for {few} minutes.
        Pour in a cup of {drink}.
        Let it rest until it is {weatheradj}.
        Bake it for {few} minutes in the oven.
        Serve it warm with {in3}.
        """)
    private static let definitions = Patterns(
        """
        @ {thing} is @ {kind}.
        You use @ {thing} to {use}.
        You can find @ {thing} in many {building.s}.
        A good {thing} is {quality} and {quality}.
        Some {thing.s} are made of {material}, others of {material}.
        The oldest {thing} of {town} is in the museum.
        If you want to {use}, take @ {thing}.
        """)

    mutating func note() -> String {
        known["degrees"] = String(random.int(-5...32))
        known["clock"] = String(random.int(5...22)) + ":" + random.pick(["00", "15", "30", "45"])
        switch random.below(7) {
        case 0:
            let town = random.pick(World.towns)
            bind(town)
            return "\(town.name)\n" + sentences(Self.townFacts, random.int(4...8), ordered: true)
        case 1:
            bind(random.pick(World.residents))
            return sentences(Self.personFacts, random.int(4...8), ordered: true)
        case 2:
            let animal = random.pick(Facts.animals)
            known["A"] = animal.name
            known["sound"] = animal.sound
            known["feed"] = animal.food
            known["home"] = animal.home
            known["legs"] = String(animal.legs)
            return sentences(Self.animalNotes, random.int(3...6), ordered: true)
        case 3:
            bind(random.pick(World.towns))
            return "Weather for \(known["region"] ?? "")\n"
                + sentences(Self.weatherNotes, random.int(3...5), ordered: true)
        case 4:
            bind(random.pick(World.towns))
            return "News from \(known["t"] ?? "")\n" + sentences(Self.news, random.int(2...4))
        case 5:
            known["in1"] = word("vegetable")
            known["in2"] = word("fruit")
            known["in3"] = word("sweet")
            let steps = random.sample(Array(Self.recipeSteps.all.indices), random.int(4...6)).sorted()
            let lines = steps.enumerated().map { number, step in
                "\(number + 1). " + prose(Patterns(all: [Self.recipeSteps.all[step]]))
            }
            return prose("{in1.cap} {dish} with {in2}") + "\n" + lines.joined(separator: "\n")
        default:
            let thing = random.pick(Facts.uses)
            known["thing"] = thing.thing
            known["kind"] = thing.kind
            known["use"] = thing.use
            return sentences(Self.definitions, random.int(3...5), ordered: true)
        }
    }

    private static let letterBody = Patterns(
        """
        How are you? I am {mood}, and the weather is {weatheradj}.
        {pasttime} I {vmove.ed} to the {place} with my {kin}.
        We {vhandle.ed} @ {quality} {item} and ate {food}.
        My {kin} is learning to play the {instrument}.
        At school we are learning {subject}, which is (easy|hard|fun).
        I {vthink.ed} that the {event} was {quality}.
        Our {pet} is {trait} and {often} {vanimal.es} in the {room}.
        Thank you for the {quality} {keepsake} you sent me.
        Could you lend me your {tool}? Mine is broken.
        Next {weekday} we are going to {town} by {vehicle}.
        I bought {few} {fruit.s} and {few} {vegetable.s} at the market.
        Do you remember the {trait} {job} from the {building}?
        I have been reading a book about {topic}.
        Please tell your {kin} that I am {mood} about the {abstract}.
        I {vtalk.ed} with the {job} for {few} hours.
        There were {insect.s} all over the {flower.s} in our garden.
        """)

    mutating func letter() -> String {
        let place = word("town")
        switch random.below(3) {
        case 0:
            return prose("Dear {name},") + "\n" + sentences(Self.letterBody, random.int(3...6)) + "\n"
                + prose("(Yours|Love|Best wishes|See you soon), {name}")
        case 1:
            return prose("{weekday}, {month} ") + String(random.int(1...30)) + "\n"
                + sentences(Self.letterBody, random.int(2...4)) + " "
                + prose("(Good night.|More tomorrow.|I am {mood}.)")
        default:
            return "Postcard from \(place)\n" + sentences(Self.letterBody, random.int(2...3))
                + prose(" Greetings, {name}")
        }
    }

    mutating func factList() -> String {
        switch random.below(4) {
        case 0:
            return random.sample(Facts.general, 3).map { "\($0.question) \($0.answer)" }.joined(separator: "\n")
        case 1:
            return random.sample(Facts.opposites, 4).map { "The opposite of \($0.0) is \($0.1)." }.joined(
                separator: " ")
        case 2:
            let list = random.pick([
                "fruit", "vegetable", "tool", "bird", "tree", "flower", "clothing", "instrument", "job",
            ])
            let lead = Morphology.capitalized(Morphology.plural(list == "clothing" ? "piece of clothing" : list))
            return lead + ":\n" + words(list, random.int(4...7)).map { "- " + $0 }.joined(separator: "\n")
        default:
            return (0..<random.int(3...5)).map { _ in
                let (a, b) = (random.int(0...50), random.int(0...50))
                return "\(a) + \(b) = \(a + b)"
            }.joined(separator: "\n")
        }
    }
}
