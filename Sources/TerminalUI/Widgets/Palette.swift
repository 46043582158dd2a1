/// How well a few typed letters name something.
public enum FuzzyMatch {
    /// Scores `query` against `text`: every character of the query must appear in order, whatever the case. Starts of
    /// words and runs count more, gaps and length less; a query within the text as it stands counts most.
    ///
    /// - Returns: nil when it does not match. Larger is better; an empty query matches everything with 0.
    public static func score(_ query: String, in text: String) -> Int? {
        match(query, in: text)?.score
    }

    /// The score and the positions (in characters) that matched, for showing them.
    public static func match(_ query: String, in text: String) -> (score: Int, positions: [Int])? {
        let wanted = Array(query.lowercased().filter { $0 != " " })
        guard !wanted.isEmpty else { return (0, []) }
        let shown = Array(text)
        let lower = shown.map { Character($0.lowercased().first.map(String.init) ?? " ") }
        guard wanted.count <= lower.count else { return nil }
        // scores[j]: the best way to match the query so far with its last character at j. Texts here are short.
        var scores: [Int?] = lower.indices.map { place in
            lower[place] == wanted[0] ? bonus(at: place, in: lower) + (place == 0 ? 10 : 0) : nil
        }
        var origins: [[Int]] = []
        for character in wanted.dropFirst() {
            var next = [Int?](repeating: nil, count: lower.count)
            var origin = [Int](repeating: -1, count: lower.count)
            for place in lower.indices where lower[place] == character {
                for before in 0..<place {
                    guard let score = scores[before] else { continue }
                    let gap = place - before - 1
                    let total = score + bonus(at: place, in: lower) + (gap == 0 ? 15 : -min(10, gap))
                    if total > next[place] ?? Int.min { (next[place], origin[place]) = (total, before) }
                }
            }
            scores = next
            origins.append(origin)
        }
        var end = -1
        for place in lower.indices {
            if let score = scores[place], end < 0 || score > scores[end] ?? Int.min { end = place }
        }
        guard end >= 0, let score = scores[end] else { return nil }
        var positions = [end]
        for origin in origins.reversed() { positions.append(origin[positions[positions.count - 1]]) }
        return (score + 100 - min(50, lower.count), positions.reversed())
    }

    /// A character at the start of a word says more than one within it.
    private static func bonus(at place: Int, in text: [Character]) -> Int {
        place == 0 || !(text[place - 1].isLetter || text[place - 1].isNumber) ? 12 : 0
    }
}

/// One entry of a menu or of the command palette.
public struct PaletteItem: Sendable, Hashable {
    public var id: String
    public var title: String
    /// Set at the right: usually the key.
    public var detail: String
    /// Why it cannot be chosen now.
    public var refusal: String?

    public init(id: String, title: String, detail: String = "", refusal: String? = nil) {
        self.id = id
        self.title = title
        self.detail = detail
        self.refusal = refusal
    }
}

/// A list filtered by what is typed.
public struct PaletteList: Sendable {
    public var items: [PaletteItem]
    public var query: String
    public var cursor: ListCursor

    public init(items: [PaletteItem], query: String = "", cursor: ListCursor = ListCursor()) {
        self.items = items
        self.query = query
        self.cursor = cursor
    }

    /// The items that match, best first; those that match equally well keep their order.
    public var matches: [PaletteItem] {
        if query.isEmpty { return items }
        let scored = items.enumerated().compactMap { offset, item in
            FuzzyMatch.score(query, in: item.title).map { (score: $0, offset: offset, item: item) }
        }
        return scored.sorted { ($1.score, $0.offset) < ($0.score, $1.offset) }.map(\.item)
    }

    public func draw(in area: Rect, of grid: inout CellGrid) {
        let shown = matches
        var cursor = cursor
        cursor.setCount(shown.count)
        List(cursor: cursor, isFocused: true, emptyText: StyledText("nothing matches", .dim)).draw(in: area, of: &grid)
        {
            index in
            let item = shown[index]
            let isOff = item.refusal != nil
            var text = highlighted(item.title, style: isOff ? .dim : .text)
            if let refusal = item.refusal { text.append("  " + refusal, .dim) }
            return ListRow(text, right: item.detail.isEmpty ? nil : StyledText(item.detail, isOff ? .dim : .accent))
        }
    }

