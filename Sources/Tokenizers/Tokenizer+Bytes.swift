extension Tokenizer {
    /// The ids of any bytes, for vocabularies that have a token for every byte. Stretches of well-formed UTF-8 give what
    /// their text gives; a byte that is none is its own token. nil where the vocabulary is not byte-level.
    public func encode(bytes: [UInt8]) -> [Int32]? {
        guard case .bytePair(let model) = model, model.takesBytes, let byteIDs = model.idsOfBytes else { return nil }
        var ids: [Int32] = []
        var start = 0
        while start < bytes.count {
            let end = bytes.endOfText(from: start)
            if end > start {
                ids += encode(String(decoding: bytes[start..<end], as: UTF8.self), addSpecialTokens: false)
                start = end
            } else {
                ids.append(byteIDs[Int(bytes[start])])
                start += 1
            }
        }
        return ids
    }

    /// The bytes that tokens of a byte-level vocabulary stand for, special tokens by their text; nil for others.
    public func decodeBytes(_ ids: some Sequence<Int32>) -> [UInt8]? {
        guard case .bytePair(let model) = model, model.takesBytes else { return nil }
        var bytes: [UInt8] = []
        for id in ids {
            guard let token = decodedBytes(of: id, skipsSpecialTokens: false) else { continue }
            bytes += ByteAlphabet.shared.rawBytes(ofToken: token[...]) ?? token
        }
        return bytes
    }
}

extension [UInt8] {
    /// The end of the well-formed UTF-8 that starts at `start` (Unicode 16, table 3-7).
    func endOfText(from start: Int) -> Int {
        var position = start
        while position < count {
            let first = self[position]
            let length: Int
            var second: ClosedRange<UInt8> = 0x80...0xbf
            switch first {
            case 0..<0x80: length = 1
            case 0xc2...0xdf: length = 2
            case 0xe0: (length, second) = (3, 0xa0...0xbf)
            case 0xed: (length, second) = (3, 0x80...0x9f)
            case 0xe1...0xef: length = 3
            case 0xf0: (length, second) = (4, 0x90...0xbf)
            case 0xf4: (length, second) = (4, 0x80...0x8f)
            case 0xf1...0xf3: length = 4
            default: return position
            }
            guard position + length <= count else { return position }
            if length > 1 {
                guard second.contains(self[position + 1]) else { return position }
                for offset in 2..<Swift.max(length, 2) where self[position + offset] & 0xc0 != 0x80 { return position }
            }
            position += length
        }
        return position
    }
}
