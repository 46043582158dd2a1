/// Unpacks gzip (RFC 1952), of one member or several, and zlib (RFC 1950), piece by piece; checksums are compared.
public struct Gzip {
    private enum State { case start, inside, end }
    private enum Wrapper { case gzip, zlib }

    private var inflate: Inflate
    private var state = State.start
    private var wrapper = Wrapper.gzip
    private var crc = CRC32()
    private var adler = Adler32()
    private var size: UInt32 = 0
    private var members = 0

    public init(_ input: CompressedInput) {
        inflate = Inflate(input)
    }

    /// The next bytes; nil at the end.
    /// - Throws: `DecompressionError`, and what the input throws.
    public mutating func next() throws -> ArraySlice<UInt8>? {
        while true {
            switch state {
            case .end: return nil
            case .start: try readHeader()
            case .inside:
                let piece = try inflate.next()
                if piece.isEmpty {
                    try readTrailer()
                    continue
                }
                if wrapper == .gzip { crc.update(piece) } else { adler.update(piece) }
                size &+= UInt32(truncatingIfNeeded: piece.count)
                return piece
            }
        }
    }

    /// All of it, or an error when it is more than `limit` bytes.
    public static func unpack(_ bytes: [UInt8], limit: Int) throws -> [UInt8] {
        var gzip = Gzip(CompressedInput(bytes))
        var output: [UInt8] = []
        while let piece = try gzip.next() {
            if output.count + piece.count > limit {
                throw DecompressionError(.gzip, offset: bytes.count, reason: "it holds more than \(limit) bytes")
            }
            output += piece
        }
        return output
    }

    private mutating func readHeader() throws {
        guard let first = try inflate.nextByte() else {
            if members == 0 { throw failure("there are no bytes") }
            state = .end
            return
        }
        if first == 0, members > 0 {
            // Tapes and some writers fill the last block with zeros.
            while let byte = try inflate.nextByte() {
                if byte != 0 { throw failure("other bytes come after the end") }
            }
            state = .end
            return
        }
        let second = try byte()
        if members == 0, first & 0x0F == 8, first != 0x1F, (Int(first) << 8 | Int(second)) % 31 == 0 {
            if second & 0x20 != 0 { throw failure("it needs a preset dictionary") }
            wrapper = .zlib
        } else {
            guard first == 0x1F, second == 0x8B else {
                throw failure(members == 0 ? "it does not begin as gzip does" : "other bytes come after the end")
            }
            guard try byte() == 8 else { throw failure("an unknown method of compression") }
            let flags = try byte()
            if flags & 0xE0 != 0 { throw failure("unknown flags in its header") }
            for _ in 0..<6 { _ = try byte() }
            if flags & 4 != 0 {
                let count = Int(try byte()) | Int(try byte()) << 8
                for _ in 0..<count { _ = try byte() }
            }
            if flags & 8 != 0 { while try byte() != 0 {} }
            if flags & 16 != 0 { while try byte() != 0 {} }
            if flags & 2 != 0 { for _ in 0..<2 { _ = try byte() } }
        }
        members += 1
        (crc, adler, size) = (CRC32(), Adler32(), 0)
        inflate.restart()
        state = .inside
    }

    private mutating func readTrailer() throws {
        switch wrapper {
        case .gzip:
            guard try word() == crc.value else { throw failure("its checksum does not match its content") }
            guard try word() == size else { throw failure("its length does not match its content") }
            state = .start
        case .zlib:
            guard try word().byteSwapped == adler.value else {
                throw failure("its checksum does not match its content")
            }
            state = .end
        }
    }

    private mutating func byte() throws -> UInt8 {
        guard let byte = try inflate.nextByte() else { throw failure("the data ends in the middle") }
        return byte
    }

    private mutating func word() throws -> UInt32 {
        var value: UInt32 = 0
        for index in 0..<4 { value |= UInt32(try byte()) << UInt32(8 * index) }
        return value
    }

    private func failure(_ reason: String) -> DecompressionError {
        DecompressionError(wrapper == .gzip ? .gzip : .zlib, offset: inflate.input.offset, reason: reason)
    }
}
