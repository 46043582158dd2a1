import TerminalUI
import Testing

@testable import CursesDriver

@Suite("Curses driver")
struct DriverTests {
    private func keys(_ values: [UInt32]) -> [Key] {
        var decoder = KeyDecoder()
        return values.compactMap { decoder.character($0) }
    }

    @Test("control characters become keys")
    func controls() {
        #expect(
            keys([3, 13, 9, 27, 127, 26, 31, 0]) == [
                .control("c"), .enter, .tab, .escape, .backspace, .control("z"), .control("_"), .control(" "),
            ])
        #expect(keys([0x61, 0xE9, 0x6771]) == ["a", "é", "東"])
        #expect(keys([0x9B, 0xD800, 0x110000]) == [], "C1 controls and what is no scalar are not typed")
    }

    @Test("what is pasted is text, whatever it holds")
    func paste() {
        var decoder = KeyDecoder()
        #expect(decoder.code(KeyDecoder.pasteStart, name: { "" }) == nil)
        for value: UInt32 in [0x71, 13, 27, 3] { #expect(decoder.character(value) == nil) }
        #expect(decoder.code(KeyDecoder.pasteEnd, name: { "" }) == .paste("q\n\u{1B}\u{3}"))
        #expect(!decoder.isPasting)
        #expect(decoder.code(KeyDecoder.pasteEnd, name: { "" }) == nil)
    }

    @Test("function keys and named extras")
    func functionKeys() {
        var decoder = KeyDecoder()
        #expect(decoder.code(0o402, name: { "" }) == .down)
        #expect(decoder.code(0o411, name: { "" }) == .function(1))
        #expect(decoder.code(0o424, name: { "" }) == .function(12))
        #expect(decoder.code(560, name: { "kRIT5" }) == .wordRight)
        #expect(decoder.code(561, name: { "kFOO" }) == nil)
    }

    @Test("depth and glyphs follow terminal, locale and NO_COLOR")
    func abilities() {
        #expect(TerminalAbilities.depth(colours: 256, isDirect: false, noColour: false) == .indexed256)
        #expect(TerminalAbilities.depth(colours: 0x1000000, isDirect: true, noColour: false) == .trueColour)
        #expect(TerminalAbilities.depth(colours: 16, isDirect: false, noColour: false) == .indexed16)
        #expect(TerminalAbilities.depth(colours: 8, isDirect: false, noColour: false) == .indexed8)
        #expect(TerminalAbilities.depth(colours: -1, isDirect: false, noColour: false) == .mono)
        #expect(TerminalAbilities.depth(colours: 256, isDirect: false, noColour: true) == .mono)
        #expect(TerminalAbilities.glyphs(term: "xterm-256color", isUTF8: true) == .braille)
        #expect(TerminalAbilities.glyphs(term: "xterm-256color", isUTF8: false) == .ascii)
        #expect(TerminalAbilities.glyphs(term: "linux", isUTF8: true) == .block)
        #expect(TerminalAbilities.glyphs(term: "vt100", isUTF8: true) == .ascii)
        #expect(TerminalAbilities.isXtermLike("tmux-256color") && !TerminalAbilities.isXtermLike("vt100"))
        #expect(LocaleChoice.isUTF8("UTF-8") && LocaleChoice.isUTF8("utf8") && !LocaleChoice.isUTF8("ISO-8859-1"))
    }

    @Test("a waker's bytes arrive, and many become one wake-up")
    func waker() throws {
        let waker = try Waker()
        #expect(waker.drain().isEmpty)
        for _ in 0..<100_000 { waker.wake() }
        #expect(!waker.drain().isEmpty)
        #expect(waker.drain().isEmpty)
    }

    @Test("nothing in a title or capability can reach the terminal as a command")
    func safety() {
        #expect(CursesTerminal.safeTitle("a\u{1B}]0;x\u{07}b\u{9B}c") == "a]0;xbc")
        #expect(CursesTerminal.withoutPadding("\u{1B}[?1l$<5>x$<20/>$") == "\u{1B}[?1lx$")
    }

    @Test("base64 as RFC 4648 gives it")
    func base64() {
        let cases = [
            "": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "fooba": "Zm9vYmE=",
            "foobar": "Zm9vYmFy",
        ]
        for (text, coded) in cases { #expect(Base64.encode(Array(text.utf8)) == coded) }
    }

    @Test("errors say what to do")
    func errors() {
        #expect(TerminalError.unknownTerminal(name: "x").description.contains("TERM=xterm-256color ftbench"))
        #expect(TerminalError.notATerminal(stream: "Input").description.hasPrefix("Input is not a terminal"))
    }
}
