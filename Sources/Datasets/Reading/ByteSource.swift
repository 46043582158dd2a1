#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Reads a file in blocks. Blocks and not a mapping: a mapped file that another program shortens while it is read
/// ends the process with SIGBUS, and data sets are files that people edit.
struct ByteSource: ~Copyable {
    let path: String
    /// Size in bytes when it was opened; 0 for a pipe.
    let size: Int
    private let descriptor: Int32

    init(path: String) throws(DatasetError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { throw .cannotOpen(path: path, reason: Self.reason(errno)) }
        var status = stat()
        if fstat(descriptor, &status) != 0 {
            let code = errno
            close(descriptor)
            throw .cannotOpen(path: path, reason: Self.reason(code))
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            close(descriptor)
            throw .cannotOpen(path: path, reason: "it is a folder, not a file")
        }
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// Appends up to `count` more bytes; false at the end of the file.
    func read(_ count: Int, into buffer: inout [UInt8]) throws(DatasetError) -> Bool {
        let descriptor = descriptor
        var failure: Int32 = 0
        let block = [UInt8](unsafeUninitializedCapacity: count) { bytes, filled in
            var got = 0
            repeat {
                #if canImport(Glibc)
                got = Glibc.read(descriptor, bytes.baseAddress, count)
                #elseif canImport(Musl)
                got = Musl.read(descriptor, bytes.baseAddress, count)
                #else
                got = Darwin.read(descriptor, bytes.baseAddress, count)
                #endif
            } while got < 0 && errno == EINTR
            if got < 0 { failure = errno }
            filled = max(got, 0)
        }
        if failure != 0 { throw .cannotRead(path: path, reason: Self.reason(failure)) }
        buffer += block
        return !block.isEmpty
    }

    /// The whole file.
    static func contents(of path: String) throws(DatasetError) -> [UInt8] {
        let source = try ByteSource(path: path)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(source.size + 1)
        while try source.read(1 << 20, into: &bytes) {}
        return bytes
    }

    static func reason(_ code: Int32) -> String {
        String(cString: strerror(code))
    }
}

/// Splits what a source gives into lines that end at `\n` alone: U+2028, U+0085 and a lone `\r` are content.
struct ByteLines: ~Copyable {
    private let source: ByteSource
    private(set) var buffer: [UInt8] = []
    private var position = 0
    private var searched = 0
    private var atEnd = false
    /// Bytes of the file before the buffer's first.
    private var dropped = 0
    private(set) var hash = ContentHash()
    private static let block = 1 << 20

    init(source: consuming ByteSource) {
        self.source = source
    }

    var size: Int { source.size }
    /// Bytes of the file before the line that comes next.
    var offset: Int { dropped + position }

    /// Fills the buffer with the first block without taking a line from it.
    mutating func peek() throws(DatasetError) -> ArraySlice<UInt8> {
        if buffer.isEmpty, !atEnd { try fill() }
        return buffer[position...]
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

    private mutating func fill() throws(DatasetError) {
        if position > 0 {
            buffer.removeSubrange(..<position)
            dropped += position
            searched -= position
            position = 0
        }
        let start = buffer.count
        // Longer lines get longer blocks, so that a line of a gigabyte is not copied a thousand times.
        atEnd = !(try source.read(max(Self.block, start), into: &buffer))
        hash.update(buffer[start...])
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
