/// Common knowledge and word knowledge that the sample text comes back to.
enum Facts {
    /// thing | kind | what it is for.
    static let uses: [(thing: String, kind: String, use: String)] = table(
        """
        kettle|household thing|boil water
        hammer|tool|drive nails into wood
        saw|tool|cut wood
        ladder|tool|reach high places
        shovel|tool|dig holes
        broom|household thing|sweep the floor
        umbrella|thing to carry|stay dry in the rain
        clock|household thing|tell the time
        compass|instrument|find the way
        lamp|device|light a room
        candle|household thing|give a little light
        needle|tool|sew clothes
        scissors|tool|cut paper and cloth
        camera|device|take photos
        printer|device|put text on paper
        router|device|connect a house to the internet
        speaker|device|play music
        heater|device|warm a room
        tablet|device|read, write and watch films
        phone|device|talk to people far away
        fridge|device|keep food cold
        oven|device|bake bread and cakes
        telescope|instrument|look at the stars
        microscope|instrument|look at very small things
        thermometer|instrument|measure how warm it is
        scale|device|weigh things
        bicycle|vehicle|ride on two wheels
        boat|vehicle|cross the water
        tractor|vehicle|pull a plough over the field
        ambulance|vehicle|bring sick people to hospital
        pillow|household thing|rest your head
        mirror|household thing|see yourself
        key|small thing|open a lock
        map|thing to carry|find a place
        pen|small thing|write on paper
        rubber|small thing|remove pencil marks
        spoon|household thing|eat soup
        knife|household thing|cut bread
        bucket|tool|carry water
        rope|tool|tie things together
        anchor|part of a ship|hold a ship in place
        sail|part of a ship|catch the wind
        bell|instrument|call people
        whistle|small thing|make a loud sound
        torch|tool|see in the dark
        blanket|household thing|keep warm at night
        basket|household thing|carry shopping
        wallet|small thing|keep money and cards
        stamp|small thing|send a letter
        calendar|household thing|know the date
        dictionary|book|look up words
        library|building|borrow books
        hospital|building|make sick people well
        bakery|shop|buy bread
        pharmacy|shop|buy medicine
        station|building|catch a train
        harbour|place|keep ships safe
        mill|building|make flour
        bridge|building|cross a river
        lighthouse|building|warn ships at night
        """
    ).map { ($0[0], $0[1], $0[2]) }

    /// animal | sound it makes | what it eats | where it lives | legs.
    static let animals: [(name: String, sound: String, food: String, home: String, legs: Int)] = table(
        """
        dog|barks|meat|in a house or a kennel|4
        cat|meows|fish and mice|in a house|4
        cow|moos|grass|in a field|4
        horse|neighs|grass and hay|in a stable|4
        sheep|bleats|grass|in a meadow|4
        pig|grunts|almost anything|in a sty|4
        hen|clucks|grain|in a henhouse|2
        duck|quacks|water plants|on a pond|2
        owl|hoots|mice|in a hollow tree|2
        lion|roars|meat|on the plain|4
        wolf|howls|meat|in the forest|4
        bee|buzzes|nectar|in a hive|6
        frog|croaks|insects|beside a pond|4
        mouse|squeaks|seeds and cheese|in a hole|4
        snake|hisses|small animals|in the grass|0
        elephant|trumpets|leaves and grass|in warm countries|4
        bear|growls|berries and fish|in a cave|4
        rabbit|thumps its feet|carrots and grass|in a burrow|4
        crow|caws|seeds and insects|in tall trees|2
        spider|makes no sound|flies|in a web|8
        whale|sings|tiny sea animals|in the ocean|0
        camel|groans|dry plants|in the desert|4
        penguin|calls|fish|on the ice|2
        squirrel|chatters|nuts|in a tree|4
        fox|yelps|mice and birds|in a den|4
        goat|bleats|leaves and grass|on the hills|4
        seal|barks|fish|on the coast|0
        giraffe|hums|leaves|on the plain|4
        """
    ).map { ($0[0], $0[1], $0[2], $0[3], Int($0[4]) ?? 4) }

