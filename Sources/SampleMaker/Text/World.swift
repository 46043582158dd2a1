/// The invented world the sample text speaks of. Its facts never change, whatever the seed.
enum World {
    struct Town: Sendable {
        let name, region, river, product, animal, colour, founder: String
        let people, founded, hours: Int
    }

    struct Resident: Sendable {
        let name, surname, town, job, pet, food, colour, hobby, month: String
        let age: Int
        let isWoman: Bool
        var fullName: String { name + " " + surname }
        var he: String { isWoman ? "she" : "he" }
        var his: String { isWoman ? "her" : "his" }
    }

    static let surnames = Lexicon.split(
        """
        Ashford Bellamy Carrow Denholm Eastley Farrow Garland Holt Ingram Jessop Kellaway Larkin Marlow Norcross Oakley
        Penrose Quill Redmond Sallow Thorne Underhill Vance Westby Yardley Brandt Castell Dorn Elmsley Fenwick Grale
        """)

    private static let townNames = Lexicon.split(
        """
        Arnvale Brindlemoor Corsby Dunhollow Elmeric Farrowby Glasten Harrowick Inglemere Jorvane Kestrelford Lindmoor
        Merrowdale Northwick Oldhaven Pellamy Quarrytown Rosmere Saltby Tarnbridge Ulverton Vellmouth Windlesea Yarrowfield
        Ambershaw Birchholt Copperhill Drumlow Eversand Foxley
        """)
    static let regions = ["Highmark", "the Lowlands", "Eastreach", "Silverdale", "the Coast"]
    private static let capitals = ["Arnvale", "Brindlemoor", "Corsby", "Dunhollow", "Elmeric"]
    private static let rivers = ["Asel", "Brenn", "Corra", "Dele", "Issel", "Lorn", "Mara", "Tave", "Wenna"]
    private static let products = Lexicon.split(
        "glass cheese clocks boats honey paper wool bricks apples salt violins lanterns pottery shoes bells carpets knives"
    )
    private static let flagAnimals = Lexicon.split("fox swan bear owl horse heron otter stag lion hare raven salmon")
    private static let flagColours = Lexicon.split("red blue green yellow white black purple silver")

    /// The first five towns are the capitals of the five regions.
    static let towns: [Town] = {
        var random = RandomSource(seed: 1871)
        return townNames.enumerated().map { index, name in
            Town(
                name: name, region: regions[index % regions.count], river: random.pick(rivers),
                product: products[index % products.count], animal: random.pick(flagAnimals),
                colour: random.pick(flagColours), founder: random.pick(surnames), people: random.int(2...95) * 1000,
                founded: random.int(1100...1890), hours: random.int(1...9))
        }
    }()

    static func capital(of region: Int) -> String {
        capitals[region]
    }

    static let residents: [Resident] = {
        var random = RandomSource(seed: 2049)
        let girls = Lexicon.lists["girl"] ?? []
        let boys = Lexicon.lists["boy"] ?? []
        return (0..<80).map { index in
            let isWoman = index % 2 == 0
            let names = isWoman ? girls : boys
            return Resident(
                name: names[(index / 2) % names.count], surname: random.pick(surnames), town: random.pick(towns).name,
                job: random.pick(Lexicon.lists["job"] ?? []), pet: random.pick(Lexicon.lists["pet"] ?? []),
                food: random.pick(Lexicon.lists["dish"] ?? []), colour: random.pick(Lexicon.lists["colour"] ?? []),
                hobby: random.pick(Lexicon.lists["topic"] ?? []), month: random.pick(Lexicon.lists["month"] ?? []),
                age: random.int(9...80), isWoman: isWoman)
        }
    }()
}
