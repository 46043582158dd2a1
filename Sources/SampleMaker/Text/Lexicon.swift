/// Word lists of the sample language. `_` stands for a space inside an entry.
enum Lexicon {
    static let lists: [String: [String]] = {
        var lists = nounLists.merging(verbLists) { first, _ in first }
        lists.merge(qualityLists) { first, _ in first }
        for (list, words) in rarer {
            lists[list] = (lists[list] ?? []) + words.filter { !(lists[list] ?? []).contains($0) }
        }
        lists["name"] = (lists["girl"] ?? []) + (lists["boy"] ?? [])
        lists["animal"] = ["farmanimal", "wildanimal", "bird", "pet"].flatMap { lists[$0] ?? [] }
        lists["food"] = ["fruit", "vegetable", "dish", "sweet"].flatMap { lists[$0] ?? [] }
        lists["item"] = ["tool", "toy", "household", "clothing", "keepsake"].flatMap { lists[$0] ?? [] }
        lists["building"] = ["shop", "publicplace"].flatMap { lists[$0] ?? [] }
        lists["place"] = ["building", "nature"].flatMap { lists[$0] ?? [] }
        lists["mood"] = ["gladmood", "sadmood", "angrymood", "scaredmood", "calmmood"].flatMap { lists[$0] ?? [] }
        lists["town"] = World.towns.map(\.name)
        lists["surname"] = World.surnames
        return lists
    }()

    static func split(_ text: String) -> [String] {
        text.split(whereSeparator: \.isWhitespace).map { String($0).replacing("_", with: " ") }
    }

