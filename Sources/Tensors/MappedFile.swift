#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Why a file could not be mapped.
public struct MappedFileError: Error, Equatable, CustomStringConvertible {
    public let path: String
    public let reason: String

    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    public var description: String { "Cannot read \(path): \(reason)." }
}

/// A file mapped read-only: its pages are shared between processes and read when touched.
public final class MappedFile: @unchecked Sendable {  // immutable after init
    public let path: String
    public let count: Int
    let base: UnsafeRawPointer?

    /// - Throws: `MappedFileError` with the system's reason.
    public init(path: String) throws(MappedFileError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw MappedFileError(path: path, reason: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else {
            throw MappedFileError(path: path, reason: String(cString: strerror(errno)))
        }
        guard facts.st_mode & S_IFMT == S_IFREG else {
            throw MappedFileError(path: path, reason: "it is not a regular file")
        }
        self.path = path
        count = Int(facts.st_size)
        guard count > 0 else {
            base = nil
            return
        }
        guard let mapping = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0), mapping != MAP_FAILED else {
            throw MappedFileError(path: path, reason: String(cString: strerror(errno)))
        }
        base = UnsafeRawPointer(mapping)
    }

    deinit {
        if let base { munmap(UnsafeMutableRawPointer(mutating: base), count) }
    }

    /// The bytes of `range`, cut to what the file has.
    public func bytes(_ range: Range<Int>) -> [UInt8] {
        withBytes(range) { Array($0) }
    }

    /// Calls `body` with the bytes of `range`, cut to what the file has; they are valid during the call only.
    public func withBytes<R, E: Error>(
        _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        let clamped = range.clamped(to: 0..<count)
        guard let base, !clamped.isEmpty else { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        return try body(UnsafeRawBufferPointer(start: base + clamped.lowerBound, count: clamped.count))
    }

    /// Asks the system to read the file ahead.
    public func prefetch() {
        if let base { madvise(UnsafeMutableRawPointer(mutating: base), count, Int32(MADV_WILLNEED)) }
    }
}
