/// Text on its way to the model, together with the place in the original text that each of its bytes came from.
struct AlignedText: Sendable {
    var bytes: [UInt8]
    /// Where the first byte lies in the original text, when nothing was changed.
    var base: Int
    /// Start and end in the original text of each byte; nil while the bytes are those of the original.
    var starts: [Int]?
    var ends: [Int]?

    init(_ bytes: [UInt8], base: Int = 0) {
        self.bytes = bytes
        self.base = base
    }

    /// The bytes of the original text that a piece stands for: empty for a piece that was inserted.
    func origin(of range: Range<Int>) -> Range<Int> {
        guard let starts, let ends else { return (base + range.lowerBound)..<(base + range.upperBound) }
        guard !range.isEmpty else {
            let place = range.lowerBound < starts.count ? starts[range.lowerBound] : ends.last ?? base
            return place..<place
        }
        let lower = starts[range.lowerBound]
        return lower..<max(lower, ends[range.upperBound - 1])
    }
}

/// Writes a changed copy of an `AlignedText`, piece by piece from left to right.
struct AlignedTextWriter {
    private let source: AlignedText
    private let tracks: Bool
    private(set) var bytes: [UInt8] = []
    private var starts: [Int] = []
    private var ends: [Int] = []

    /// `tracks`: whether origins are wanted; without them writing is a plain append.
    init(_ source: AlignedText, tracks: Bool) {
        self.source = source
        self.tracks = tracks
        bytes.reserveCapacity(source.bytes.count + 16)
    }

    var count: Int { bytes.count }

    mutating func copy(_ range: Range<Int>) {
        bytes.append(contentsOf: source.bytes[range])
        guard tracks else { return }
        if let sourceStarts = source.starts, let sourceEnds = source.ends {
            starts.append(contentsOf: sourceStarts[range])
            ends.append(contentsOf: sourceEnds[range])
        } else {
            for index in range {
                starts.append(source.base + index)
                ends.append(source.base + index + 1)
            }
        }
    }

    /// Writes `new` in the place of `range`, all of whose bytes it then stands for. An empty range inserts.
    mutating func replace(_ range: Range<Int>, with new: some Collection<UInt8>) {
        bytes.append(contentsOf: new)
        guard tracks else { return }
        let origin = source.origin(of: range)
        for _ in 0..<new.count {
            starts.append(origin.lowerBound)
            ends.append(origin.upperBound)
        }
    }

    mutating func insert(_ new: some Collection<UInt8>, at place: Int) { replace(place..<place, with: new) }

    consuming func finish() -> AlignedText {
        var result = AlignedText(bytes)
        if tracks {
            result.starts = starts
            result.ends = ends
        }
        return result
    }
}
