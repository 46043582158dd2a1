import Testing

@testable import SampleMaker

@Suite struct GrammarTests {
    private func scene() -> Scene { Scene(RandomSource(seed: 1)) }

    @Test func articlesAgreeWithTheNextWord() {
        var scene = scene()
        #expect(
            scene.prose("@ apple and @ pear, @ hour and @ uniform.") == "An apple and a pear, an hour and a uniform.")
    }

    @Test func namedSlotsRepeatTheirWord() {
        var scene = scene()
        let words = scene.phrase("{animal:a} {a} {a.s}").split(separator: " ")
        #expect(words.count >= 3 && words[0] == words[words.count / 3])
    }

    @Test func sentencesBeginWithACapital() {
        var scene = scene()
        #expect(scene.prose("one here. two there! three?") == "One here. Two there! Three?")
    }

    @Test func oneOfTheAlternativesIsChosen() {
        var scene = scene()
        let drawn = Set((0..<50).map { _ in scene.phrase("(a|b(c|d))") })
        #expect(drawn == ["a", "bc", "bd"])
    }

    @Test(arguments: [
        ("berry", "berries"), ("box", "boxes"), ("knife", "knives"), ("sheep", "sheep"), ("guinea pig", "guinea pigs"),
        ("day", "days"),
    ])
    func pluralsAreFormed(noun: String, plural: String) {
        #expect(Morphology.plural(noun) == plural)
    }

    @Test(arguments: [
        ("walk", "walked"), ("stop", "stopped"), ("carry", "carried"), ("go", "went"), ("dance", "danced"),
        ("begin", "began"), ("admit", "admitted"), ("play", "played"),
    ])
    func pastsAreFormed(verb: String, past: String) {
        #expect(Morphology.past(verb) == past)
    }

    @Test func comparativesAreFormed() {
        #expect(Morphology.comparative("big", "er") == "bigger")
        #expect(Morphology.comparative("heavy", "est") == "heaviest")
        #expect(Morphology.comparative("enormous", "er") == "more enormous")
    }

    @Test func theWorldIsFixed() {
        #expect(World.towns.count == 30)
        #expect(Set(World.towns.map(\.name)).count == 30)
        #expect(World.towns[0].region == World.regions[0] && World.capital(of: 0) == World.towns[0].name)
        #expect(Set(World.residents.map(\.fullName)).count > 70)
    }
}
