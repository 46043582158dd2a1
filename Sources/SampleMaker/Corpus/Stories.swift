extension Scene {
    /// Puts a person on the stage as `key`, with pronouns `<prefix>he`, `<prefix>his`, `<prefix>him`.
    mutating func cast(_ key: String, prefix: String, besides other: String? = nil) {
        let isWoman = random.chance(0.5)
        var name = word(isWoman ? "girl" : "boy")
        while name == other { name = word(isWoman ? "girl" : "boy") }
        known[key] = name
        known[prefix + "he"] = isWoman ? "she" : "he"
        known[prefix + "his"] = isWoman ? "her" : "his"
        known[prefix + "him"] = isWoman ? "her" : "him"
    }

    mutating func castStory() {
        cast("hero", prefix: "")
        cast("friend", prefix: "f", besides: known["hero"])
        for (key, list) in [
            ("thing", "item"), ("spot", "place"), ("creature", "animal"), ("work", "job"), ("home", "town"),
            ("how", "trait"), ("kinfolk", "kin"), ("meal", "food"), ("looks", "quality"), ("tint", "colour"),
        ] {
            known[key] = word(list)
        }
    }

    mutating func story() -> String {
        castStory()
        let kind = random.pick(StoryKind.all)
        var parts = [prose(kind.openings)]
        if random.chance(0.7) { parts.append(prose(StoryKind.settings)) }
        parts.append(prose(kind.troubles))
        if random.chance(0.6) { parts.append(prose(StoryKind.reactions)) }
        for _ in 0..<random.int(1...2) { parts.append(prose(kind.attempts)) }
        if random.chance(0.6) { parts.append(prose(StoryKind.speech)) }
        parts.append(prose(kind.solutions))
        parts.append(prose(StoryKind.endings))
        var text = parts.joined(separator: " ")
        if random.chance(0.3) { text = prose(StoryKind.titles) + "\n" + text }
        return text
    }
}

struct StoryKind: Sendable {
    let openings, troubles, attempts, solutions: Patterns

    static let titles = Patterns(
        """
        {hero} and the {thing}
        The {looks} {thing}
        {hero} and {friend} at the {spot}
        The {creature} of {home}
        A {weatheradj} day in {home}
        The {how} {work}
        {hero} learns a lesson
        The {tint} {thing}
        """)
    static let settings = Patterns(
        """
        It was @ {weatheradj} {daytime} in {season}.
        The {weathernoun} had (stopped|begun|kept on) since {daytime}.
        {he} lived in @ {size} house near the {spot}.
        The {flower.s} were in flower and the {bird.s} were singing.
        {his} {room} was full of {item.s} and {item.s}.
        The {tree.s} beside the {spot} were (bare|green|golden|white with frost).
        There was a smell of {food} in the air.
        Far away @ {sound} could be heard.
        {home} was quiet, and only @ {animal} was awake.
        The (sky|sun|moon) was {colour} over the {nature}.
        People in {home} were talking about the {event}.
        It was the {daytime} before the {event}.
        {his} {kin} was in the {room} and {vwork.ed} the {food.s}.
        """)
    static let reactions = Patterns(
        """
        {hero} was very {sadmood}.
        {hero} felt {scaredmood}, but {he} stayed {calmmood}.
        At first {he} was {angrymood}, then only {sadmood}.
        "Oh no," {vsay.ed} {hero} {manner}.
        {he} did not know what to do.
        {his} {bodypart} began to hurt.
        {he} {vrest.ed} and {vrest.ed} for a while.
        "What a {weatheradj} day," {he} {vsay.ed}.
        {he} {vthink.ed} that it could not get worse.
        {he} had never been so {mood} before.
        {hero} took a deep breath and {vthink.ed} of {his} {kin}.
        """)
    static let speech = Patterns(
        """
        "You are very {trait}," {vsay.ed} {friend}.
        "We can do it together," {friend} {vsay.ed} {manner}.
        "Do not give up," {vsay.ed} the {work}. "Every {abstract} needs time."
        "I have @ {abstract}," {vsay.ed} {hero}. "Let us go to the {place}."
        "Look at the {nature}," {vsay.ed} {friend}. "There is @ {quality} {item}."
        "Is this your {thing}?" asked {friend}. "Yes, it is mine," {vsay.ed} {hero}.
        "Why are you so {mood}?" {friend} asked. "It is because of the {thing}," {he} answered.
        "May I help?" asked @ {trait} {job}. {hero} nodded {manner}.
        "First we {vhandle} the {item}, then we {vhandle} the {item}," {friend} explained.
        "My {kin} once had the same {abstract}," {vsay.ed} {friend}.
        "It is only @ {animal}," {friend} laughed.
        """)
    static let endings = Patterns(
        """
        In the end everyone was {gladmood}.
        From that day on, {hero} and {friend} were good friends.
        {hero} went home {manner} and slept well.
        That {daytime} they ate {food} and drank {drink} together.
        {he} never forgot that day.
        {hero} learned that it is good to be {trait}.
        "What a day," {vsay.ed} {hero}, and {friend} laughed.
        And so the {thing} stayed in {home}.
        {his} {kin} was {gladmood} and made {drink} for all.
        After that, {he} {often} took the {thing} with {him}.
        The next {daytime} {he} told the whole story at the {building}.
        {friend} gave {him} @ {quality} {keepsake} to remember it.
        The people of {home} still tell this story.
        They {vrest.ed} under the {tree} until the sun went down.
        """)

