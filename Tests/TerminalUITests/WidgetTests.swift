import Testing

@testable import TerminalUI

@Suite("Widgets")
struct WidgetTests {
    private func drawn(_ width: Int, _ height: Int, _ glyphs: GlyphSet = .braille, _ draw: (inout CellGrid) -> Void)
        -> String
    {
        var grid = CellGrid(width: width, height: height, glyphs: glyphs)
        draw(&grid)
        return grid.trimmedText()
    }

    @Test("a focused frame is heavier, in ASCII another character; titles give way when narrow")
    func frame() {
        let frame = Frame(title: "Records", right: "sort: id ↑", footer: "3/40", isFocused: true)
        #expect(
            drawn(30, 4) { frame.draw(in: $0.bounds, of: &$0) } == """
                ┏━ Records ━━━━━ sort: id ↑ ━┓
                ┃                            ┃
                ┃                            ┃
                ┗━━━━━━━━━━━━━━━━━━━━━ 3/40 ━┛
                """)
        #expect(
            drawn(30, 4, .ascii) { frame.draw(in: $0.bounds, of: &$0) } == """
                #= Records ===== sort: id ^ =#
                |                            |
                |                            |
                #===================== 3/40 =#
                """)
        #expect(drawn(14, 2) { frame.draw(in: $0.bounds, of: &$0) } == "┏━ Records ━━┓\n┗━━━━━ 3/40 ━┛")
        #expect(drawn(10, 2) { frame.draw(in: $0.bounds, of: &$0) } == "┏━ Rec… ━┓\n┗━ 3/40 ━┛")
        #expect(drawn(2, 2) { frame.draw(in: $0.bounds, of: &$0) } == "┏┓\n┗┛")
        var grid = CellGrid(width: 6, height: 4)
        #expect(Frame().draw(in: grid.bounds, of: &grid) == Rect(x: 1, y: 1, width: 4, height: 2))
        #expect(Frame().draw(in: Rect(x: 0, y: 0, width: 1, height: 1), of: &grid).isEmpty)
    }

    @Test("tabs are the legend of their keys, wide, tight and alone")
    func tabs() {
        func bar(_ status: StyledText) -> TabBar {
            TabBar(tabs: ["Data", "Recipe", "Train", "Compare", "Runs", "Models", "Serve"], active: 2, status: status)
        }
        #expect(
            drawn(80, 1) { bar("► 41%").draw(in: $0.bounds, of: &$0) }
                == " ftbench 1 Data 2 Recipe[3 Train]4 Compare 5 Runs 6 Models 7 Serve         ► 41%")
        #expect(
            drawn(110, 1) { bar("► qwen 41%").draw(in: $0.bounds, of: &$0) }.hasPrefix(
                " ftbench 1 Data   2 Recipe  [3 Train]  4 Compare   5 Runs   6 Models   7 Serve"))
        #expect(
            drawn(38, 1) { bar("► 41%  1h12").draw(in: $0.bounds, of: &$0) } == " ftbench Train             ► 41%  1h12"
        )
    }

    @Test("hints are dropped whole, the least important first, and never cut")
    func hints() {
        let line = HintLine(items: [
            HintItem(keys: "p", short: "pause", rank: 1),
            HintItem(keys: "C", short: "ckpt", long: "checkpoint", rank: 2),
            HintItem(keys: "s", short: "smooth", rank: 4), HintItem(keys: "X/Y", short: "axes", rank: 6),
            HintItem(keys: "T", short: "stop", rank: 1), HintItem(keys: "?", short: "help", rank: 0),
        ])
        #expect(
            drawn(80, 1) { line.draw(in: $0.bounds, of: &$0) }
                == " p pause  C checkpoint  s smooth  X/Y axes  T stop  ? help")
        #expect(drawn(40, 1) { line.draw(in: $0.bounds, of: &$0) } == " p pause  C ckpt  T stop  ? help")
        #expect(drawn(8, 1) { line.draw(in: $0.bounds, of: &$0) } == " ? help")
        for width in 0...60 {
            let text = drawn(width, 1) { line.draw(in: $0.bounds, of: &$0) }
            #expect(!text.contains("…"))
            #expect(text.isEmpty || text.hasSuffix(" help"))
        }
    }

    @Test("a table asks only for visible rows and shows cursor and marks")
    func table() {
        let table = Table(
            columns: [
                TableColumn("St", width: .fixed(2)), TableColumn("Source", width: .fixed(6)),
                TableColumn("Prompt", width: .flexible(weight: 1, minimum: 8)),
                TableColumn("Tokens", width: .fixed(6), alignment: .right), TableColumn("Signals", width: .fixed(8)),
            ], cursor: ListCursor(count: 1_000_000, selected: 501, top: 499))
        var asked: [Int] = []
        let text = drawn(60, 5) { grid in
            let rows = table.draw(in: grid.bounds, of: &grid) { index in
                asked.append(index)
                let prompt = index == 500 ? "東京の天気を三行で説明してください、お願いします" : "Write a haiku about SSH keys"
                return TableRow(
                    [index % 2 == 0 ? "·" : "+", "oasst", StyledText(prompt), StyledText("\(index)"), "dup ≈.91"],
                    isMarked: index == 500)
            }
            #expect(rows == 499..<503)
            #expect(grid[10, 3].style.ground == .select)
        }
        #expect(asked == [499, 500, 501, 502])
        #expect(
            text == """
                   St  Source  Prompt                       Tokens  Signals
                   +   oasst   Write a haiku about SSH ke…     499  dup ≈.91
                  *·   oasst   東京の天気を三行で説明して…     500  dup ≈.91
                 > +   oasst   Write a haiku about SSH ke…     501  dup ≈.91
                   ·   oasst   Write a haiku about SSH ke…     502  dup ≈.91
                """)
    }

    @Test("a list shows its selection whatever its scroll, and says when it is empty")
    func list() {
        #expect(
            drawn(24, 3) { grid in
                List(cursor: ListCursor(count: 9, selected: 8)).draw(in: grid.bounds, of: &grid) {
                    ListRow(StyledText("row \($0)"), right: "^P", isMarked: $0 == 7)
                }
            } == """
                  row 6               ^P
                 *row 7               ^P
                > row 8               ^P
                """)
        #expect(
            drawn(20, 3) { grid in
                List(cursor: ListCursor(), emptyText: "nothing here").draw(in: grid.bounds, of: &grid) { _ in
                    ListRow("")
                }
            } == "\n    nothing here\n")
    }

    @Test("the cursor of a list stays in it")
    func listCursor() {
        var cursor = ListCursor(count: 10)
        for key in Key.script("jjj") { _ = cursor.handle(key, height: 4) }
        #expect(cursor.selected == 3 && cursor.top == 0)
        _ = cursor.handle("G", height: 4)
        #expect(cursor.selected == 9 && cursor.top == 6)
        _ = cursor.handle(.control("u"), height: 4)
        #expect(cursor.selected == 7 && cursor.top == 6)
        cursor.setCount(3)
        #expect(cursor.selected == 2 && cursor.counter == "3/3")
        cursor.setCount(0)
        #expect(cursor.selected == 0 && cursor.counter == "0/0")
        cursor.move(by: Int.max)
        #expect(cursor.selected == 0)
        let isMove = cursor.handle("x", height: 4)
        #expect(!isMove)
    }

    @Test("a dialog stands in the middle and wraps what is too long")
    func dialog() {
        let dialog = Dialog(
            title: "Quit while training?",
            lines: [
                "step 1,240 of 3,000", "", "  c   close the screen, keep training without it, come back with ftbench",
                "  Esc stay here",
            ])
        #expect(
            drawn(60, 9) { dialog.draw(in: $0.bounds, of: &$0) } == """

                ┏━ Quit while training? ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓
                ┃  step 1,240 of 3,000                                     ┃
                ┃                                                          ┃
                ┃    c   close the screen, keep training without it, come  ┃
                ┃  back with ftbench                                       ┃
                ┃    Esc stay here                                         ┃
                ┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┛

                """)
    }

    @Test("bars, sparks and counts")
    func bars() {
        #expect(
            drawn(30, 3) { grid in
                ProgressBar(fraction: 0.41).draw(in: grid.bounds.row(0), of: &grid)
                Sparkline(values: [1, 2, 4, 3, .nan, 8, 2]).draw(in: grid.bounds.row(1), of: &grid)
                ProgressBar(fraction: nil, frame: 3).draw(in: grid.bounds.row(2), of: &grid)
            } == "████████████▎·················\n                       ▁▂▄▃×█▂\n···█··························")
        #expect(
            drawn(40, 3) { grid in
                BarHistogram(bars: [
                    .init("0-99", value: 1200), .init("100-199", value: 40_000), .init("200+", value: 3),
                ])
                .draw(in: grid.bounds, of: &grid)
            } == """
                0-99    ▊                          1,200
                100-199 ██████████████████████████ 40.0k
                200+    ▍                              3
                """)
        #expect(drawn(10, 1, .ascii) { ProgressBar(fraction: 0.5).draw(in: $0.bounds, of: &$0) } == "#####.....")
    }

    @Test("the position gives way to the message")
    func message() {
        let line = MessageLine(message: "kept row 12,480 · u undo", right: "12,481/52,002")
        #expect(
            drawn(50, 1) { line.draw(in: $0.bounds, of: &$0) } == " kept row 12,480 · u undo           12,481/52,002")
        #expect(drawn(30, 1) { line.draw(in: $0.bounds, of: &$0) } == " kept row 12,480 · u undo")
        #expect(drawn(12, 1) { line.draw(in: $0.bounds, of: &$0) } == " kept row 1…")
    }

    @Test("help lists by section, filters, and says why a key is off")
    func help() {
        let sections = [
            KeyHelpSection(
                title: "This screen",
                lines: [
                    KeyHelpLine(id: "p", keys: "p", title: "pause / resume"),
                    KeyHelpLine(id: "c", keys: "C", title: "checkpoint now"),
                ]),
            KeyHelpSection(
                title: "Off now: why",
                lines: [KeyHelpLine(id: "r", keys: "r", title: "resume", refusal: "needs a stopped run")]),
        ]
        #expect(
            drawn(50, 5) { KeyHelp(sections: sections, selected: 1).draw(in: $0.bounds, of: &$0) } == """
                 This screen
                   p     pause / resume
                >  C     checkpoint now
                 Off now: why
                   r     resume  needs a stopped run
                """)
        #expect(KeyHelp(sections: sections, filter: "check").lines.map(\.id) == ["c"])
        #expect(KeyHelp(sections: sections, filter: "C").lines.map(\.id).first == "c")
    }

    @Test("scrolling text stops at its end")
    func textView() {
        var grid = CellGrid(width: 20, height: 2)
        let view = TextView(text: "the quick brown fox jumps over the lazy dog and more", scroll: 99)
        let extent = view.draw(in: grid.bounds, of: &grid)
        #expect(extent.lineCount == 3 && extent.maxScroll == 1 && extent.visibleLines == 1..<3)
        #expect(grid.trimmedText() == "jumps over the lazy\ndog and more")
    }

    @Test("every widget survives every small area", arguments: GlyphSet.allCases)
    func tiny(glyphs: GlyphSet) {
        for width in 0...7 {
            for height in 0...4 {
                var grid = CellGrid(width: width, height: height, glyphs: glyphs)
                let area = grid.bounds
                Frame(title: "title", right: "right", footer: "1/2", isFocused: true).draw(in: area, of: &grid)
                TabBar(tabs: ["A", "B"], active: 5, status: "東京").draw(in: area, of: &grid)
                HintLine(items: [HintItem(keys: "a", short: "b")]).draw(in: area, of: &grid)
                MessageLine(message: "東京", right: "x").draw(in: area, of: &grid)
                Dialog(title: "t", lines: ["東京 text", ""], footer: "f").draw(in: area, of: &grid)
                _ = Popup(title: "t", width: 9, height: 9).draw(in: area, of: &grid)
                Table(columns: [TableColumn("a"), TableColumn("b", width: .fixed(3))], cursor: ListCursor(count: 3))
                    .draw(in: area, of: &grid) { _ in TableRow(["東京"]) }
                List(cursor: ListCursor(count: 3)).draw(in: area, of: &grid) { _ in ListRow("東京", right: "x") }
                KeyHelp(sections: [KeyHelpSection(title: "s", lines: [KeyHelpLine(id: "a", keys: "a", title: "b")])])
                    .draw(in: area, of: &grid)
                PaletteList(items: [PaletteItem(id: "a", title: "東京")], query: "東").draw(in: area, of: &grid)
                BarHistogram(bars: [.init("東京", value: 3)]).draw(in: area, of: &grid)
                Sparkline(values: [1, 2, 3]).draw(in: area, of: &grid)
                ProgressBar(fraction: .nan).draw(in: area, of: &grid)
                TextView(text: "東京 abc").draw(in: area, of: &grid)
                LineChart(series: [ChartSeries(name: "x", data: LineChartTests.curve(9))]).draw(in: area, of: &grid)
                TextField("東京").draw(in: area, of: &grid)
                TextEditor("東京\n").draw(in: area, of: &grid)
                for y in 0..<height { #expect(TextWidth.of(grid.line(y)) == width) }
            }
        }
    }
}
