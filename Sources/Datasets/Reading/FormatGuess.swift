import OrderedJSON
import Tables

/// Tells what a file is from the beginning of its content, and from its name where that leaves it open.
enum FormatGuess {
    enum Layout: Equatable {
        case jsonLines
        case jsonArray
        /// Objects over several lines: one, or one behind the other.
        case jsonObjects
        case delimited(UInt8)
        case parquet
        case text
    }

    /// `head` is the beginning, unpacked, without a byte order mark; `isWhole` says whether that is all of it. The
    /// ending of `name` says what the file is meant to be.
    static func layout(
        _ head: ArraySlice<UInt8>, isWhole: Bool, name: String, choices: ReadingChoices
    ) -> Layout {
        if head.starts(with: Array("PAR1".utf8)) { return .parquet }
        let ending = ending(of: name)
        switch choices.format {
        case .parquet: return .parquet
        case .text: return .text
        case .jsonLines: return .jsonLines
        case .json: return json(head, isWhole: isWhole)
        case .csv:
            return .delimited(choices.delimiter ?? guess(head, isWhole, ending)?.delimiter ?? UInt8(ascii: ","))
        case nil: break
        }
        if let delimiter = choices.delimiter { return .delimited(delimiter) }
        let first = head.first { !DatasetFile.isSpace($0) }
        let looksJSON = first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        switch ending {
        case "csv", "tsv", "tab", "psv":
            if looksJSON, isJSON(head) { return json(head, isWhole: isWhole) }
            let favourite = ending == "csv" ? UInt8(ascii: ",") : ending == "psv" ? UInt8(ascii: "|") : 0x09
            return .delimited(guess(head, isWhole, ending)?.delimiter ?? favourite)
        case "txt", "text", "md":
            return looksJSON && isJSON(head) ? json(head, isWhole: isWhole) : .text
        default: break
        }
        if looksJSON { return json(head, isWhole: isWhole) }
        let isNamedJSON = ["jsonl", "json", "ndjson"].contains(ending)
        if lines(head, 20).contains(where: { $0.first == UInt8(ascii: "{") && isObject($0) }) { return .jsonLines }
        // Text with commas is no table: most records must have as many fields as the first.
        if let guess = guess(head, isWhole, ending), guess.records >= 2, guess.share >= 0.95 {
            return .delimited(guess.delimiter)
        }
        return isNamedJSON ? .jsonLines : .text
    }

    /// `rows.jsonl.gz` ends in `jsonl`.
    static func ending(of name: String) -> String {
        var parts = name.lowercased().split(separator: ".").map(String.init)
        if parts.count > 1, let last = parts.last, ["gz", "zst", "zstd", "gzip"].contains(last) { parts.removeLast() }
        return parts.count > 1 ? parts.last ?? "" : ""
    }

    // MARK: JSON

    private static func json(_ head: ArraySlice<UInt8>, isWhole: Bool) -> Layout {
        guard let start = head.firstIndex(where: { !DatasetFile.isSpace($0) }) else { return .jsonLines }
        let first = lines(head[start...], 1)[0]
        let rest = head[first.endIndex...]
        if head[start] == UInt8(ascii: "[") {
            // Lines that hold a list each are lines; a list that goes on is one.
            let isClosed = (try? JSONValue(parsing: first)) != nil
            return isClosed && rest.contains { !DatasetFile.isSpace($0) } ? .jsonLines : .jsonArray
        }
        guard first.endIndex < head.endIndex || isWhole else { return .jsonLines }
        do {
            _ = try JSONValue(parsing: first)
            return .jsonLines
        } catch {
            // Cut at its end, the line goes on in the next, unless that one is an object of its own.
            guard error.offset >= first.count, let next = lines(rest.dropFirst(), 1).first, !next.isEmpty else {
                return .jsonLines
            }
            return isObject(next) ? .jsonLines : .jsonObjects
        }
    }

    private static func isJSON(_ head: ArraySlice<UInt8>) -> Bool {
        guard let start = head.firstIndex(where: { !DatasetFile.isSpace($0) }) else { return false }
        let first = lines(head[start...], 1)[0]
        if let value = try? JSONValue(parsing: first) { return value.object != nil || value.array?.isEmpty == false }
        // An object or list over many lines begins with another bracket, a key, or nothing.
        let next = head[(start + 1)...].first { !DatasetFile.isSpace($0) }
        return next == UInt8(ascii: "{") || head[start] == UInt8(ascii: "{") && next == UInt8(ascii: "\"")
    }

    private static func isObject(_ line: ArraySlice<UInt8>) -> Bool {
        (try? JSONValue(parsing: line))?.object != nil
    }

    private static func lines(_ bytes: ArraySlice<UInt8>, _ count: Int) -> [ArraySlice<UInt8>] {
        Array(bytes.split(separator: 0x0A, maxSplits: count, omittingEmptySubsequences: false).prefix(count))
    }

    // MARK: Tables

    private static func guess(_ head: ArraySlice<UInt8>, _ isWhole: Bool, _ ending: String) -> DelimiterGuess? {
        let favourite: UInt8? =
            switch ending {
            case "csv": UInt8(ascii: ",")
            case "tsv", "tab": 0x09
            case "psv": UInt8(ascii: "|")
            default: nil
            }
        let sample = Array(head.prefix(1 << 16))
        return DelimiterGuess(sample, isWhole: isWhole && sample.count == head.count, favourite: favourite)
    }

    /// Paragraphs where blank lines part them, lines where there are several, else the whole.
    static func unit(of head: ArraySlice<UInt8>) -> TextUnit {
        let lines = Self.lines(head, 2_000)
        let isBlank = lines.map { $0.allSatisfy(DatasetFile.isSpace) }
        guard let last = isBlank.lastIndex(of: false) else { return .whole }
        let blanks = isBlank[..<last].count { $0 }
        if blanks > 0 {
            let runs = (1...max(1, last)).count { isBlank[$0] && !isBlank[$0 - 1] }
            return runs > 0 ? .paragraph : .line
        }
        return last > 0 ? .line : .whole
    }
}
