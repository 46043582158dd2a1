/// Finds added tokens: the leftmost, of those the longest.
struct AddedTokenFinder: Sendable {
    private struct Node: Sendable {
        var children: [UInt8: Int32] = [:]
        var token: Int32 = -1
    }

    private var nodes = [Node()]
    private var startsToken = [Bool](repeating: false, count: 256)
    private var tokens: [AddedToken] = []

    var isEmpty: Bool { tokens.isEmpty }

    mutating func add(_ token: AddedToken, spelled: [UInt8]) {
        guard let first = spelled.first else { return }
        startsToken[Int(first)] = true
        var node = 0
        for byte in spelled {
            if let child = nodes[node].children[byte] {
                node = Int(child)
            } else {
                nodes.append(Node())
                nodes[node].children[byte] = Int32(nodes.count - 1)
                node = nodes.count - 1
            }
        }
        if nodes[node].token < 0 { nodes[node].token = Int32(tokens.count) }
        tokens.append(token)
    }

    struct Found {
        var id: Int32
        var range: Range<Int>
    }

    /// The tokens in `bytes[range]`, with the white space that they take along.
    func find(in bytes: [UInt8], _ range: Range<Int>) -> [Found] {
        guard !tokens.isEmpty else { return [] }
        var found: [Found] = []
        var position = range.lowerBound
        var taken = range.lowerBound
        while position < range.upperBound {
            guard startsToken[Int(bytes[position])], let match = longest(bytes, position, range.upperBound) else {
                position += 1
                continue
            }
            let token = tokens[match.token]
            if !token.isSingleWord || standsAlone(bytes, position..<match.end, in: range) {
                var start = position
                var end = match.end
                if token.stripsLeft { start = max(spaceStart(bytes, start, lowest: range.lowerBound), taken) }
                if token.stripsRight { end = spaceEnd(bytes, end, range.upperBound) }
                start = max(start, min(taken, end))
                found.append(Found(id: token.id, range: start..<end))
                taken = end
            }
            position = match.end
        }
        return found
    }

    private func longest(_ bytes: [UInt8], _ start: Int, _ end: Int) -> (token: Int, end: Int)? {
        var node = 0
        var best: (token: Int, end: Int)?
        var position = start
        while position < end, let child = nodes[node].children[bytes[position]] {
            node = Int(child)
            position += 1
            if nodes[node].token >= 0 { best = (Int(nodes[node].token), position) }
        }
        return best
    }

    private func standsAlone(_ bytes: [UInt8], _ match: Range<Int>, in range: Range<Int>) -> Bool {
        let table = UnicodeTable.shared
        if match.lowerBound > range.lowerBound {
            let before = bytes.scalarStart(before: match.lowerBound, lowest: range.lowerBound)
            if table.isWord(bytes.scalar(at: before).value) { return false }
        }
        return match.upperBound == range.upperBound || !table.isWord(bytes.scalar(at: match.upperBound).value)
    }

    private func spaceStart(_ bytes: [UInt8], _ position: Int, lowest: Int) -> Int {
        var start = position
        while start > lowest {
            let before = bytes.scalarStart(before: start, lowest: lowest)
            guard UnicodeTable.shared.isWhiteSpace(bytes.scalar(at: before).value) else { break }
            start = before
        }
        return start
    }

    private func spaceEnd(_ bytes: [UInt8], _ position: Int, _ highest: Int) -> Int {
        var end = position
        while end < highest, case let (scalar, next) = bytes.scalar(at: end),
            UnicodeTable.shared.isWhiteSpace(scalar)
        {
            end = next
        }
        return end
    }
}
