extension Lexicon {
    static let verbLists: [String: [String]] = [
        "vmove": split(
            """
            walk run hurry stroll wander march skip jog climb crawl sneak dash rush travel ride drive cycle hike trot
            tiptoe stumble limp race head return
            """),
        "vhandle": split(
            """
            carry lift hold drop push pull throw catch clean polish wash fold hide find lose borrow lend break mend
            repair wrap open close shake weigh measure drag grab touch examine inspect pack paint label move turn
            admire choose buy sell bring take leave keep collect count draw show
            """),
        "vmake": split(
            """
            build paint draw carve bake cook knit sew stitch mend design sketch shape glue assemble weave mix decorate
            invent make prepare craft
            """),
        "vsay": split(
            "say answer reply whisper shout explain suggest announce mutter declare add promise admit repeat insist call"
        ),
        "vthink": split(
            """
            hope wonder think remember forget decide believe notice learn guess imagine realise understand know doubt
            suspect feel
            """),
        "vsocial": split(
            """
            help thank meet greet visit call invite teach follow hug trust admire miss comfort surprise welcome join
            praise tease warn remind watch forgive support
            """),
        "vrest": split(
            "sleep rest wait sit stand relax yawn dream breathe smile laugh cry sigh shiver nod blink wave sneeze"),
        "vplay": split("play sing dance whistle hum jump hop spin swing swim dive skate juggle read paint"),
        "vanimal": split("eat sleep hunt hide jump swim graze nest bark growl sniff scratch nibble chew drink hop dig"),
        "vwork": split(
            "plant water dig sweep scrub iron chop peel stir pour boil fry roast slice grate rinse dry stack sort"),
        "vtalk": split("talk chat argue agree whisper joke complain apologise debate gossip"),
        "vstart": split("begin start stop finish continue try"),
        "vtech": split(
            "install update restart connect charge reset configure download upload delete save copy print scan"),
    ]

    /// Two-syllable verbs stressed at the end, which double their last letter too.
    static let doubling: Set<String> = ["begin", "forget", "admit", "reset", "regret", "permit", "refer", "prefer"]

    static let irregularPasts: [String: String] = [
        "run": "ran", "ride": "rode", "drive": "drove", "hold": "held", "throw": "threw", "catch": "caught",
        "hide": "hid", "find": "found", "lose": "lost", "lend": "lent", "break": "broke", "shake": "shook",
        "choose": "chose", "buy": "bought", "sell": "sold", "bring": "brought", "take": "took", "leave": "left",
        "keep": "kept", "draw": "drew", "show": "showed", "build": "built", "sew": "sewed", "weave": "wove",
        "make": "made", "say": "said", "think": "thought", "forget": "forgot", "understand": "understood",
        "know": "knew", "feel": "felt", "meet": "met", "teach": "taught", "forgive": "forgave", "sleep": "slept",
        "sit": "sat", "stand": "stood", "sing": "sang", "spin": "spun", "swing": "swung", "swim": "swam",
        "read": "read", "eat": "ate", "drink": "drank", "dig": "dug", "sweep": "swept", "begin": "began",
        "reset": "reset", "go": "went", "come": "came", "see": "saw", "give": "gave", "get": "got", "have": "had",
        "be": "was", "do": "did", "tell": "told", "write": "wrote", "speak": "spoke", "hear": "heard", "fly": "flew",
        "fall": "fell", "grow": "grew", "blow": "blew", "send": "sent", "spend": "spent", "put": "put", "cut": "cut",
        "shut": "shut", "set": "set", "wear": "wore", "win": "won", "rise": "rose", "shine": "shone", "ring": "rang",
        "pay": "paid", "lay": "laid", "wake": "woke", "bite": "bit", "fight": "fought", "light": "lit", "dive": "dived",
        "steal": "stole", "tear": "tore", "freeze": "froze", "hit": "hit", "let": "let", "lead": "led", "hang": "hung",
        "creep": "crept", "flee": "fled", "stride": "strode", "bend": "bent", "wind": "wound",
    ]

    static let qualityLists: [String: [String]] = [
        "size": split("small big tiny large huge short tall long wide narrow thick thin heavy light enormous little"),
        "quality": split(
            """
            old new beautiful simple strange lovely plain fine strong weak clean dirty dusty shiny broken cheap precious
            useful rare famous ordinary wonderful ugly elegant smooth rough soft hard sharp round square flat crooked
            wooden colourful striped spotted empty full warm cold hollow solid modern ancient fragile sturdy
            """),
        "trait": split(
            """
            kind brave clever shy honest patient curious gentle lazy careful polite funny quiet loud stubborn generous
            friendly cheerful serious clumsy wise proud modest loyal helpful careless nervous confident creative strict
            """),
        "taste": split(
            "sweet sour salty bitter spicy fresh juicy crunchy creamy tasty delicious stale mild ripe tender"),
        "gladmood": split("happy glad delighted cheerful excited thrilled pleased joyful proud grateful overjoyed"),
        "sadmood": split("sad unhappy lonely miserable disappointed gloomy heartbroken tearful sorry hopeless"),
        "angrymood": split("angry furious annoyed cross irritated outraged upset bitter mad"),
        "scaredmood": split("afraid scared frightened nervous worried anxious terrified uneasy alarmed"),
        "calmmood": split("calm relaxed peaceful content sleepy comfortable quiet patient"),
        "weatheradj": split(
            "sunny rainy windy cloudy foggy stormy snowy icy warm cold mild hot cool wet dry frosty misty grey"),
        "manner": split(
            """
            slowly quickly quietly loudly carefully gently happily sadly eagerly calmly proudly bravely politely
            patiently suddenly nervously silently cheerfully softly firmly warmly secretly neatly clumsily gracefully
            kindly seriously lazily thoughtfully quite_alone without_a_word at_once with_a_smile in_a_hurry
            """),
        "often": split("always often usually sometimes rarely never seldom nearly_always now_and_then"),
        "daytime": split("morning afternoon evening night noon dawn dusk midnight"),
        "pasttime": split(
            """
            one_morning one_evening yesterday last_week last_summer last_winter that_afternoon the_next_day long_ago
            a_few_days_later on_Monday on_Friday on_Sunday in_spring in_autumn before_breakfast after_lunch after_school
            at_noon early_in_the_morning late_at_night during_the_holidays on_a_rainy_day on_market_day two_weeks_ago
            """),
        "numberword": split(
            """
            one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
            eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
            """),
        "few": split("two three four five six seven eight nine ten twelve several"),
        "connector": split(
            "then after_that soon a_little_later in_the_end at_last suddenly meanwhile before_long luckily"),
        "sound": split("bang crash whisper hum squeak rustle splash knock creak bell thud roar rattle click echo buzz"),
        "topic": split(
            """
            sport music food weather travel school animals work gardening cooking painting reading fishing cycling
            sailing football photography history trains birds
            """),
    ]
}
