struct Token: Sendable {
    enum Kind: Sendable, Equatable {
        case data(String)
        case statementBegin
        case statementEnd
        case printBegin
        case printEnd
        case name(String)
        case string(String)
        case integer(Int)
        case float(Double)
        case symbol(String)
        case end
    }

    let kind: Kind
    let line: Int

    /// As error messages quote it.
    var text: String {
        switch kind {
        case .data: "template text"
        case .statementBegin: "begin of statement block"
        case .statementEnd: "end of statement block"
        case .printBegin: "begin of print statement"
        case .printEnd: "end of print statement"
        case .name(let name): name
        case .string: "string"
        case .integer: "integer"
        case .float: "float"
        case .symbol(let symbol): symbol
        case .end: "end of template"
        }
    }
}

/// Cuts a template into tokens, with the whitespace rules of `trim_blocks` and `lstrip_blocks`.
struct TemplateScanner {
    private(set) var tokens: [Token] = []
    private(set) var currentLine = 1

    private let source: [Unicode.Scalar]
    private var position = 0
    private var lineStarts = true
    private var countedTo = 0

    init(source: String) {
        // Every kind of line end becomes "\n", and one at the very end is dropped.
        var scalars: [Unicode.Scalar] = []
        var previousWasReturn = false
        for scalar in source.unicodeScalars {
            if scalar == "\r" {
                scalars.append("\n")
            } else if !(scalar == "\n" && previousWasReturn) {
                scalars.append(scalar)
            }
            previousWasReturn = scalar == "\r"
        }
        if scalars.last == "\n" { scalars.removeLast() }
        self.source = scalars
    }

    mutating func scan() throws(Fault) {
        while position < source.count { try scanText() }
        advanceLine(to: source.count)
        tokens.append(Token(kind: .end, line: currentLine))
    }

    // MARK: Text between tags

    private mutating func scanText() throws(Fault) {
        var tag = position
        while tag < source.count {
            if source[tag] == "{", let next = scalar(tag + 1), next == "%" || next == "{" || next == "#" { break }
            tag += 1
        }
        guard tag < source.count else {
            emitData(position..<source.count)
            position = source.count
            return
        }
        let kind = source[tag + 1]
        let sign: Unicode.Scalar? = scalar(tag + 2).flatMap { $0 == "-" || $0 == "+" ? $0 : nil }
        emitData(trimmedEnd(of: position..<tag, sign: sign, stripsLine: kind != "{"))
        advanceLine(to: tag)
        position = tag + 2 + (sign == nil ? 0 : 1)
        switch kind {
        case "#":
            try skipComment()
        case "%":
            if let end = rawBlockStart(at: position) {
                position = end
                try scanRaw()
            } else {
                tokens.append(Token(kind: .statementBegin, line: currentLine))
                try scanTag(closing: "%")
            }
        default:
            tokens.append(Token(kind: .printBegin, line: currentLine))
            try scanTag(closing: "}")
        }
        lineStarts = source[position - 1] == "\n"
    }

    private func scalar(_ index: Int) -> Unicode.Scalar? { index < source.count ? source[index] : nil }

    private func trimmedEnd(of range: Range<Int>, sign: Unicode.Scalar?, stripsLine: Bool) -> Range<Int> {
        var end = range.upperBound
        if sign == "-" {
            while end > range.lowerBound, source[end - 1].isPythonSpace { end -= 1 }
        } else if sign == nil, stripsLine {
            while end > range.lowerBound, source[end - 1] != "\n", source[end - 1].isPythonSpace { end -= 1 }
            let reachesLineStart = end == range.lowerBound ? lineStarts : source[end - 1] == "\n"
            if !reachesLineStart { end = range.upperBound }
        }
        return range.lowerBound..<end
    }

    private mutating func emitData(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        advanceLine(to: range.lowerBound)
        tokens.append(Token(kind: .data(text(range)), line: currentLine))
    }

