import Testing

@testable import TerminalUI

@Suite("Width of text")
struct WidthTests {
    static let table: [(text: String, cells: Int)] = [
        ("", 0), ("abc", 3), ("東京", 4), ("ｱｲ", 2), ("한글", 4), ("é", 1), ("e\u{301}", 1), ("a\u{300}\u{301}\u{302}", 1),
        ("❤\u{FE0F}", 1), ("👍", 2), ("👍🏽", 2), ("👩\u{200D}👩\u{200D}👧", 6), ("🫨", 2), ("🩷", 2), ("🇫🇷", 2),
        ("\u{1B}[31m", 5), ("\u{9B}", 1), ("\u{7F}", 1), ("\n", 1), ("\u{200B}", 1), ("\u{202E}abc", 4),
        ("\u{FEFF}", 1),
        ("\u{301}", 1), ("…·►", 3), ("⡇█━", 3), ("می\u{200C}خواهم", 7), ("a\u{200D}b", 3), ("\u{E0041}", 1),
        ("\u{E000}", 1),
        ("\u{AD}", 1), ("\u{3000}", 2), ("𠀀", 2),
    ]

    @Test("each kind of character has the width it is drawn with", arguments: table)
    func widths(text: String, cells: Int) {
        #expect(TextWidth.of(text) == cells)
        var grid = CellGrid(width: 20, height: 1)
        #expect(grid.put(text, x: 0, y: 0) == cells)
    }

    @Test("no control, invisible or private character reaches a cell")
    func nothingUnsafe() {
        let unsafe: [ClosedRange<UInt32>] = [
            0...0x1F, 0x7F...0x9F, 0xAD...0xAD, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x206F, 0xE000...0xE100,
            0xFE00...0xFE0F, 0xFEFF...0xFEFF, 0xFFF0...0xFFFB, 0x1D173...0x1D17A, 0xE0000...0xE01EF, 0xFFFFE...0x100010,
        ]
        for range in unsafe {
            for value in range {
                guard let scalar = Unicode.Scalar(value) else { continue }
                var grid = CellGrid(width: 4, height: 1)
                grid.put(String(scalar), x: 0, y: 0)
                let drawn = grid[0, 0].scalar.value
                #expect(drawn == 0x20 || !range.contains(drawn), "U+\(String(value, radix: 16))")
            }
        }
    }

    @Test("cutting keeps within the cells and never halves a wide character")
    func truncation() {
        #expect("hello world".truncatedToCells(8) == "hello w…")
        #expect("hello".truncatedToCells(5) == "hello")
        #expect("東京都".truncatedToCells(5) == "東京…")
        #expect("東京都".truncatedToCells(4) == "東…")
        #expect("ab".truncatedToCells(0) == "")
        #expect("東京".paddedToCells(6, alignment: .right) == "  東京")
        #expect("x".paddedToCells(4, alignment: .center) == " x  ")
        let text = StyledText("abc", .ok) + StyledText("defgh", .warn)
        #expect(text.truncated(to: 5) == StyledText([TextSpan("abc", .ok), TextSpan("d…", .warn)]))
        #expect(text.truncated(to: 4) == StyledText([TextSpan("abc", .ok), TextSpan("…", .warn)]))
        #expect(text.truncated(to: 8) == text)
    }

    @Test("any text, cut or padded to any width, is exactly or at most that wide")
    func truncationFuzz() {
        var random = Dice(seed: 7)
        for _ in 0..<400 {
            let text = random.text(length: random.next(30))
            let cells = random.next(12)
            #expect(TextWidth.of(text.truncatedToCells(cells)) <= cells)
            #expect(TextWidth.of(text.paddedToCells(cells)) == cells, "\(text.unicodeScalars.map { $0.value })")
            #expect(StyledText(text).truncated(to: cells).width <= cells)
        }
    }
}

@Suite("Lines of text")
struct TextLayoutTests {
    private func lines(_ text: String, _ width: Int, wraps: Bool = true) -> [String] {
        let layout = TextLayout(StyledText(text), width: width, wraps: wraps)
        return (0..<layout.lineCount).map { layout[$0].plain }
    }

    @Test("words stay whole, long words break at the edge")
    func words() {
        #expect(lines("the quick brown fox", 10) == ["the quick", "brown fox"])
        #expect(lines("the quick brown fox", 9) == ["the quick", "brown fox"])
        #expect(lines("abcdefghij kl", 4) == ["abcd", "efgh", "ij", "kl"])
        #expect(lines("a\n\nb", 5) == ["a", "", "b"])
        #expect(lines("a\r\nb", 5) == ["a", "b"])
        #expect(lines("", 5) == [""])
        #expect(lines("a b", 0) == ["a", "b"])
        #expect(lines("one two three", 5, wraps: false) == ["one two three"])
    }