    static let all: [StoryKind] = [
        StoryKind(
            openings: Patterns(
                """
                {hero} was @ {how} (child|girl|boy) from {home} who loved {his} {looks} {thing}.
                {pasttime}, {hero} took {his} {thing} to the {spot}.
                {hero} had @ {looks} {tint} {thing} from {his} {kinfolk}.
                Once there was @ {work} named {hero}, and {he} had only one {thing}.
                {hero} got @ {looks} {thing} for {his} birthday.
                Every {weekday}, {hero} {vmove.ed} to the {spot} with {his} {thing}.
                """),
            troubles: Patterns(
                """
                But when {he} came to the {spot}, the {thing} was gone.
                Then {he} dropped the {thing}, and it fell into the {nature}.
                @ {creature} took the {thing} and ran away with it.
                The wind blew the {thing} over the {nature}.
                {connector} {he} saw that the {thing} was broken.
                {he} put it down for a moment, and then it could not be found.
                On the way home {he} lost the {thing} near the {place}.
                """),
            attempts: Patterns(
                """
                {he} looked behind the {household}, under the {household} and in the {room}.
                {he} asked the {job}, but the {job} had not seen it.
                {he} {vmove.ed} to the {place} and back again.
                {friend} came by and {vsocial.ed} {him}.
                {hero} and {friend} {vmove.ed} along the {nature} and looked everywhere.
                They asked @ {animal}, but it only {vanimal.ed}.
                {he} wrote a note and hung it up at the {building}.
                {he} tried to {vhandle} it with @ {tool}.
                """),
            solutions: Patterns(
                """
                {connector} {friend} found the {thing} under @ {tree}.
                The {thing} was in the {room} all the time.
                @ {trait} {job} brought the {thing} back.
                At the {building} they had kept the {thing} for {him}.
                {friend} {vhandle.ed} the {thing}, and it was as good as new.
                The {creature} came back and laid the {thing} at {his} feet.
                They saw something {tint} in the {nature}: it was the {thing}!
                """)),
        StoryKind(
            openings: Patterns(
                """
                {hero} worked as @ {work} in {home}.
                In {home} there lived @ {how} {work} called {hero}.
                {hero}, the {work}, got up early {pasttime}.
                {hero} wanted to become @ {work}.
                Everyone in {home} knew {hero}, the {how} {work}.
                """),
            troubles: Patterns(
                """
                {pasttime}, @ {job} came and wanted {few} {item.s} by the {daytime}.
                One day all the {item.s} were sold, and nobody knew why.
                The {job} of the {building} said, "I need your help with @ {item}."
                There was too much work, and {hero} was {sadmood}.
                A letter came from {town}. It said that the {building} would close.
                The {event} was near, but nothing was ready.
                """),
            attempts: Patterns(
                """
                {he} {vmake.ed} @ {item} out of {material}.
                {he} {vwork.ed} the {food.s} and {vmake.ed} @ {dish}.
                {friend} {vhandle.ed} the {item.s}, and {hero} {vhandle.ed} the {item.s}.
                {he} worked from {daytime} to {daytime}.
                {he} read @ {quality} book about {topic}.
                {he} {vsocial.ed} {friend}, who knew a lot about {topic}.
                First the {tool} broke, then the {tool}.
                {he} {vmove.ed} to {town} by {vehicle} and bought {material}.
                """),
            solutions: Patterns(
                """
                {connector} the work was done, and it looked {quality}.
                The {job} {vsay.ed}, "This is the best {item} I have ever seen."
                All the people came to the {building} and {vsocial.ed} {hero}.
                With the help of {friend}, everything was ready in time.
                {hero} got {few} {keepsake.s} as thanks.
                So {he} became the best {work} in {home}.
                """)),
        StoryKind(
            openings: Patterns(
                """
                @ {size} {creature} lived near the {spot} of {home}.
                {pasttime}, {hero} saw @ {creature} at the {spot}.
                {hero} had @ {creature} that was {how} and {how}.
                Near {home} there was @ {nature} where @ {how} {creature} lived.
                {hero} and {his} {kinfolk} {vmove.ed} to the {spot} to see the {animal.s}.
                """),
            troubles: Patterns(
                """
                The {creature} was hungry and could not find any {food}.
                The {creature} had hurt its {bodypart}.
                The {creature} was {scaredmood} of the {weathernoun}.
                One day the {creature} ran away from the {building}.
                The {creature} could not {vplay} like the other {animal.s}.
                A storm came, and the {creature} lost its way.
                """),
            attempts: Patterns(
                """
                {hero} gave it some {food} and @ {household} of water.
                It {vanimal.ed} and {vanimal.ed}, but nothing helped.
                {hero} made a bed of {material} for it in the {room}.
                {friend} came with @ {tool} and @ {household}.
                They followed it through the {nature}.
                @ {trait} {animal} showed it the way to the {nature}.
                The vet looked at it and {vsay.ed}, "It needs {food} and rest."
                """),
            solutions: Patterns(
                """
                {connector} the {creature} was well again and {vanimal.ed} all day.
                The {creature} was not {scaredmood} any more.
                {hero} and the {creature} became friends.
                The {creature} found its way back to the {nature}.
                {connector} it learned to {vplay}, and all the {animal.s} watched.
                It stayed with {hero} and slept in the {room}.
                """)),
        StoryKind(
            openings: Patterns(
                """
                {hero} and {friend} were going to the {event} in {home}.
                {hero} planned a trip to {home} by {vehicle}.
                {pasttime}, {hero} and {his} {kinfolk} travelled to {home}.
                It was the first day of the holidays, and {hero} was {gladmood}.
                {friend} invited {hero} to the {event} at the {building}.
                """),
            troubles: Patterns(
                """
                But the {vehicle} was late, and the {weathernoun} began.
                On the way the {vehicle} broke down near the {nature}.
                They took the wrong {vehicle} and came to {town}.
                {hero} had left the {keepsake} at home.
                At the {building} there were no seats left.
                Halfway there, {friend} got {sadmood} and wanted to go back.
                """),
            attempts: Patterns(
                """
                They {vmove.ed} for {few} hours through the {nature}.
                They asked @ {job} for the way.
                {hero} {vhandle.ed} the map and {friend} {vhandle.ed} the {keepsake}.
                They waited at the {building} and ate {food}.
                {friend} told @ {quality} story about @ {animal}.
                They played {game} until the {daytime}.
                """),
            solutions: Patterns(
                """
                {connector} @ {job} took them along in @ {quality} {vehicle}.
                {connector} they reached {home} and saw the {event}.
                They came too late, but the {event} had only just begun.
                At the {building} they met {his} {kin}, who had kept {few} seats.
                There was {drink} and {food} for all, and {instrument} music.
                """)),
    ]
}
