/// Dots finer than cells: 2×4 to a cell in braille, 2×2 in blocks, 1×1 in ASCII. A cell shows the line if any line
/// passes through it, in the style of the first series to do so, and otherwise the thin dots of the raw points.
struct DotCanvas {
    let width: Int
    let height: Int
    let glyphs: GlyphSet
    private var lineDots: [UInt8]
    private var rawDots: [UInt8]
    private var lineOwner: [UInt8]
    private var rawOwner: [UInt8]

    init(width: Int, height: Int, glyphs: GlyphSet) {
        self.width = max(0, width)
        self.height = max(0, height)
        self.glyphs = glyphs
        lineDots = Array(repeating: 0, count: self.width * self.height)
        rawDots = lineDots
        lineOwner = Array(repeating: 255, count: lineDots.count)
        rawOwner = lineOwner
    }

    static func dotsAcross(_ glyphs: GlyphSet) -> Int { glyphs == .ascii ? 1 : 2 }
    static func dotsDown(_ glyphs: GlyphSet) -> Int { glyphs == .ascii ? 1 : glyphs == .block ? 2 : 4 }

    var columns: Int { width * DotCanvas.dotsAcross(glyphs) }
    var rows: Int { height * DotCanvas.dotsDown(glyphs) }

    mutating func set(_ x: Int, _ y: Int, series: Int, isLine: Bool) {
        guard x >= 0 && y >= 0 && x < columns && y < rows else { return }
        let across = DotCanvas.dotsAcross(glyphs)
        let down = DotCanvas.dotsDown(glyphs)
        let cell = (y / down) * width + x / across
        let bit = DotCanvas.bit(x % across, y % down, glyphs)
        let owner = UInt8(min(254, series))
        if isLine {
            lineDots[cell] |= bit
            if lineOwner[cell] == 255 { lineOwner[cell] = owner }
        } else {
            rawDots[cell] |= bit
            if rawOwner[cell] == 255 { rawOwner[cell] = owner }
        }
    }

    private static func bit(_ x: Int, _ y: Int, _ glyphs: GlyphSet) -> UInt8 {
        switch glyphs {
        case .braille:
            // Braille numbers its dots down the first three rows of each column, then the fourth row.
            if y == 3 { return x == 0 ? 0x40 : 0x80 }
            return UInt8(1 << (y + x * 3))
        case .block: return UInt8(1 << (y * 2 + x))
        case .ascii: return 1
        }
    }

    /// Quarter blocks by their bits: top left, top right, bottom left, bottom right.
    private static let quarters: [Unicode.Scalar] = [
        " ", "▘", "▝", "▀", "▖", "▌", "▞", "▛", "▗", "▚", "▐", "▜", "▄", "▙", "▟", "█",
    ]

    func draw(in plot: Rect, of grid: inout CellGrid, series: [ChartSeries]) {
        for y in 0..<min(height, plot.height) {
            for x in 0..<min(width, plot.width) {
                let cell = y * width + x
                let line = lineDots[cell]
                let raw = rawDots[cell]
                guard line | raw != 0 else { continue }
                let isLine = line != 0
                let owner = Int(isLine ? lineOwner[cell] : rawOwner[cell])
                guard owner < series.count else { continue }
                let style = Style(series[owner].role, isLine ? .bold : .dim)
                let scalar: Unicode.Scalar
                switch glyphs {
                case .braille: scalar = Unicode.Scalar(0x2800 + UInt32(line | raw)) ?? " "
                case .block: scalar = DotCanvas.quarters[Int(line | raw)]
                case .ascii:
                    let marker = series[owner].marker.unicodeScalars.first ?? "*"
                    scalar = isLine ? (marker.isASCII ? marker : "*") : "."
                }
                grid[plot.x + x, plot.y + y] = Cell(scalar, style)
            }
        }
    }
}
