/// Which delimiter a text uses, told from its first records.
public struct DelimiterGuess: Sendable, Equatable {
    public var delimiter: UInt8
    /// Fields of the first record.
    public var columns: Int
    /// Records looked at, the first included.
    public var records: Int
    /// Of these, how many have as many fields as the first.
    public var regular: Int

    public static let candidates: [UInt8] = [
        UInt8(ascii: ","), UInt8(ascii: "\t"), UInt8(ascii: ";"), UInt8(ascii: "|"),
    ]

    /// The delimiter by which most records have as many fields as the first; with equal shares, the one that gives
    /// more fields. Nil when none parts the first record.
    /// - Parameters:
    ///   - head: The beginning of the file.
    ///   - isWhole: Whether that is all of it; else the last record is left out, which may be cut.
    ///   - favourite: Wins with equal shares, as tab does in a file named `.tsv`.
    public init?(_ head: [UInt8], isWhole: Bool, favourite: UInt8? = nil) {
        var best: DelimiterGuess?
        for delimiter in Self.candidates {
            var reader = DelimitedReader(delimiter: delimiter, bytes: head)
            var counts: [Int] = []
            while counts.count < 200, let record = try? reader.next() { counts.append(record.fields?.count ?? 0) }
            if !isWhole, counts.count > 1, counts.count < 200 { counts.removeLast() }
            guard let columns = counts.first, columns > 1 else { continue }
            let guess = DelimiterGuess(
                delimiter: delimiter, columns: columns, records: counts.count,
                regular: counts.count { $0 == columns })
            guard let known = best else {
                best = guess
                continue
            }
            let order = guess.share - known.share
            if order > 0.05
                || order > -0.05
                    && (delimiter == favourite || known.delimiter != favourite && guess.columns > known.columns)
            {
                best = guess
            }
        }
        guard let best else { return nil }
        self = best
    }

    private init(delimiter: UInt8, columns: Int, records: Int, regular: Int) {
        self.delimiter = delimiter
        self.columns = columns
        self.records = records
        self.regular = regular
    }

    public var share: Double { Double(regular) / Double(records) }

    /// `comma`, `tab`, …, for people.
    public static func name(of delimiter: UInt8) -> String {
        switch delimiter {
        case UInt8(ascii: ","): "comma"
        case UInt8(ascii: "\t"): "tab"
        case UInt8(ascii: ";"): "semicolon"
        case UInt8(ascii: "|"): "bar"
        default: "'\(Character(Unicode.Scalar(delimiter)))'"
        }
    }
}