    private func text(_ range: Range<Int>) -> String {
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: source[range])
        return String(scalars)
    }

    private mutating func advanceLine(to index: Int) {
        while countedTo < index {
            if source[countedTo] == "\n" { currentLine += 1 }
            countedTo += 1
        }
    }

    private func skippingSpace(_ index: Int) -> Int {
        var index = index
        while index < source.count, source[index].isPythonSpace { index += 1 }
        return index
    }

    /// Where the text goes on after a closing mark (`%}`, `#}`) at `index`, or nil when none stands there.
    private func afterClosing(_ mark: Unicode.Scalar, at index: Int, trimsNewline: Bool = true) -> Int? {
        var index = index
        let sign = scalar(index)
        if sign == "-" || (sign == "+" && trimsNewline) { index += 1 }
        guard scalar(index) == mark, scalar(index + 1) == "}" else { return nil }
        index += 2
        if sign == "-" { return skippingSpace(index) }
        if sign != "+", trimsNewline, scalar(index) == "\n" { return index + 1 }
        return index
    }

    private mutating func skipComment() throws(Fault) {
        var index = position
        while index < source.count {
            if let end = afterClosing("#", at: index) {
                position = end
                return
            }
            index += 1
        }
        // Jinja takes a comment that is opened at the very end for an empty one.
        guard position < source.count else { return }
        throw .syntax("Missing end of comment tag")
    }

    private func word(_ word: String, at index: Int) -> Int? {
        var index = index
        for expected in word.unicodeScalars {
            guard scalar(index) == expected else { return nil }
            index += 1
        }
        return index
    }

    private func rawBlockStart(at index: Int) -> Int? {
        guard let end = word("raw", at: skippingSpace(index)) else { return nil }
        let close = skippingSpace(end)
        let strips = scalar(close) == "-"
        let mark = close + (strips ? 1 : 0)
        guard scalar(mark) == "%", scalar(mark + 1) == "}" else { return nil }
        return strips ? skippingSpace(mark + 2) : mark + 2
    }

    private mutating func scanRaw() throws(Fault) {
        // The start of the raw text counts as the middle of a line unless the tag ended one.
        lineStarts = source[position - 1] == "\n"
        var index = position
        while index + 1 < source.count {
            defer { index += 1 }
            guard source[index] == "{", source[index + 1] == "%" else { continue }
            let sign: Unicode.Scalar? = scalar(index + 2).flatMap { $0 == "-" || $0 == "+" ? $0 : nil }
            guard let end = word("endraw", at: skippingSpace(index + 2 + (sign == nil ? 0 : 1))),
                let after = afterClosing("%", at: skippingSpace(end))
            else { continue }
            emitData(trimmedEnd(of: position..<index, sign: sign, stripsLine: true))
            position = after
            return
        }
        guard position < source.count else { return }
        throw .syntax("Missing end of raw directive")
    }

    // MARK: Inside tags

    private static let symbols = [
        "**", "//", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=",
        ".", ":", "|", ",", ";",
    ]

    private mutating func scanTag(closing mark: Unicode.Scalar) throws(Fault) {
        var open: [Unicode.Scalar] = []
        while position < source.count {
            advanceLine(to: position)
            if open.isEmpty, let end = afterClosing(mark, at: position, trimsNewline: mark == "%") {
                tokens.append(Token(kind: mark == "%" ? .statementEnd : .printEnd, line: currentLine))
                position = end
                return
            }
            let first = source[position]
            if first.isPythonSpace {
                position += 1
            } else if first.isASCIIDigit {
                try scanNumber()
            } else if first == "_" || first.properties.isXIDStart {
                let start = position
                while position < source.count, source[position] == "_" || source[position].properties.isXIDContinue {
                    position += 1
                }
                tokens.append(Token(kind: .name(text(start..<position)), line: currentLine))
            } else if first == "'" || first == "\"" {
                try scanString(quote: first)
            } else {
                try scanSymbol(&open)
            }
        }
        advanceLine(to: position)
        throw .syntax("unexpected end of template, expected '\(mark == "%" ? "%}" : "}}")'")
    }

    private mutating func scanSymbol(_ open: inout [Unicode.Scalar]) throws(Fault) {
        guard let symbol = Self.symbols.first(where: { word($0, at: position) != nil }) else {
            throw .syntax("unexpected char \(PythonText.repr(String(source[position])))")
        }
        switch symbol {
        case "(": open.append(")")
        case "[": open.append("]")
        case "{": open.append("}")
        case ")", "]", "}":
            guard let expected = open.popLast() else { throw .syntax("unexpected '\(symbol)'") }
            guard String(expected) == symbol else { throw .syntax("unexpected '\(symbol)', expected '\(expected)'") }
        default: break
        }
        tokens.append(Token(kind: .symbol(symbol), line: currentLine))
        position += symbol.unicodeScalars.count
    }

    /// Digits with single underscores between them.
    private func digitsEnd(_ index: Int, _ accepts: (Unicode.Scalar) -> Bool) -> Int? {
        guard let first = scalar(index), accepts(first) else { return nil }
        var end = index + 1
        while let next = scalar(end) {
            if accepts(next) {
                end += 1
            } else if next == "_", let after = scalar(end + 1), accepts(after) {
                end += 2
            } else {
                break
            }
        }
        return end
    }

    private mutating func scanNumber() throws(Fault) {
        let start = position
        let followsDot = start > 0 && source[start - 1] == "."
        let isDigit = { (scalar: Unicode.Scalar) in scalar.isASCIIDigit }
        if !followsDot, let whole = digitsEnd(start, isDigit) {
            var end = whole
            var isFloat = false
            if scalar(end) == ".", let fraction = digitsEnd(end + 1, isDigit) {
                end = fraction
                isFloat = true
            }
            if scalar(end) == "e" || scalar(end) == "E" {
                let signed = scalar(end + 1) == "+" || scalar(end + 1) == "-" ? end + 2 : end + 1
                if let exponent = digitsEnd(signed, isDigit) {
                    end = exponent
                    isFloat = true
                }
            }
            if isFloat {
                let digits = text(start..<end).filter { $0 != "_" }
                tokens.append(Token(kind: .float(Double(digits) ?? .infinity), line: currentLine))
                position = end
                return
            }
        }
        var radix = 10
        var digitsStart = start
        var end = start + 1
        if source[start] == "0" {
            let prefixes: [(Unicode.Scalar, Int)] = [("b", 2), ("o", 8), ("x", 16)]
            let letter = scalar(start + 1).map { Unicode.Scalar($0.value | 0x20) ?? $0 }
            if let (_, base) = prefixes.first(where: { $0.0 == letter }) {
                let first = scalar(start + 2) == "_" ? start + 3 : start + 2
                if let last = digitsEnd(first, { Int(String($0), radix: base) != nil }) {
                    (radix, digitsStart, end) = (base, first, last)
                }
            } else {
                end = digitsEnd(start) { $0 == "0" } ?? end
            }
        } else {
            end = digitsEnd(start, isDigit) ?? end
        }
        guard let value = Int(text(digitsStart..<end).filter { $0 != "_" }, radix: radix) else {
            throw .syntax("the integer \(text(start..<min(end, start + 40))) does not fit 64 bits")
        }
        tokens.append(Token(kind: .integer(value), line: currentLine))
        position = end
    }

    private mutating func scanString(quote: Unicode.Scalar) throws(Fault) {
        var index = position + 1
        while index < source.count, source[index] != quote { index += source[index] == "\\" ? 2 : 1 }
        guard index < source.count else {
            throw .syntax("unexpected char \(PythonText.repr(String(quote))): the string is not closed")
        }
        let value = try StringEscapes.decode(source[position + 1..<index])
        tokens.append(Token(kind: .string(value), line: currentLine))
        position = index + 1
    }
}