    static let opposites: [(String, String)] = pairs(
        """
        hot cold big small tall short fast slow old young happy sad light dark hard soft high low early late near far
        open closed full empty wet dry clean dirty loud quiet rich poor strong weak thick thin wide narrow good bad
        right wrong first last day night up down in out left right push pull buy sell win lose begin end love hate
        remember forget answer question friend enemy summer winter morning evening true false easy difficult heavy light
        cheap expensive sweet sour sharp blunt deep shallow smooth rough brave cowardly polite rude asleep awake
        above below before after inside outside always never give take laugh cry arrive leave
        """)

    static let synonyms: [(String, String)] = pairs(
        """
        big large small little happy glad fast quick begin start end finish clever smart quiet silent beautiful pretty
        angry cross afraid scared strange odd rich wealthy tired sleepy shut close buy purchase speak talk look see
        choose pick gift present home house road street sick ill hard difficult kind nice correct right reply answer
        help assist jump leap shout yell cook chef ship boat stone rock forest wood rubbish waste brave bold
        """)

    static let colours: [(String, String)] = pairs(
        """
        grass green snow white coal black blood red lemons yellow milk white chocolate brown crows black carrots orange
        frogs green flour white tomatoes red bananas yellow plums purple strawberries red salt white peas green
        elephants grey ink blue cucumbers green rubies red emeralds green swans white mice grey bears brown
        """)

    static let general: [(question: String, answer: String)] = table(
        """
        How many days are in a week?|There are seven days in a week.
        How many months are in a year?|There are twelve months in a year.
        How many hours are in a day?|There are twenty-four hours in a day.
        How many minutes are in an hour?|There are sixty minutes in an hour.
        How many seconds are in a minute?|There are sixty seconds in a minute.
        How many sides does a triangle have?|A triangle has three sides.
        How many sides does a square have?|A square has four sides.
        What do bees make?|Bees make honey and wax.
        What do we breathe?|We breathe air.
        Where does the sun rise?|The sun rises in the east.
        Where does the sun set?|The sun sets in the west.
        What is ice made of?|Ice is frozen water.
        What is bread made of?|Bread is made of flour, water, salt and yeast.
        What is butter made from?|Butter is made from cream.
        What is paper made from?|Paper is made from wood.
        What is glass made from?|Glass is made from sand.
        What do plants need to grow?|Plants need light, water and air.
        Which animal is the largest of all?|The blue whale is the largest animal of all.
        Which land animal is the tallest?|The giraffe is the tallest land animal.
        What melts in the sun?|Snow and ice melt in the sun.
        What falls from the clouds?|Rain and snow fall from the clouds.
        What shines at night?|The moon and the stars shine at night.
        What colour is the sky on a clear day?|On a clear day the sky is blue.
        How many legs does a spider have?|A spider has eight legs.
        How many legs does an insect have?|An insect has six legs.
        How many letters are in the alphabet?|There are twenty-six letters in the alphabet.
        Which month has only twenty-eight days in most years?|In most years February has twenty-eight days.
        What comes after winter?|Spring comes after winter.
        What comes after summer?|Autumn comes after summer.
        At what temperature does water freeze?|Water freezes at zero degrees.
        At what temperature does water boil?|Water boils at one hundred degrees.
        What do we use to hear?|We hear with our ears.
        What do we use to see?|We see with our eyes.
        What do we use to smell?|We smell with our nose.
        What pumps blood through the body?|The heart pumps blood through the body.
        What does a caterpillar become?|A caterpillar becomes a butterfly.
        What does a tadpole become?|A tadpole becomes a frog.
        What is a young dog called?|A young dog is called a puppy.
        What is a young cat called?|A young cat is called a kitten.
        What is a young cow called?|A young cow is called a calf.
        What is a young sheep called?|A young sheep is called a lamb.
        What is a young horse called?|A young horse is called a foal.
        """
    ).map { ($0[0], $0[1]) }

    private static func table(_ text: String) -> [[String]] {
        text.split(separator: "\n").map { $0.split(separator: "|", omittingEmptySubsequences: false).map(\.trimmed) }
    }

    private static func pairs(_ text: String) -> [(String, String)] {
        let words = Lexicon.split(text)
        return stride(from: 0, to: words.count - 1, by: 2).map { (words[$0], words[$0 + 1]) }
    }
}