    private static let nounLists: [String: [String]] = [
        "girl": split(
            """
            Anna Mia Lena Clara Rosa Ivy Nora Ella Zoe Maya Ruth Alice Greta Hanna Ines Julia Kira Laura Mona Nina
            Olga Petra Rita Sara Tessa Ursula Vera Wanda Yara Amina Bella Carmen Dina Edith Fiona Gloria Helen Irma
            Jana Karin Lucy Martha Naomi Olive Paula Ramona Sofia Tilda Violet Wilma Daisy Esther Flora Hazel Jade
            Leila Mabel Pearl Robin Selma Thea Una Vicky
            """),
        "boy": split(
            """
            Ben Tom Max Leo Sam Paul Erik Hugo Oscar Adam Felix Jonas Karl Liam Milo Noah Otto Peter Quinn Ralf Simon
            Theo Ugo Victor Walter Yusuf Aaron Bruno Cyril David Emil Frank Gus Henry Ivan Jack Kurt Louis Marco Nils
            Omar Pablo Ricky Stefan Tobias Uwe Vince Wim Xaver Arthur Basil Conrad Dario Elias Fred George Harvey Igor
            Jasper Kenny Luca Martin Ned
            """),
        "job": split(
            """
            baker teacher nurse farmer sailor painter carpenter gardener doctor driver cook waiter pilot tailor singer
            dancer writer actor judge lawyer plumber builder librarian musician scientist engineer fisherman shepherd
            postman firefighter potter weaver clockmaker beekeeper dentist vet mechanic electrician photographer
            journalist programmer designer banker cashier clerk guard ranger miner blacksmith shoemaker barber butcher
            florist jeweller translator reporter explorer inventor glassblower lighthouse_keeper bus_driver shopkeeper
            """),
        "kin": split(
            "mother father sister brother aunt uncle cousin grandmother grandfather neighbour friend classmate"),
        "farmanimal": split("cow horse sheep goat pig donkey hen duck goose rooster calf lamb pony mule ox"),
        "wildanimal": split(
            """
            fox wolf bear deer hare squirrel badger hedgehog mole otter beaver lion tiger elephant giraffe zebra monkey
            kangaroo camel rhino hippo panther leopard seal whale dolphin frog toad lizard snake turtle crocodile bat
            """),
        "bird": split(
            """
            owl eagle robin_bird sparrow crow raven swan heron stork pigeon dove magpie woodpecker parrot penguin
            flamingo peacock seagull falcon hawk swallow lark finch
            """
        ).map { $0 == "robin bird" ? "blackbird" : $0 },
        "pet": split("dog cat rabbit hamster goldfish canary tortoise kitten puppy mouse guinea_pig budgie"),
        "insect": split(
            "bee ant butterfly beetle moth spider ladybird grasshopper cricket dragonfly wasp fly worm snail"),
        "fruit": split(
            """
            apple pear plum cherry peach apricot banana orange lemon lime grape melon strawberry raspberry blueberry
            blackberry fig mango pineapple kiwi coconut grapefruit currant
            """),
        "vegetable": split(
            """
            carrot potato onion cabbage lettuce tomato cucumber pepper bean pea leek radish turnip beetroot spinach
            pumpkin celery mushroom cauliflower broccoli garlic aubergine parsnip
            """),
        "dish": split(
            """
            soup stew pancake sandwich omelette salad pie pizza noodle rice_pudding dumpling roast porridge curry
            casserole lasagne risotto toast burger sausage meatball fish_cake
            """),
        "sweet": split(
            "cake biscuit muffin tart chocolate waffle doughnut jelly ice_cream honey jam pudding toffee caramel"),
        "drink": split(
            "tea coffee milk water lemonade cocoa cider apple_juice orange_juice mint_tea ginger_beer soup_broth"),
        "tool": split(
            """
            hammer saw drill ladder shovel spade rake axe chisel screwdriver wrench rope bucket brush needle scissors
            wheelbarrow paintbrush hose crowbar pliers file tape_measure torch
            """),
        "toy": split(
            "ball kite doll puzzle drum marble balloon teddy train_set yo-yo whistle board_game skateboard sledge"),
        "household": split(
            """
            chair table sofa cupboard shelf mirror carpet curtain pillow blanket candle clock vase basket kettle pan pot
            plate bowl cup mug spoon fork knife bottle jar teapot broom mop bin drawer stool bench bed wardrobe
            """),
        "clothing": split(
            """
            coat hat scarf glove shirt jumper dress skirt sock shoe boot belt cap jacket apron shawl sandal slipper
            raincoat waistcoat blouse cardigan
            """),
        "keepsake": split(
            """
            book letter map key coin ring necklace notebook diary postcard photo picture stamp shell feather compass
            watch bell lantern box ticket umbrella suitcase backpack purse wallet bracelet badge medal flag
            """),
        "device": split(
            """
            phone laptop printer tablet camera radio speaker router keyboard monitor scanner headset charger projector
            thermostat doorbell vacuum toaster blender fridge oven dishwasher heater fan lamp kettle scale shaver
            """),
        "product": split("lamp kettle speaker router camera printer heater tablet"),
        "vehicle": split(
            """
            car bus train tram bicycle lorry van boat ship ferry canoe plane helicopter tractor motorbike scooter
            carriage cart wagon rowing_boat balloon taxi ambulance
            """),
        "instrument": split(
            "piano violin guitar flute drum trumpet harp cello clarinet accordion banjo trombone organ saxophone"),
        "game": split(
            "chess football tennis cards hide-and-seek basketball volleyball badminton marbles hockey handball"),
        "subject": split(
            "maths history geography music art science biology chemistry physics spelling reading grammar sport drama"),
        "tree": split("oak birch willow pine maple beech ash chestnut elm poplar cedar larch hazel fir lime"),
        "flower": split(
            "rose tulip daisy lily poppy violet sunflower daffodil iris orchid carnation bluebell primrose"),
        "material": split(
            "wood stone glass iron silver gold copper paper cotton wool leather clay rubber plastic silk brick steel wax"
        ),
        "shop": split(
            """
            bakery bookshop market pharmacy butcher's_shop flower_shop toy_shop shoe_shop grocery café restaurant
            hardware_shop hairdresser workshop pottery
            """
        ).map { $0.replacing("é", with: "e") },
        "publicplace": split(
            """
            school library museum hospital station harbour town_hall theatre cinema park playground swimming_pool
            post_office bank church market_square bus_stop zoo stadium farm castle lighthouse mill bridge airport
            """),
        "nature": split(
            """
            forest river lake hill mountain valley meadow beach island field garden pond cave waterfall stream desert
            marsh cliff orchard vineyard path
            """),
        "room": split("kitchen bathroom bedroom attic cellar hall living_room garage porch study balcony classroom"),
        "bodypart": split("hand foot arm leg head nose ear eye knee elbow shoulder finger toe back neck chin cheek"),
        "event": split(
            """
            wedding birthday_party concert festival parade picnic market_day school_fair boat_race exhibition
            football_match reading_evening harvest_feast dance lecture auction rehearsal
            """),
        "weekday": split("Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
        "month": split("January February March April May June July August September October November December"),
        "season": split("spring summer autumn winter"),
        "colour": split(
            "red blue green yellow orange purple brown black white grey pink silver golden turquoise violet"),
        "abstract": split(
            """
            idea plan question answer secret story problem reason rule chance choice dream promise surprise mistake
            lesson habit hope memory wish riddle song rhyme joke task
            """),
        "weathernoun": split("rain snow wind fog storm thunder hail sunshine frost drizzle ice mist breeze"),
        "unit": split("metre kilometre gram kilo litre minute hour day week month year mile"),
    ]
}
