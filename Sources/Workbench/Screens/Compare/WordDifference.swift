/// Which words two texts do not share, for drawing one beside the other.
struct WordDifference {
    /// A piece of one text; `isShared` when the other has it too, in the same order.
    struct Piece: Equatable {
        var text: String
        var isShared: Bool
    }

    let left: [Piece]
    let right: [Piece]

    /// Longest common subsequence over words and the spaces between them. Beyond 1,500 words a side the
    /// table would cost a frame: then only the common start and end count as shared.
    init(_ left: String, _ right: String) {
        let a = Self.words(left)
        let b = Self.words(right)
        var start = 0
        while start < min(a.count, b.count), a[start] == b[start] { start += 1 }
        var end = 0
        while end < min(a.count, b.count) - start, a[a.count - 1 - end] == b[b.count - 1 - end] { end += 1 }
        let middleA = a[start..<(a.count - end)]
        let middleB = b[start..<(b.count - end)]
        var sharedA = [Bool](repeating: false, count: middleA.count)
        var sharedB = [Bool](repeating: false, count: middleB.count)
        if middleA.count <= 1500, middleB.count <= 1500 {
            Self.mark(Array(middleA), Array(middleB), &sharedA, &sharedB)
        }
        let edges = { (count: Int) in [Bool](repeating: true, count: count) }
        self.left = Self.pieces(a, edges(start) + sharedA + edges(end))
        self.right = Self.pieces(b, edges(start) + sharedB + edges(end))
    }

    private static func words(_ text: String) -> [Substring] {
        var words: [Substring] = []
        var rest = Substring(text)
        while let first = rest.first {
            let isSpace = first.isWhitespace
            let word = rest.prefix { $0.isWhitespace == isSpace }
            words.append(word)
            rest = rest[word.endIndex...]
        }
        return words
    }

    private static func mark(_ a: [Substring], _ b: [Substring], _ sharedA: inout [Bool], _ sharedB: inout [Bool]) {
        let width = b.count + 1
        var lengths = [Int32](repeating: 0, count: (a.count + 1) * width)
        for i in stride(from: a.count - 1, through: 0, by: -1) {
            for j in stride(from: b.count - 1, through: 0, by: -1) {
                lengths[i * width + j] =
                    a[i] == b[j]
                    ? lengths[(i + 1) * width + j + 1] + 1
                    : max(lengths[(i + 1) * width + j], lengths[i * width + j + 1])
            }
        }
        var i = 0
        var j = 0
        while i < a.count, j < b.count {
            if a[i] == b[j] {
                sharedA[i] = true
                sharedB[j] = true
                i += 1
                j += 1
            } else if lengths[(i + 1) * width + j] >= lengths[i * width + j + 1] {
                i += 1
            } else {
                j += 1
            }
        }
    }

    private static func pieces(_ words: [Substring], _ shared: [Bool]) -> [Piece] {
        var pieces: [Piece] = []
        for (word, isShared) in zip(words, shared) {
            if let last = pieces.indices.last, pieces[last].isShared == isShared {
                pieces[last].text += word
            } else {
                pieces.append(Piece(text: String(word), isShared: isShared))
            }
        }
        return pieces
    }
}
