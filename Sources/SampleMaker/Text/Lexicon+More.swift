extension Lexicon {
    /// Rarer words that join the lists of the same name.
    static let rarer: [String: [String]] = [
        "job": split(
            """
            astronomer optician roofer tiler upholsterer goldsmith bookbinder brewer cheesemaker cobbler diver
            falconer gatekeeper harpist innkeeper juggler locksmith midwife navigator organist puppeteer
            quarryman saddler stonemason surveyor trainer typist umpire usher vintner watchmaker woodcutter
            zookeeper
            """),
        "wildanimal": split(
            """
            lynx moose raccoon porcupine weasel chipmunk buffalo antelope gorilla cheetah jackal walrus newt
            toucan koala
            """),
        "bird": split(
            """
            thrush kingfisher cuckoo puffin pelican cormorant nightingale starling wren partridge pheasant quail
            """),
        "fruit": split(
            """
            nectarine papaya pomegranate tangerine cranberry gooseberry quince apricot elderberry mulberry
            """),
        "vegetable": split(
            """
            artichoke asparagus courgette fennel kale lentil turnip chard sprout shallot chive
            """),
        "dish": split(
            """
            goulash pasty quiche ravioli chowder kebab schnitzel fritter gratin paella ratatouille broth
            stir-fry
            """),
        "sweet": split(
            """
            meringue cupcake brownie nougat marzipan sorbet eclair crumble fudge gingerbread strudel trifle
            """),
        "tool": split(
            """
            anvil clamp trowel mallet sickle pitchfork plane sander tongs lever pulley funnel sieve ladle whisk
            skewer
            """),
        "toy": split(
            """
            rattle trumpet catapult hoop robot dollhouse top jigsaw rocking_horse toy_boat bucket_and_spade
            """),
        "household": split(
            """
            chandelier doormat dustpan footstool hammock headboard ironing_board lampshade napkin saucer
            tablecloth towel tray tumbler washbasin windowsill armchair bookcase candlestick cushion drainer jug
            kettle-holder
            """),
        "clothing": split(
            """
            anorak beret bonnet bow_tie cape cloak hoodie kimono mitten overcoat pullover sash tunic uniform
            vest
            """),
        "keepsake": split(
            """
            amulet brooch calendar certificate charm diploma dice envelope figurine hourglass locket magnet
            magnifying_glass monocle music_box pebble pendant poster puzzle_box scroll sketchbook souvenir
            telescope thimble trophy
            """),
        "device": split(
            """
            amplifier battery calculator dehumidifier drone grill hairdryer mixer modem microphone smoke_alarm
            """),
        "vehicle": split(
            """
            caravan gondola hovercraft jeep kayak limousine raft rickshaw sailboat submarine tandem trolley
            yacht
            """),
        "instrument": split(
            """
            bagpipe bassoon cymbal lute mandolin oboe recorder tambourine triangle ukulele xylophone zither
            """),
        "tree": split(
            """
            alder aspen cypress hawthorn hornbeam juniper magnolia rowan spruce sycamore walnut yew
            """),
        "flower": split(
            """
            anemone aster begonia buttercup camellia crocus dahlia foxglove geranium heather hyacinth jasmine
            lavender lilac marigold pansy peony petunia snowdrop thistle zinnia
            """),
        "material": split(
            """
            amber bamboo bronze cardboard ceramic concrete cork crystal denim felt flannel granite ivory jade
            lace linen marble pewter porcelain ribbon sandstone satin slate straw tin velvet willow
            """),
        "publicplace": split(
            """
            aquarium archive cathedral courthouse fountain gallery gymnasium monastery observatory opera palace
            planetarium courtyard university windmill town_gate
            """),
        "nature": split(
            """
            brook canyon cove dune fjord glacier glade grove gorge heath hillside jungle lagoon moor peninsula
            plateau prairie quarry ridge shore slope spring swamp thicket volcano wood
            """),
        "event": split(
            """
            anniversary audition banquet carnival celebration ceremony championship competition conference
            excursion fete funfair masquerade meeting pageant procession recital regatta reunion tournament
            workshop_day
            """),
        "abstract": split(
            """
            adventure advice agreement argument bargain custom danger decision discovery excuse experiment fear
            journey legend message mystery opinion order_of_things proverb quarrel rumour success talent
            tradition truth victory
            """),
        "vmove": split(
            """
            amble bounce canter creep dart dawdle edge flee gallop glide hobble journey limp lumber pace parade
            plod prowl roam saunter scamper scramble scurry shuffle skate slip sprint stride strut trudge waddle
            wade
            """),
        "vhandle": split(
            """
            adjust arrange balance bend bury cover discover display empty fasten fetch fill gather grip guard
            hand_over heave inspect inherit knock_over loosen notice observe order photograph pick_up place
            present protect raise recognise remove rescue return reveal save search_for seize select share smell
            squeeze store study support swap tighten trade treasure twist uncover unfold unlock unpack unwrap
            untie value wind_up
            """),
        "vmake": split(
            """
            assemble chisel compose construct create embroider engrave fashion forge mould plan print produce
            sculpt shape varnish
            """),
        "vsay": split(
            """
            agree boast comment confess cry exclaim groan grumble joke laugh mumble murmur observe plead recall
            remark reveal sigh state stammer sob
            """),
        "vsocial": split(
            """
            accompany advise amuse applaud assist beckon calm cheer congratulate console convince encourage
            entertain escort guide humour impress inspire interrupt nudge persuade pity question reassure
            recognise rescue respect reward salute scold serve shelter trust understand
            """),
        "vwork": split(
            """
            blend bottle butter carve crush dice drain flavour freeze garnish knead marinate mash mince pickle
            pluck salt season shell sieve simmer smoke soak spice sprinkle steam stuff sweeten toast toss whip
            """),
        "quality": split(
            """
            amazing antique battered bent bulky carved charming comfortable crumpled curious dainty decorated
            delicate dented dull dusky elastic engraved exotic faded fancy feathery fluffy foreign frayed
            glittering glossy graceful grand greasy handmade handy humble knitted magnificent marvellous mended
            miniature mossy muddy mysterious neat odd ornate painted patched perfect plump pointed polished
            pretty remarkable rusty scratched shabby shimmering silky simple sleek slippery sparkling splendid
            spotless sticky stunning sturdy tangled tattered torn transparent unusual velvety wobbly worn
            """),
        "trait": split(
            """
            absent-minded adventurous ambitious bashful bold calm caring charming considerate cunning daring
            dependable diligent easy-going energetic fair faithful fearless forgetful frank fussy greedy grumpy
            hard-working hearty humble imaginative impatient inventive jolly lively merry mischievous moody
            obedient observant optimistic playful practical quick-witted reliable reserved sensible sensitive
            sincere sociable stern talkative thoughtful thrifty timid tireless truthful unselfish vain
            warm-hearted witty
            """),
        "manner": split(
            """
            absently anxiously awkwardly beautifully boldly briskly busily cautiously cleverly courageously
            curiously delightedly eagerly easily elegantly faithfully fearlessly fondly furiously generously
            gladly gloomily gratefully greedily hastily heartily helplessly hopefully hungrily impatiently
            innocently jealously joyfully lazily merrily mysteriously obediently playfully promptly quaintly
            reluctantly restlessly rudely shyly skilfully sleepily smoothly solemnly stubbornly sweetly swiftly
            tenderly timidly tiredly truthfully warily wearily wisely
            """),
        "sound": split(
            """
            bleep chime clang clatter gurgle hiss jingle murmur ping plop rumble sizzle slam snap swish thump
            tinkle whirr
            """),
        "gladmood": split(
            """
            amused blissful elated jolly merry radiant satisfied
            """),
        "sadmood": split(
            """
            downcast dejected sorrowful wistful downhearted
            """),
        "angrymood": split(
            """
            enraged grumpy indignant livid
            """),
        "scaredmood": split(
            """
            fearful panicky petrified startled
            """),
        "topic": split(
            """
            astronomy baking chess climbing coins dancing dinosaurs fashion fossils geology hiking knitting
            magic maps mushrooms opera painting plants poetry pottery puzzles rivers sculpture sewing ships
            stars swimming theatre volcanoes wine
            """),
    ]
}
