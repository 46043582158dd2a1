import Testing

@testable import TerminalUI

@Suite("Typing")
struct EditingTests {
    private func typed(_ script: String, into text: String = "") -> TextField {
        var field = TextField(text)
        for key in Key.script(script) { _ = field.handle(key) }
        return field
    }

    @Test("insert, move and delete by character, word and line")
    func editing() {
        #expect(typed("hello").text == "hello")
        #expect(typed("<left><left>X", into: "abc").text == "aXbc")
        #expect(typed("^Wx", into: "one two").text == "one x")
        #expect(typed("<^Left>X", into: "one two").text == "one Xtwo")
        #expect(typed("<home><del>", into: "abc").text == "bc")
        #expect(typed("^A^K", into: "abc").text == "")
        #expect(typed("<bs><bs><bs><bs>", into: "abc").text == "")
        #expect(typed("^U", into: "abc").cursor == 0)
    }

    @Test("undo takes back a run of typing at once, redo brings it again")
    func undo() {
        #expect(typed("abc^_").text == "")
        #expect(typed("abc^_^Y").text == "abc")
        #expect(typed("abc<left>X^_").text == "abc")
        #expect(typed("abc<bs><bs>^_").text == "ab")
        #expect(typed("^_^Y").text == "")
    }

    @Test("pasted text is one line, and one step to take back")
    func paste() {
        var field = TextField("a")
        #expect(field.handle(.paste("b\r\nc\td")) == .changed)
        #expect(field.text == "ab c\td")
        #expect(field.handle(.control("_")) == .changed)
        #expect(field.text == "a")
        #expect(field.handle(.up) == .ignored)
        #expect(field.handle(.enter) == .ignored)
    }

    @Test("the cursor stays visible beside wide characters")
    func drawing() {
        var grid = CellGrid(width: 6, height: 1)
        #expect(TextField("東京").draw(in: grid.bounds, of: &grid) == CellPosition(x: 4, y: 0))
        #expect(grid.text() == "東京  ")
        #expect(TextField("abcdefgh").draw(in: grid.bounds, of: &grid) == CellPosition(x: 5, y: 0))
        #expect(grid.text() == "defgh ")
        #expect(TextField("x").draw(in: .zero, of: &grid) == nil)
    }

    @Test("a combining mark typed after its letter becomes part of it")
    func combining() {
        let field = typed("e\u{301}x<left>")
        #expect(field.text == "e\u{301}x")
        #expect(field.cursor == 1)
    }

    @Test("the editor moves over wrapped lines and keeps its column")
    func editor() {
        var editor = TextEditor("one two three\nfour five", cursorAtEnd: false)
        // Width 9 leaves 8 cells for text: "one two", "three", "four", "five".
        _ = editor.handle(.down, width: 9)
        #expect(editor.cursor == 8)
        _ = editor.handle(.end, width: 9)
        #expect(editor.cursor == 13)
        _ = editor.handle(.down, width: 9)
        _ = editor.handle(.enter, width: 9)
        #expect(editor.text.contains("\n"))
        for _ in 0..<20 { _ = editor.handle(.up, width: 9) }
        #expect(editor.cursor == 0)
        _ = editor.handle(.paste("A\r\nB"), width: 9)
        #expect(editor.text.hasPrefix("A\nBone"))
        var grid = CellGrid(width: 9, height: 3)
        let cursor = editor.draw(in: grid.bounds, of: &grid)
        #expect(cursor == CellPosition(x: 1, y: 1))
        #expect(grid.trimmedText() == "A\nBone two\nthree")
    }

    @Test("any keys: no crash, the cursor stays in the text")
    func fuzz() {
        let keys =
            Key.script(
                "ab <left><right><up><down><home><end><bs><del>^W^U^K^_^Y<^Left><^Right><cr><pgup><pgdn><tab>東\u{301}")
            + [.paste("x\r\ny\u{301}"), .paste("")]
        var random = Dice(seed: 23)
        var editor = TextEditor("start 東京 of\n\nit")
        var field = TextField("start")
        var grid = CellGrid(width: 7, height: 3)
        for _ in 0..<1_500 {
            let key = keys[random.next(keys.count)]
            _ = editor.handle(key, width: random.next(9), height: 3)
            _ = field.handle(key)
            #expect(editor.cursor >= 0 && editor.cursor <= editor.text.count)
            #expect(field.cursor <= field.text.count && !field.text.contains("\n"))
            if let cursor = editor.draw(in: grid.bounds, of: &grid) {
                #expect(grid.bounds.contains(x: cursor.x, y: cursor.y))
            }
        }
    }
}
