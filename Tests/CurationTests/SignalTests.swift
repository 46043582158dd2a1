import OrderedJSON
import Testing

@testable import Curation
@testable import Datasets

@Suite struct SignalTests {
    private func kinds(_ text: String) -> [String] {
        let bytes = Array(text.utf8)
        return PersonalData.spans(in: text).map {
            "\($0.kind.rawValue)=\(String(decoding: bytes[$0.range], as: UTF8.self))"
        }
    }

    @Test(arguments: [
        ("Write to ann.lee+x@mail.example.org.", ["email=ann.lee+x@mail.example.org"]), ("a @ b, x@y, @name", []),
        ("Call +1 202 555 0149 now", ["phone=+1 202 555 0149"]), ("(030) 1234-5678", ["phone=(030) 1234-5678"]),
        ("202-555-0149", ["phone=202-555-0149"]), ("0049 30 123456", ["phone=0049 30 123456"]),
        ("Order 1234567890 of 2024-05-12 10:30", []), ("12/05/2024, 3.14159, 1,000,000", []),
        ("My card is 4242 4242 1236 1424.", ["card=4242 4242 1236 1424"]), ("4242 4242 1236 1425", []),
        ("host 192.168.10.20:80", ["ip=192.168.10.20"]), ("v1.2.3.4.5 and 127.0.0.1 and 300.1.1.1", []),
        ("key sk-abcdefghij0123456789XYZ!", ["key=sk-abcdefghij0123456789XYZ"]), ("skeleton sk-short", []),
        ("AKIAIOSFODNN7EXAMPLE", ["key=AKIAIOSFODNN7EXAMPLE"]),
        ("a@b.de and c@d.fr", ["email=a@b.de", "email=c@d.fr"]),
    ]) func personalDataIsFoundWithItsSpan(text: String, expected: [String]) {
        #expect(kinds(text) == expected)
    }

    @Test func maskingLeavesTheRestOfTheText() {
        #expect(PersonalData.masked("Ä: a@b.de, +49 30 1234567!") == "Ä: [email], [phone]!")
        #expect(PersonalData.masked("") == "")
    }

    @Test(arguments: [
        ("plain\ttext\r\n", 0), ("zero\u{200B}width", 1), ("\u{FEFF}bom", 1), ("a\u{202E}b\u{202C}", 2), ("c0\u{7}", 1),
        ("c1\u{85}", 1), ("tag\u{E0041}", 1), ("👨‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿", 0), ("x\u{200D}y", 1), ("می\u{200C}روم", 0),
        ("soft\u{AD}hyphen", 1),
    ]) func hiddenCharactersAreFound(text: String, count: Int) {
        #expect(HiddenCharacters.spans(in: text).count == count)
        #expect(HiddenCharacters.spans(in: HiddenCharacters.removed(from: text)).isEmpty)
    }

    @Test(arguments: [
        ("The parcel that you sent me is not here", Language.en), ("Ich habe die Rechnung nicht bekommen", .de),
        ("Depuis la mise à jour, l'application de l'enceinte se ferme", .fr),
        ("No puedo entrar en mi cuenta desde ayer", .es),
        ("Non riesco ad aprire la porta della mia casa", .it), ("Não consigo entrar na minha conta desde ontem", .pt),
        ("Ik heb het pakket niet ontvangen van de winkel", .nl), ("Где моя посылка сейчас", .ru), ("我的包裹在哪里呢", .zh),
        ("荷物はどこですか。教えてください", .ja), ("내 소포는 어디에 있나요", .ko), ("أين الطرد الخاص بي", .ar), ("SELECT 42", .unknown),
        ("", .unknown),
    ]) func languagesAreTold(text: String, language: Language) {
        #expect(LanguageGuess.language(of: text) == language)
    }

    private func flags(_ examples: [Example]) -> [[String]] {
        SignalScan.scan(examples).signals.map(\.labels)
    }

    @Test func duplicatesNameTheirTwin() {
        let long =
            "the quick brown fox jumps over the lazy dog near the river bank while the sun sets slowly behind the hills"
        let scan = SignalScan.scan([
            row(long, "Fine, thank you."), row("Another question entirely, about trains?", "No."),
            row(long.uppercased() + "!", "fine  thank you"), row(long + " today", "Fine, thank you."),
        ])
        #expect(scan.signals[2].duplicateOf == 0)
        #expect(scan.signals[3].nearDuplicateOf == 0)
        #expect(scan.signals[3].nearSimilarity >= 0.85 && scan.signals[3].nearSimilarity < 1)
        #expect(scan.signals[0].labels.isEmpty && scan.signals[1].labels.isEmpty)
    }

    @Test func longTextsThatShareMostOfTheirWordsAreNearDuplicates() {
        let words = (0..<400).map { "word\($0 * 7919 % 997)" }
        var other = words
        other[200] = "changed"
        let far = (0..<400).map { "word\($0 * 104_729 % 991)" }
        let texts = [words, other, far].map { Example(content: .text($0.joined(separator: " ")), line: 1) }
        let scan = SignalScan.scan(texts)
        #expect(scan.signals[1].nearDuplicateOf == 0)
        #expect(abs(scan.signals[1].nearSimilarity - 391.0 / 401.0) < 0.01)
        #expect(scan.signals[2].nearDuplicateOf == nil)
    }

