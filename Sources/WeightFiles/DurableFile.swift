#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Why a file could not be written. Nothing of it is left behind, and what was there before is untouched.
public struct FileWriteError: Error, Equatable, CustomStringConvertible {
    public let path: String
    public let reason: String
    public let remedy: String

    public var description: String { "Cannot write \(path): \(reason). \(remedy)" }

    init(path: String, code: Int32) {
        self.path = path
        switch code {
        case ENOSPC:
            reason = "the disk is full"
            remedy = "Free some space or choose a folder on another disk; what was there before is kept."
        case EDQUOT:
            reason = "the disk quota is used up"
            remedy = "Free some space; what was there before is kept."
        case EROFS, EACCES, EPERM:
            reason = String(cString: strerror(code))
            remedy = "Choose a folder that you may write to."
        case ENOENT, ENOTDIR:
            reason = "its folder does not exist"
            remedy = "Make the folder first."
        default:
            reason = String(cString: strerror(code))
            remedy = "What was there before is kept."
        }
    }
}

/// Writes files that are whole or absent, never half: beside the target, synced, then renamed over it.
///
/// After `write` returns, the bytes and the name survive a power cut.
public enum DurableFile {
    /// Takes the bytes of the file piece by piece.
    public struct Sink {
        let descriptor: Int32
        let path: String

        public func write(_ bytes: UnsafeRawBufferPointer) throws(FileWriteError) {
            var rest = bytes[...]
            while !rest.isEmpty {
                #if canImport(Glibc)
                let written = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                #elseif canImport(Musl)
                let written = Musl.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                #else
                let written = Darwin.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                #endif
                if written < 0 {
                    if errno == EINTR { continue }
                    throw FileWriteError(path: path, code: errno)
                }
                rest = rest.dropFirst(written)
            }
        }

        public func write(_ bytes: [UInt8]) throws(FileWriteError) {
            // The standard library's `withUnsafeBytes` loses the error's type, so the error is carried around it.
            let failure = bytes.withUnsafeBytes { raw -> FileWriteError? in
                do throws(FileWriteError) {
                    try write(raw)
                    return nil
                } catch {
                    return error
                }
            }
            if let failure { throw failure }
        }
    }

    /// `body` hands the content to the sink; when it throws, nothing is left behind.
    public static func write(to path: String, _ body: (Sink) throws(FileWriteError) -> Void) throws(FileWriteError) {
        let temporary = temporaryPath(for: path)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileWriteError(path: path, code: errno) }
        var failure: FileWriteError?
        do throws(FileWriteError) {
            try body(Sink(descriptor: descriptor, path: path))
            // Some file systems only tell at the sync that there was no room.
            if fsync(descriptor) != 0, errno != EINVAL { failure = FileWriteError(path: path, code: errno) }
        } catch {
            failure = error
        }
        if close(descriptor) != 0, failure == nil { failure = FileWriteError(path: path, code: errno) }
        if failure == nil, rename(temporary, path) != 0 { failure = FileWriteError(path: path, code: errno) }
        if let failure {
            unlink(temporary)
            throw failure
        }
        syncFolder(of: path)
    }

    public static func write(_ bytes: [UInt8], to path: String) throws(FileWriteError) {
        try write(to: path) { sink throws(FileWriteError) in try sink.write(bytes) }
    }

    public static func write(_ text: String, to path: String) throws(FileWriteError) {
        try write(Array(text.utf8), to: path)
    }

    /// Makes a folder and those above it; one that exists is fine.
    public static func makeFolder(_ path: String) throws(FileWriteError) {
        if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw FileWriteError(path: path, code: errno)
        }
        try makeFolder(String(path[..<slash]))
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw FileWriteError(path: path, code: errno) }
    }

    /// The process id keeps two ftbench on one folder apart.
    static func temporaryPath(for path: String) -> String { "\(path).partial-\(getpid())" }

    /// The rename itself must reach the disk, and that is the folder's business.
    public static func syncFolder(of path: String) {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
