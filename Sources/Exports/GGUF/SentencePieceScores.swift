import Tensors

/// The pieces of a `tokenizer.model`, as far as an export needs them.
///
/// - Source: SentencePiece's `sentencepiece_model.proto`: field 1 of the model is a piece, with its text (1), its score
///   (2) and its type (3).
struct SentencePieceScores {
    struct Piece: Equatable {
        var text: String
        var score: Float
        /// 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte: the numbers of GGUF, too.
        var type: Int32
    }

    let pieces: [Piece]

    /// Nil when there is no such file or it is no SentencePiece model.
    init?(path: String) {
        guard let file = try? MappedFile(path: path), file.count > 0, file.count < 256 << 20 else { return nil }
        self.init(bytes: file.bytes(0..<file.count))
    }

    init?(bytes: [UInt8]) {
        var pieces: [Piece] = []
        var reader = ProtocolBuffer(bytes[...])
        while !reader.isAtEnd {
            guard let field = reader.next() else { return nil }
            guard field.number == 1 else { continue }
            guard let body = field.bytes else { return nil }
            var piece = Piece(text: "", score: 0, type: 1)
            var inner = ProtocolBuffer(body)
            while !inner.isAtEnd {
                guard let part = inner.next() else { return nil }
                switch (part.number, part.bytes, part.word) {
                case (1, let text?, _): piece.text = String(decoding: text, as: UTF8.self)
                case (2, _, let bits?): piece.score = Float(bitPattern: UInt32(truncatingIfNeeded: bits))
                case (3, _, let type?): piece.type = Int32(clamping: type)
                default: break
                }
            }
            pieces.append(piece)
        }
        guard !pieces.isEmpty else { return nil }
        self.pieces = pieces
    }
}

/// Fields of a protocol buffer, one after the other.
private struct ProtocolBuffer {
    struct Field {
        var number: UInt64
        /// Of a varint or a fixed number.
        var word: UInt64?
        /// Of a text or an inner message.
        var bytes: ArraySlice<UInt8>?
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    /// Nil when the bytes are no protocol buffer.
    mutating func next() -> Field? {
        guard let tag = varint() else { return nil }
        var field = Field(number: tag >> 3)
        switch tag & 7 {
        case 0:
            guard let word = varint() else { return nil }
            field.word = word
        case 1:
            guard let word = fixed(8) else { return nil }
            field.word = word
        case 5:
            guard let word = fixed(4) else { return nil }
            field.word = word
        case 2:
            guard let length = varint(), length <= UInt64(rest.count) else { return nil }
            field.bytes = rest.prefix(Int(length))
            rest = rest.dropFirst(Int(length))
        default: return nil
        }
        return field
    }

    private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }

    private mutating func fixed(_ count: Int) -> UInt64? {
        guard rest.count >= count else { return nil }
        let value = rest.prefix(count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        rest = rest.dropFirst(count)
        return value
    }
}
