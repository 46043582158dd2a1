/// What sentencepiece does to text before it looks for pieces (its `Normalizer::Normalize`): the longest rule of the
/// character map that matches, runs of spaces made one, a space in front, spaces written as `▁`.
struct SentencePieceNormalizer: Sendable {
    var map: PrecompiledMap?
    var addsDummyPrefix = true
    var removesExtraSpaces = true
    var escapesSpaces = true
    var putsSpaceBehind = false

    private static let sign: [UInt8] = [0xe2, 0x96, 0x81]

    func apply(to text: AlignedText, tracks: Bool) -> AlignedText {
        let bytes = text.bytes
        let space = escapesSpaces ? Self.sign : [0x20]
        var position = 0
        if removesExtraSpaces {
            while position < bytes.count, case let rule = step(bytes, position), rule.text.elementsEqual([0x20]) {
                position = rule.end
            }
        }
        guard position < bytes.count else { return AlignedText([], base: text.base) }
        var end = bytes.count
        // Spaces at the end are dropped by what they become, so the rules are run over them first.
        var steps: [(range: Range<Int>, text: ArraySlice<UInt8>)] = []
        var followsSpace = removesExtraSpaces
        while position < end {
            let rule = step(bytes, position)
            var new = rule.text
            while followsSpace, new.first == 0x20 { new.removeFirst() }
            if !new.isEmpty { followsSpace = removesExtraSpaces && new.last == 0x20 }
            steps.append((position..<rule.end, new))
            position = rule.end
        }
        while removesExtraSpaces, let last = steps.last {
            if last.text.isEmpty {
                steps.removeLast()
            } else if last.text.last == 0x20 {
                steps[steps.count - 1].text.removeLast()
            } else if escapesSpaces, last.text.suffix(3).elementsEqual(Self.sign) {
                steps[steps.count - 1].text.removeLast(3)
            } else {
                break
            }
        }
        if removesExtraSpaces, steps.isEmpty, !putsSpaceBehind { return AlignedText([], base: text.base) }
        end = steps.last?.range.upperBound ?? end
        var writer = AlignedTextWriter(text, tracks: tracks)
        if addsDummyPrefix, !putsSpaceBehind { writer.insert(space, at: steps.first?.range.lowerBound ?? 0) }
        for step in steps {
            if step.text.elementsEqual(bytes[step.range]), !step.text.contains(0x20) {
                writer.copy(step.range)
            } else {
                writer.replace(step.range, with: step.text.flatMap { $0 == 0x20 ? space : [$0] })
            }
        }
        if addsDummyPrefix, putsSpaceBehind { writer.insert(space, at: end) }
        return writer.finish()
    }

    private func step(_ bytes: [UInt8], _ position: Int) -> (text: ArraySlice<UInt8>, end: Int) {
        if let found = map?.replacement(in: bytes, position..<bytes.count, takesLongest: true) {
            return (found.text, position + found.length)
        }
        let next = bytes.scalar(at: position).next
        return (bytes[position..<next], next)
    }
}