    private func highlighted(_ title: String, style: Style) -> StyledText {
        guard let positions = FuzzyMatch.match(query, in: title)?.positions, !positions.isEmpty else {
            return StyledText(title, style)
        }
        let matched = Set(positions)
        var text = StyledText.empty
        for (position, character) in title.enumerated() {
            text.append(String(character), matched.contains(position) ? style.adding([.bold, .underline]) : style)
        }
        return text
    }
}

/// One line of the help sheet.
public struct KeyHelpLine: Sendable, Hashable {
    public var id: String
    public var keys: String
    public var title: String
    public var refusal: String?

    public init(id: String, keys: String, title: String, refusal: String? = nil) {
        self.id = id
        self.keys = keys
        self.title = title
        self.refusal = refusal
    }
}

/// Lines of the help sheet under one heading.
public struct KeyHelpSection: Sendable, Hashable {
    public var title: String
    public var lines: [KeyHelpLine]

    public init(title: String, lines: [KeyHelpLine]) {
        self.title = title
        self.lines = lines
    }
}

/// The help sheet: all keys by section, filtered by what is typed. One line is selected, for running its action.
public struct KeyHelp: Sendable {
    public var sections: [KeyHelpSection]
    public var filter: String
    /// Index of the selected line among `lines`.
    public var selected: Int

    public init(sections: [KeyHelpSection], filter: String = "", selected: Int = 0) {
        self.sections = sections
        self.filter = filter
        self.selected = selected
    }

    /// The lines that pass the filter, in order, without headings.
    public var lines: [KeyHelpLine] { filtered.flatMap(\.lines) }

    private var filtered: [KeyHelpSection] {
        if filter.isEmpty { return sections }
        return sections.compactMap { section in
            let lines = section.lines.filter { line in
                line.keys.split(separator: " ").contains { $0 == filter }
                    || line.title.lowercased().contains(filter.lowercased())
                    || FuzzyMatch.score(filter, in: line.title).map { $0 > 80 } == true
            }
            return lines.isEmpty ? nil : KeyHelpSection(title: section.title, lines: lines)
        }
    }

    public func draw(in area: Rect, of grid: inout CellGrid) {
        let area = area.intersection(grid.bounds)
        guard !area.isEmpty else { return }
        let shown = filtered
        guard !shown.isEmpty else {
            EmptyState(lines: [StyledText("no key matches", .dim)]).draw(in: area, of: &grid)
            return
        }
        let keyWidth = min(14, max(4, shown.flatMap(\.lines).map { TextWidth.of($0.keys) }.max() ?? 4))
        var rows: [(text: StyledText, isSelected: Bool)] = []
        var position = 0
        var selectedRow = 0
        for section in shown {
            rows.append((StyledText(section.title, .title), false))
            for line in section.lines {
                let isOff = line.refusal != nil
                var text = StyledText("  ")
                text.append(line.keys.paddedToCells(keyWidth), isOff ? .dim : Style(.accent, .bold))
                text.append("  " + line.title, isOff ? .dim : .text)
                if let refusal = line.refusal { text.append("  " + refusal, .dim) }
                if position == selected { selectedRow = rows.count }
                rows.append((text, position == selected))
                position += 1
            }
        }
        // The heading above the first line stays visible with it.
        let first = max(0, min(max(0, selectedRow - area.height / 2), rows.count - area.height))
        for (offset, row) in rows.dropFirst(first).prefix(area.height).enumerated() {
            let line = area.row(offset)
            grid.putFitting(row.text, x: line.x + 1, y: line.y, width: line.width - 1)
            if row.isSelected {
                grid.put(String(grid.glyphs.cursor), x: line.x, y: line.y, style: .accent, in: line)
                grid.restyle(line, ground: .select)
            }
        }
    }
}
