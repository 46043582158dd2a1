#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Splits what a source gives into lines that end at `\n` alone: U+2028, U+0085 and a lone `\r` are content.
struct ByteLines {
    let source: ByteSource
    private(set) var buffer: [UInt8] = []
    private var position = 0
    private var searched = 0
    private(set) var atEnd = false

    init(source: ByteSource) {
        self.source = source
    }

    /// Fills the buffer with about a block without taking a line from it.
    mutating func peek() throws(DatasetError) -> ArraySlice<UInt8> {
        while buffer.count - position < FileBytes.block / 2, !atEnd { try fill() }
        return buffer[position...]
    }

    /// Whether the last line had a line break behind it; known at the end.
    var endsInNewline: Bool { atEnd && buffer.last == 0x0A }

    /// Passes over bytes at the start, such as a byte order mark.
    mutating func skip(_ count: Int) {
        position = min(position + count, buffer.count)
        searched = max(searched, position)
    }

    /// The next line without its `\n`, as a range of `buffer`; nil at the end.
    mutating func next() throws(DatasetError) -> Range<Int>? {
        while true {
            if let end = Self.newline(in: buffer, from: searched) {
                let line = position..<end
                position = end + 1
                searched = position
                return line
            }
            searched = buffer.count
            if atEnd {
                guard position < buffer.count else { return nil }
                let line = position..<buffer.count
                position = buffer.count
                return line
            }
            try fill()
        }
    }

    /// What is there already, then block after block; empty at the end.
    mutating func nextBlock() throws(DatasetError) -> [UInt8] {
        if position < buffer.count {
            let bytes = position == 0 ? buffer : Array(buffer[position...])
            (buffer, position, searched) = ([], 0, 0)
            return bytes
        }
        if atEnd { return [] }
        let bytes = try source.next()
        atEnd = bytes.isEmpty
        return bytes
    }

    /// All that is left.
    mutating func rest() throws(DatasetError) -> [UInt8] {
        var bytes = try nextBlock()
        while true {
            let more = try nextBlock()
            if more.isEmpty { return bytes }
            bytes += more
        }
    }

    private mutating func fill() throws(DatasetError) {
        if position > 0 {
            buffer.removeSubrange(..<position)
            searched -= position
            position = 0
        }
        // Longer lines get longer blocks, so that a line of a gigabyte is not copied a thousand times.
        let bytes = try source.next(max(FileBytes.block, buffer.count))
        atEnd = bytes.isEmpty
        if buffer.isEmpty { buffer = bytes } else { buffer += bytes }
    }

    /// The C library looks at many bytes at a time, also in debug builds.
    private static func newline(in bytes: [UInt8], from start: Int) -> Int? {
        bytes.withUnsafeBytes { all in
            guard start < all.count, let base = all.baseAddress,
                let found = memchr(base + start, 0x0A, all.count - start)
            else { return nil }
            return base.distance(to: UnsafeRawPointer(found))
        }
    }
}