    @Test func contradictionsAreToldFromFieldsThatFollowThePrompt() {
        let text =
            "hello there my order %@ has a dent in the speaker and i would like to exchange it for a new one please soon"
        func ask(_ order: String, _ label: String) -> Example {
            row(text.replacing("%@", with: order), "{\"label\": \"\(label)\", \"order\": \"\(order)\"}")
        }
        let scan = SignalScan.scan([ask("A1", "return"), ask("B2", "return"), ask("A1", "delivery")])
        #expect(scan.signals[0].conflictsWith == 2)
        #expect(scan.signals[2].conflictsWith != nil)
        #expect(!scan.signals[1].flags.contains(.nearDuplicate))
    }

    @Test func whatMostAnswersAreDecidesWhatIsOdd() {
        var rows = (0..<60).map { row("question number \($0) about thing \($0 * 31)", "{\"a\": \"x\", \"b\": \($0)}") }
        rows += [
            row("one more thing", "it is x"), row("two more things", "{\"b\": 1, \"a\": \"x\"}"),
            row("three more", "{\"a\": \"x\""),
            row("four more", ""), row("five more things", "{\"a\": \"zzz\", \"b\": 3}"),
        ]
        let found = flags(rows)
        #expect(found[..<60].allSatisfy { $0.isEmpty })
        #expect(found[60] == ["badjson"])
        #expect(found[61] == ["keys"])
        #expect(found[62] == ["badjson", "cut"])
        #expect(found[63] == ["empty"])
        #expect(found[64] == ["label"])
    }

    @Test func cutRefusedRepeatedAndOverlongAnswers() {
        var rows = (0..<40).map {
            row("tell me about topic \($0)", "Topic \($0) is a very fine subject to read about.")
        }
        rows += [
            row("and this", "It is a long story that begins with the"), row("code", "```swift\nlet x = 1"),
            row("bare", "It simply ends without any mark here"), row("no", "I'm sorry, but I can't help with that."),
            row("again", String(repeating: "again and again it goes on ", count: 12) + "."),
            row("long", (0..<300).map { "w\($0)" }.joined(separator: " ") + "."),
        ]
        let found = flags(rows)
        #expect(found[..<40].allSatisfy { $0.isEmpty })
        #expect(found[40] == ["cut"] && found[41] == ["cut"] && found[42] == ["cut"])
        #expect(found[43] == ["refusal"])
        #expect(found[44].contains("repeat"))
        #expect(found[45] == ["long"])
    }

    @Test func instructionsThatEveryRowSharesMakeNoDuplicates() {
        let head =
            "You are a careful assistant. Read the message below and decide which team should answer it, then write one word. Message: "
        let words = ["parcel", "invoice", "login", "screen", "battery", "refund", "garden", "window"]
        let rows = (0..<48).map { index in
            Example(
                content: .completion(
                    prompt: head + "\(words[index % 8]) \(words[index / 8]) number \(index) please help",
                    completion: "x"), line: 1)
        }
        #expect(flags(rows).allSatisfy { !$0.contains("neardup") && !$0.contains("conflict") })
    }

    @Test func slicesAndAnEditGiveWhatAWholeScanGives() {
        var rows = (0..<30).map { row("ask about item \($0) in the shop", "Item \($0) costs \($0) euros today.") }
        rows.append(rows[4])
        var sliced = SignalScan(rows)
        while !sliced.isThrough { sliced.advance(by: 7) }
        sliced.finish()
        #expect(sliced.signals == SignalScan.scan(rows).signals)
        #expect(sliced.signals[30].duplicateOf == 4)
        rows[30] = row("something new", "Mail me: a@b.de.")
        sliced.update(30, rows[30])
        #expect(sliced.signals[30].duplicateOf == nil)
        #expect(sliced.signals[30].labels == ["pii"])
    }

    @Test func emptyAndOddSetsDoNotCrash() {
        #expect(SignalScan.scan([]).signals.isEmpty)
        let odd = [row("", ""), Example(content: .text(""), line: 1), Example(content: .chat([], tools: nil), line: 1)]
        #expect(SignalScan.scan(odd).signals.count == 3)
    }

    @Test func theReportNamesLinesAndTwins() {
        let rows = [
            row("a question to ask", "Yes.", line: 5), row("a question to ask", "Yes.", line: 9),
            row("hm", "", line: 12),
        ]
        let scan = SignalScan.scan(rows)
        let check = DataCheck(scan, examples: rows)
        #expect(check.lines[0] == "3 rows, 2 with findings")
        #expect(check.lines.contains { $0.hasSuffix("exact duplicate: line 9 (of 5)") })
        #expect(check.asJSON["findings"]?[0]?["signal"] == "empty")
    }
}