    @Test("lines break beside wide characters but not within them")
    func wide() {
        #expect(lines("東京都庁", 5) == ["東京", "都庁"])
        #expect(lines("ab東京", 3) == ["ab", "東", "京"])
        #expect(lines("東", 1) == ["東"])
    }

    @Test("tabs reach the next stop")
    func tabs() {
        #expect(lines("a\tb", 20) == ["a   b"])
        #expect(lines("abcd\tb", 20) == ["abcd    b"])
    }

    @Test("spans keep their styles across a break")
    func spans() {
        let layout = TextLayout(StyledText("one ", .ok) + StyledText("two three", .warn), width: 8)
        #expect(layout[0] == StyledText([TextSpan("one ", .ok), TextSpan("two", .warn)]))
        #expect(layout[1] == StyledText([TextSpan("three", .warn)]))
        #expect(layout.lineIndex(ofOffset: 9) == 1)
    }

    @Test("a limit stops the work and says so")
    func limit() {
        let layout = TextLayout(StyledText(String(repeating: "word ", count: 1000)), width: 10, lineLimit: 5)
        #expect(layout.lineCount == 5)
        #expect(!layout.isComplete)
    }

    @Test("any text in any width: no line is too wide and no ink is lost")
    func fuzz() {
        var random = Dice(seed: 11)
        for _ in 0..<300 {
            let text = random.text(length: random.next(60))
            let width = 2 + random.next(12)
            let layout = TextLayout(StyledText(text), width: width)
            var shown = ""
            for line in 0..<layout.lineCount {
                let plain = layout[line].plain
                #expect(TextWidth.of(plain) <= width)
                shown += plain
            }
            let ink = { (text: String) in text.unicodeScalars.filter { !" \t\n\r".unicodeScalars.contains($0) } }
            #expect(String(String.UnicodeScalarView(ink(shown))) == String(String.UnicodeScalarView(ink(text))))
        }
    }

    @Test("a hundred thousand characters are indexed and any line can be taken")
    func long() {
        let layout = TextLayout(StyledText(String(repeating: "lorem ipsum 東京 ", count: 6_000)), width: 70)
        #expect(layout.lineCount > 1_400)
        #expect(TextWidth.of(layout[layout.lineCount - 1].plain) <= 70)
    }
}

@Suite("Numbers")
struct NumberTextTests {
    @Test("numbers are written as the screens show them")
    func forms() {
        #expect(NumberText.grouped(0) == "0")
        #expect(NumberText.grouped(1240) == "1,240")
        #expect(NumberText.grouped(-1_234_567) == "-1,234,567")
        #expect(NumberText.grouped(Int.min) == "-9,223,372,036,854,775,808")
        #expect(NumberText.fixed(0.9806, decimals: 3) == "0.981")
        #expect(NumberText.fixed(-0.0001, decimals: 2) == "0.00")
        #expect(NumberText.fixed(.nan, decimals: 2) == "nan")
        #expect(NumberText.fixed(-.infinity, decimals: 2) == "-inf")
        #expect(NumberText.scientific(0.000134) == "1.34e-04")
        #expect(NumberText.scientific(9.999e5, decimals: 2) == "1.00e+06")
        #expect(NumberText.scientific(0) == "0.00e+00")
        #expect(NumberText.compact(20_300_000) == "20.3M")
        #expect(NumberText.compact(1_240) == "1,240")
        #expect(NumberText.compact(512_000) == "512k")
        #expect(NumberText.duration(seconds: 4.1) == "4.1s")
        #expect(NumberText.duration(seconds: 3064) == "51m04s")
        #expect(NumberText.duration(seconds: 4320) == "1h12m")
        #expect(NumberText.duration(seconds: 274_000) == "3d04h")
        #expect(NumberText.duration(seconds: .nan) == "?")
        #expect(NumberText.bytes(3_328_599_654) == "3.1 GiB")
        #expect(NumberText.bytes(512) == "512 B")
        #expect(NumberText.percent(0.413) == "41%")
        #expect(NumberText.significant(0.0001) == "1.00e-04")
        #expect(NumberText.significant(2.5) == "2.50")
        #expect(NumberText.significant(1500) == "1,500")
    }
}

/// Repeatable random choices for fuzz tests.
struct Dice {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    /// 0 ..< limit.
    mutating func next(_ limit: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % UInt64(max(1, limit)))
    }

    private static let pieces: [String] = [
        "a", "b", "word", " ", " ", "  ", "\n", "\r\n", "\t", "東", "京都", "é", "e\u{301}", "👍🏽", "👩\u{200D}👧",
        "❤\u{FE0F}",
        "\u{1B}", "\u{9B}", "\u{200B}", "\u{202E}", "\u{0}", "\u{301}", "𠀀", "한", "-", ".", "\u{FFFF}", "ي", "\u{200C}",
    ]

    mutating func text(length: Int) -> String {
        (0..<length).map { _ in Dice.pieces[next(Dice.pieces.count)] }.joined()
    }
}
