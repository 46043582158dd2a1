import Testing

@testable import Tokenizers

@Suite("Expressions")
struct PatternTests {
    /// Texts of letters, digits, marks, apostrophes and spaces of all kinds, in random order.
    private static func texts(_ count: Int) -> [[UInt8]] {
        let parts = [
            "a", "b", "Z", "ǅ", "ʰ", "語", "\u{301}", "é", "ß", "1", "٣", "½", " ", "  ", "\t", "\n", "\r\n", "\u{a0}",
            "\u{2028}",
            "'", "'s", "'LL", "'ſ", "/", "-", "!", "👍", "\u{200d}", "_", "\u{0}", "re", "D", "İ",
        ]
        var state: UInt64 = 23
        return (0..<count).map { _ in
            var text = ""
            for _ in 0..<12 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text += parts[Int(state >> 33) % parts.count]
            }
            return Array(text.utf8)
        }
    }

    @Test(
        "the scanners written by hand cut as the expressions do that they stand for",
        arguments: [
            WordScanner.gpt2Pattern, WordScanner.gpt4Pattern(digits: #"\p{N}{1,3}"#),
            WordScanner.gpt4Pattern(digits: #"\p{N}"#), KnownPatterns.o200k, KnownPatterns.tekken,
        ])
    func scanners(source: String) throws {
        let scanner = try #require(WordScanner(recognizing: source))
        let pattern = try Pattern(source)
        for text in Self.texts(600) {
            var pieces: [Range<Int>] = []
            scanner.scan(text, 0..<text.count, into: &pieces)
            let expected = pattern.matches(in: text, 0..<text.count)
            #expect(pieces == expected, "\(String(decoding: text, as: UTF8.self).debugDescription)")
        }
    }

    private static func found(_ source: String, _ text: String) throws -> [String] {
        let bytes = Array(text.utf8)
        return try Pattern(source).matches(in: bytes, 0..<bytes.count).map {
            String(decoding: bytes[$0], as: UTF8.self)
        }
    }

    @Test("scripts, properties, classes and groups")
    func constructs() throws {
        #expect(try Self.found(#"\p{Han}+|\p{Script=Greek}+|\p{Cyrillic}+"#, "x漢字αβ да") == ["漢字", "αβ", "да"])
        #expect(try Self.found(#"[\p{L}&&[^\p{Han}]]+"#, "ab漢c") == ["ab", "c"])
        #expect(try Self.found(#"[[:punct:]]+|[[:^alnum:]]"#, "a$+ b") == ["$+", " "])
        #expect(try Self.found("(?<word>\\w+)(?#a comment)|(?x: - # dash\n )", "ab-") == ["ab", "-"])
        #expect(try Self.found(#"(?m:a.b)|c.d"#, "a\nbc\nd") == ["a\nb"])
        #expect(try Self.found(#"\R|\N{2}"#, "ab\r\n") == ["ab", "\r\n"])
        #expect(try Self.found(#"(?<=[a-z]|Xx)\d|(?<!a{1,2})q"#, "a1Q2 aq bq") == ["1", "q"])
        #expect(try Self.found(#"\p{Emoji_Presentation}|\p{Extended_Pictographic}"#, "1👍☎") == ["👍", "☎"])
        #expect(try Self.found(#"\p{Upper}\p{^Upper}++"#, "ABcd") == ["Bcd"])
    }

    @Test(
        "what is not supported is refused by name",
        arguments: [
            (#"(a)\1"#, #"\1"#), (#"\k<x>"#, #"\k"#), (#"\g<1>"#, #"\g"#), (#"a\Kb"#, #"\K"#), (#"\Ga"#, #"\G"#),
            (#"\X"#, #"\X"#),
            (#"(?~a)"#, "(?~"), (#"(?(1)a|b)"#, "(?("), (#"\p{Klingon}"#, "Klingon"), (#"[[:klingon:]]"#, "klingon"),
            (#"(?<=a+)b"#, "lookbehind"), (#"\x80"#, #"\x"#),
        ])
    func refused(source: String, name: String) {
        do {
            _ = try Pattern(source)
            Issue.record("\(source) is taken")
        } catch {
            #expect(error.reason.contains(name), "\(error.reason)")
        }
    }

    @Test("categories are those of Unicode where it has not changed")
    func categories() {
        let table = UnicodeTable.shared
        var different = 0
        for value in UInt32(0)..<0x3000 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let index = Self.index(of: scalar.properties.generalCategory)
            if table.entry(value) & 0x1f != UInt32(index) { different += 1 }
        }
        // Scalars that newer versions have assigned.
        #expect(different < 60)
        #expect(table.entry(0xd800) & 0x1f == 27)
        #expect(table.entry(0x110000) & 0x1f == 29)
        #expect(table.has(UnicodeData.separator, 0x3000) && !table.has(UnicodeData.separator, 0x200b))
        #expect(ScriptTable.shared.index(named: "Old turkic") != nil)
    }

    /// Places in `CategoryMask.names`.
    private static func index(of category: Unicode.GeneralCategory) -> UInt8 {
        switch category {
        case .uppercaseLetter: 0
        case .lowercaseLetter: 1
        case .titlecaseLetter: 2
        case .modifierLetter: 3
        case .otherLetter: 4
        case .nonspacingMark: 5
        case .spacingMark: 6
        case .enclosingMark: 7
        case .decimalNumber: 8
        case .letterNumber: 9
        case .otherNumber: 10
        case .connectorPunctuation: 11
        case .dashPunctuation: 12
        case .openPunctuation: 13
        case .closePunctuation: 14
        case .initialPunctuation: 15
        case .finalPunctuation: 16
        case .otherPunctuation: 17
        case .mathSymbol: 18
        case .currencySymbol: 19
        case .modifierSymbol: 20
        case .otherSymbol: 21
        case .spaceSeparator: 22
        case .lineSeparator: 23
        case .paragraphSeparator: 24
        case .control: 25
        case .format: 26
        case .surrogate: 27
        case .privateUse: 28
        case .unassigned: 29
        @unknown default: 29
        }
    }
}
