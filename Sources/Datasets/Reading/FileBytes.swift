import Tables

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The bytes of a file or of standard input as they are stored. Read in blocks and not mapped: a mapped file that
/// another program shortens while it is read ends the process with SIGBUS, and data sets are files that people edit.
final class FileBytes {
    static let block = 1 << 20

    let path: String
    /// Size in bytes when it was opened; 0 for a pipe.
    let size: Int
    /// Whether bytes can be asked for by their place.
    let isRegular: Bool
    private let descriptor: Int32
    /// Bytes read so far.
    private(set) var offset = 0
    /// Of the bytes read so far.
    private(set) var hash = ContentHash()

    /// Opens a file, or standard input for `-`.
    init(path: String) throws(DatasetError) {
        self.path = path
        descriptor = path == "-" ? dup(0) : open(path, O_RDONLY | O_CLOEXEC)
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
        isRegular = status.st_mode & S_IFMT == S_IFREG && path != "-"
        size = status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : 0
    }

    deinit { close(descriptor) }

    /// The next bytes; empty at the end.
    func next(_ count: Int = FileBytes.block) throws(DatasetError) -> [UInt8] {
        let bytes = try read(count, at: nil)
        offset += bytes.count
        hash.update(bytes)
        return bytes
    }

    /// Up to `count` bytes, from the current place or from a given one.
    private func read(_ count: Int, at place: Int?) throws(DatasetError) -> [UInt8] {
        let descriptor = descriptor
        var failure: Int32 = 0
        let block = [UInt8](unsafeUninitializedCapacity: count) { bytes, filled in
            var got = 0
            repeat {
                if let place {
                    got = pread(descriptor, bytes.baseAddress, count, off_t(place))
                } else {
                    #if canImport(Glibc)
                    got = Glibc.read(descriptor, bytes.baseAddress, count)
                    #elseif canImport(Musl)
                    got = Musl.read(descriptor, bytes.baseAddress, count)
                    #else
                    got = Darwin.read(descriptor, bytes.baseAddress, count)
                    #endif
                }
            } while got < 0 && errno == EINTR
            if got < 0 { failure = errno }
            filled = max(got, 0)
        }
        if failure != 0 { throw .cannotRead(path: path, reason: Self.reason(failure)) }
        return block
    }

    /// The whole file.
    static func contents(of path: String) throws(DatasetError) -> [UInt8] {
        let file = try FileBytes(path: path)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(file.size + 1)
        while true {
            let more = try file.next()
            if more.isEmpty { return bytes }
            bytes += more
        }
    }

    static func reason(_ code: Int32) -> String {
        String(cString: strerror(code))
    }
}

extension FileBytes: PlacedBytes {
    var count: Int { size }

    func bytes(_ range: Range<Int>) throws(ParquetError) -> [UInt8] {
        var found: [UInt8] = []
        while found.count < range.count {
            let more: [UInt8]
            do {
                more = try read(range.count - found.count, at: range.lowerBound + found.count)
            } catch {
                throw .unreadable(reason: "\(error)")
            }
            if more.isEmpty { throw .damaged(reason: "it became shorter while it was read") }
            found += more
        }
        return found
    }
}
