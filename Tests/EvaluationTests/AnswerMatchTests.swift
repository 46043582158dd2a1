import Evaluation
import Testing

@Suite("Exact match")
struct AnswerMatchTests {
    @Test("white space around an answer plays no part, anything within it does")
    func whiteSpace() {
        #expect(AnswerMatch(answer: " yes\n", wanted: "yes").isExact)
        #expect(!AnswerMatch(answer: "y es", wanted: "yes").isExact)
        #expect(!AnswerMatch(answer: "Yes", wanted: "yes").isExact)
        #expect(AnswerMatch(answer: "\u{3000}はい", wanted: "はい\t").isExact)
    }

    @Test("texts that only look the same are not the same")
    func canonicalEquivalence() {
        #expect(!AnswerMatch(answer: "e\u{301}", wanted: "\u{E9}").isExact)
    }

    @Test("records are judged field by field, the order of keys aside")
    func fields() {
        let match = AnswerMatch(
            answer: #"{"priority":"high","category":"billing","order":null}"#,
            wanted: #"{"category":"billing","priority":"low","order":null}"#)
        #expect(!match.isExact)
        #expect(match.isJSON == true)
        #expect(match.fields.map(\.name) == ["category", "priority", "order"])
        #expect(match.fields.map(\.isRight) == [true, false, true])
    }

    @Test("an answer that is no record has every field wrong; one that leaves a field out has that one wrong")
    func brokenRecords() {
        let prose = AnswerMatch(answer: "It is about billing.", wanted: #"{"category":"billing"}"#)
        #expect(prose.isJSON == false)
        #expect(prose.fields.map(\.isRight) == [false])
        let cut = AnswerMatch(answer: #"{"category":"billing""#, wanted: #"{"category":"billing"}"#)
        #expect(cut.isJSON == false)
        let short = AnswerMatch(answer: #"{"a":1}"#, wanted: #"{"a":1,"b":null}"#)
        #expect(short.fields.map(\.isRight) == [true, false])
    }

    @Test("plain answers have no fields")
    func plain() {
        let match = AnswerMatch(answer: "[1]", wanted: "[1]")
        #expect(match.isExact && match.isJSON == nil && match.fields.isEmpty)
    }
}
