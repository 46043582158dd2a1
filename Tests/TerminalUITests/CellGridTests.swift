import Testing

@testable import TerminalUI

@Suite("Grid of cells")
struct CellGridTests {
    @Test("drawing outside is ignored, at any size", arguments: [(0, 0), (1, 1), (3, 2)])
    func clipping(width: Int, height: Int) {
        var grid = CellGrid(width: width, height: height)
        for x in -3...5 {
            for y in -2...4 {
                grid[x, y] = Cell("x")
                grid.put("東京 text", x: x, y: y)
                grid.fill(Rect(x: x, y: y, width: 9, height: 9))
                grid.restyle(Rect(x: x, y: y, width: 9, height: 9), ground: .select)
            }
        }
        #expect(grid[-1, 0] == .blank)
        #expect(grid.text().split(separator: "\n", omittingEmptySubsequences: false).count == max(1, height))
    }

    @Test("a wide character keeps its halves together")
    func wideHalves() {
        var grid = CellGrid(width: 6, height: 1)
        grid.put("東京都", x: 0, y: 0)
        #expect(grid.line(0) == "東京都")
        grid[1, 0] = Cell("x")
        #expect(grid.line(0) == " x京都")
        grid[2, 0] = Cell("y")
        #expect(grid.line(0) == " xy 都")
        grid.put("漢", x: 3, y: 0)
        #expect(grid.line(0) == " xy漢 ")
        grid.put("字", x: 5, y: 0)
        #expect(grid.line(0) == " xy漢 ", "half of a wide character is not drawn at the edge")
        grid.fill(Rect(x: 4, y: 0, width: 1, height: 1), scalar: "-")
        #expect(grid.line(0) == " xy - ")
    }

    @Test("text is clipped at both sides, by cells")
    func clipBothSides() {
        var grid = CellGrid(width: 8, height: 1)
        grid.put("a東bcdefgh", x: 0, y: 0, in: Rect(x: 2, y: 0, width: 4, height: 1))
        #expect(grid.line(0) == "   bcd  ".replacing("   b", with: "   b"))
        #expect(grid.line(0).count == 8)
    }

    @Test("combining marks join the cell before them")
    func marks() {
        var grid = CellGrid(width: 4, height: 1)
        #expect(grid.put("e\u{301}x", x: 0, y: 0) == 2)
        #expect(grid[0, 0].text == "e\u{301}")
        #expect(grid[1, 0].text == "x")
        grid.put("\u{301}", x: 2, y: 0)
        #expect(grid[2, 0].text == "\u{25CC}")
    }

    @Test("an ASCII grid holds nothing else, in the same cells")
    func ascii() {
        var grid = CellGrid(width: 30, height: 2, glyphs: .ascii)
        grid.put("café → 東京 “ok” … ►41% ×", x: 0, y: 0)
        #expect(grid.trimmedText() == "cafe > ???? \"ok\" . >41% x\n")
        Frame(title: "é", isFocused: true).draw(in: grid.bounds, of: &grid)
        #expect(grid.text().unicodeScalars.allSatisfy { $0.isASCII })
    }

    @Test("only cells that differ are given for writing, wide ones by their first cell")
    func differences() {
        var old = CellGrid(width: 8, height: 2)
        old.put("ab東cd", x: 0, y: 0)
        var new = old
        new.put("京", x: 2, y: 0)
        new.put("z", x: 7, y: 1)
        var written: [String] = []
        new.forEachDifference(from: old) { x, y, cell in written.append("\(x),\(y) \(cell.text)") }
        #expect(written == ["2,0 京", "7,1 z"])
        written = []
        old.forEachDifference(from: old) { x, y, _ in written.append("\(x),\(y)") }
        #expect(written.isEmpty)
        old.forEachDifference(from: nil) { x, y, _ in written.append("\(x),\(y)") }
        #expect(written.count == 15)
        // A change of style in the right half alone rewrites the character.
        var styled = old
        styled.restyle(Rect(x: 3, y: 0, width: 1, height: 1), ground: .select)
        written = []
        styled.forEachDifference(from: old) { x, y, _ in written.append("\(x),\(y)") }
        #expect(written == ["2,0"])
    }

    @Test("random drawing leaves no half characters behind")
    func fuzz() {
        var random = Dice(seed: 3)
        for _ in 0..<60 {
            var grid = CellGrid(width: 1 + random.next(12), height: 1 + random.next(3))
            for _ in 0..<30 {
                let text = random.text(length: 1 + random.next(4))
                let clip = Rect(x: random.next(6) - 2, y: 0, width: random.next(10), height: 3)
                grid.put(text, x: random.next(14) - 3, y: random.next(3), in: random.next(2) == 0 ? clip : nil)
                if random.next(4) == 0 {
                    grid.fill(Rect(x: random.next(8), y: 0, width: random.next(5), height: 2))
                }
            }
            for y in 0..<grid.height {
                #expect(TextWidth.of(grid.line(y)) == grid.width)
                for x in 0..<grid.width {
                    if grid[x, y].width == 2 { #expect(x + 1 < grid.width && grid[x + 1, y].width == 0) }
                    if grid[x, y].width == 0 { #expect(x > 0 && grid[x - 1, y].width == 2) }
                }
            }
        }
    }
}

@Suite("Layout")
struct LayoutTests {
    @Test("fixed parts first, the rest by weight")
    func split() {
        let area = Rect(x: 2, y: 1, width: 40, height: 10)
        #expect(area.rows([.fixed(1), .rest, .fixed(2)]).map(\.height) == [1, 7, 2])
        #expect(area.rows([.fixed(1), .rest, .fixed(2)]).map(\.y) == [1, 2, 9])
        #expect(area.columns([.flexible(weight: 2), .flexible(weight: 1)], gap: 1).map(\.width) == [26, 13])
        #expect(area.columns([.flexible(weight: 1, minimum: 30), .rest]).map(\.width) == [30, 10])
        #expect(area.columns([.fraction(0.25), .rest]).map(\.width) == [10, 30])
        #expect(area.columns([.fixed(30), .fixed(30), .rest]).map(\.width) == [30, 10, 0])
    }

    @Test("panes never leave their area, whatever is asked")
    func bounded() {
        var random = Dice(seed: 5)
        for _ in 0..<500 {
            let sizes = (0..<(1 + random.next(5))).map { _ -> Extent in
                switch random.next(3) {
                case 0: .fixed(random.next(30))
                case 1: .flexible(weight: random.next(4), minimum: random.next(10))
                default: .fraction(Double(random.next(12)) / 10, minimum: random.next(5))
                }
            }
            let area = Rect(x: 3, y: 0, width: random.next(50), height: 4)
            let gap = random.next(2)
            var last = area.x
            for pane in area.columns(sizes, gap: gap) {
                #expect(pane.x >= last || pane.width == 0)
                #expect(pane.maxX <= area.maxX && pane.x <= area.maxX)
                last = pane.maxX
            }
        }
    }

    @Test("rectangles cut to nothing are empty, not negative")
    func rects() {
        let small = Rect(x: 0, y: 0, width: 1, height: 1)
        #expect(small.inset(by: 1).isEmpty)
        #expect(small.removing(top: 3, bottom: 3, left: 2).isEmpty)
        #expect(small.intersection(Rect(x: 5, y: 5, width: 2, height: 2)).isEmpty)
        #expect(small.row(1).isEmpty)
        #expect(small.centered(width: 10, height: 10) == small)
    }
}
