import OrderedJSON
import Testing

@testable import SampleMaker

@Suite struct CorpusTests {
    private static let sample: [Document] = (0..<3000).map { Corpus(seed: 5).document($0) }

    @Test func sameSeedGivesTheSameDocuments() {
        let again = (0..<200).map { Corpus(seed: 5).document($0) }
        #expect(Array(Self.sample.prefix(200)) == again)
    }

    @Test func anotherSeedGivesOtherDocuments() {
        let others = (0..<200).map { Corpus(seed: 6).document($0) }
        let equal = zip(Self.sample, others).count { $0 == $1 }
        #expect(equal < 10)
    }

    @Test func aDocumentDoesNotDependOnTheOnesBeforeIt() {
        #expect(Corpus(seed: 5).document(1234) == Self.sample[1234])
    }

    @Test func moreThanThreeThousandWordsOccur() {
        var words: Set<Substring> = []
        for document in Self.sample {
            for word in document.plain.lowercased().split(whereSeparator: { !$0.isLetter }) { words.insert(word) }
        }
        #expect(words.count > 3000)
    }

    @Test func mostDocumentsAreConversations() {
        let chats = Self.sample.count { if case .chat = $0 { true } else { false } }
        #expect((0.7...0.9).contains(Double(chats) / Double(Self.sample.count)))
    }

    @Test func theTriageRecordNeverOccurs() {
        for document in Self.sample {
            for key in ["category", "priority", "action", "product"] {
                #expect(!document.plain.contains("\"\(key)\""))
            }
        }
    }

    @Test func noPatternIsLeftUnfilled() {
        for document in Self.sample {
            let text = document.plain
            #expect(!text.contains("{}") && !text.contains("@ ") && !text.contains("_ "), "\(text)")
            #expect(!text.isEmpty)
        }
    }

    @Test func chatsAlternateAfterTheSystemMessage() {
        for case .chat(let turns) in Self.sample {
            let spoken = turns.filter { $0.role != "system" }
            #expect(turns.count - spoken.count <= 1)
            for (index, turn) in spoken.enumerated() {
                #expect(turn.role == (index % 2 == 0 ? "user" : "assistant"))
                #expect(!turn.content.isEmpty)
            }
            #expect(spoken.last?.role == "assistant")
        }
    }

    @Test func rowsHoldWholeDocumentsUpToTheirLength() {
        let rows = Corpus(seed: 5).rows(documents: 300, length: 1400)
        #expect(rows.joined() == (0..<300).map { Self.sample[$0].rendered }.joined())
        let longest = Self.sample.map(\.rendered.utf8.count).max() ?? 0
        #expect(rows.allSatisfy { $0.utf8.count <= max(1400, longest) })
        #expect(rows.allSatisfy { $0.hasSuffix("<|end|>\n") || $0.hasSuffix("<|endoftext|>") })
    }
}
