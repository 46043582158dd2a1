import OrderedJSON
import WeightFiles

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A file that is still coming: `NAME.partial`, and beside it `NAME.partial.json` that says which version of which file
/// the bytes belong to, so that bytes of two versions are never joined. Used by one thread.
final class PartialFile {
    static let ending = ".partial"
    static let stateEnding = ".partial.json"

    /// Where the whole file will stand.
    let path: String
    private(set) var count = 0
    private(set) var size: Int?
    private(set) var digest: ContentDigest?
    /// The server's tag of the version that the bytes are of.
    private(set) var tag: String?
    /// What the listing said, by which a later pull recognises the bytes.
    private let listed: (size: Int?, digest: ContentDigest?)
    private var stream: DigestStream?
    private var descriptor: Int32 = -1

    private var partialPath: String { path + Self.ending }
    private var statePath: String { path + Self.stateEnding }

    /// Opens what an earlier attempt left, if it is of the same version; else starts an empty file.
    ///
    /// - Throws: `HubError.cannotWrite`; `.cancelled` while reading what is there.
    init(path: String, size: Int?, digest: ContentDigest?, cancellation: Cancellation) throws(HubError) {
        self.path = path
        self.size = size
        self.digest = digest
        listed = (size, digest)
        let state = (try? JSONValue(readingFile: statePath))?.object
        // No link is followed: the folder may have been tampered with.
        descriptor = open(partialPath, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure(partialPath, errno) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { throw Self.failure(partialPath, errno) }
        guard facts.st_mode & S_IFMT == S_IFREG else {
            throw .cannotWrite(path: partialPath, reason: "it is no ordinary file")
        }
        let isSame =
            state != nil && state?["digest"]?.string == digest?.description && state?["size"]?.int == size
        let present = Int(facts.st_size)
        if isSame, present > 0, size.map({ present <= $0 }) ?? true {
            tag = state?["tag"]?.string
            try readPresent(present, cancellation)
        } else {
            try restart()
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Hashes what is there.
    private func readPresent(_ present: Int, _ cancellation: Cancellation) throws(HubError) {
        stream = digest.flatMap { DigestStream($0, size: size) }
        guard stream != nil else {
            count = present
            return
        }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while count < present {
            try cancellation.check()
            let got = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, off_t(count)) }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { break }
            stream?.update(buffer[..<got])
            count += got
        }
    }

    // MARK: Growing

    /// Forgets every byte.
    func restart() throws(HubError) {
        guard ftruncate(descriptor, 0) == 0 else { throw Self.failure(partialPath, errno) }
        count = 0
        tag = nil
        stream = digest.flatMap { DigestStream($0, size: size) }
        unlink(statePath)
    }

    /// Learns from a response what the listing did not say, and writes down which version the bytes are of.
    func begin(tag: String?, size announced: Int?, digest named: ContentDigest?) throws(HubError) {
        let knewEnough = size != nil && digest != nil
        size = size ?? announced
        digest = digest ?? named
        if !knewEnough, count == 0 { stream = digest.flatMap { DigestStream($0, size: size) } }
        self.tag = tag
        var state: JSONObject = [:]
        state["size"] = listed.size.map { .integer($0) } ?? .null
        state["digest"] = listed.digest.map { .string($0.description) } ?? .null
        state["tag"] = tag.map { .string($0) } ?? .null
        do {
            try DurableFile.write(JSONValue.object(state).serialized(), to: statePath)
        } catch {
            throw .cannotWrite(path: statePath, reason: error.reason)
        }
    }

    /// - Throws: `HubError.wrongLength` when more comes than the file has; `.cannotWrite`.
    func append(_ bytes: ArraySlice<UInt8>) throws(HubError) {
        if let size, bytes.count > size - count {
            throw .wrongLength(file: name, expected: size, found: count + bytes.count)
        }
        var rest = bytes
        while !rest.isEmpty {
            let position = off_t(count)
            let written = rest.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, position) }
            if written < 0 {
                if errno == EINTR { continue }
                throw Self.failure(partialPath, errno)
            }
            stream?.update(rest.prefix(written))
            rest = rest.dropFirst(written)
            count += written
        }
    }

    private var name: String {
        String(path[(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)...])
    }

    // MARK: The end

    /// Checks the whole, brings it to the disk and gives it its name. Returns whether a checksum was known.
    ///
    /// - Throws: `HubError.wrongLength` or `.wrongDigest`; the bytes stay until `discard`.
    func finish(cancellation: Cancellation) throws(HubError) -> Bool {
        if let size, size != count { throw .wrongLength(file: name, expected: size, found: count) }
        if let digest {
            if stream == nil, let fresh = DigestStream(digest, size: count) {
                let whole = count
                count = 0
                size = whole
                stream = fresh
                try readPresent(whole, cancellation)
            }
            guard let stream, stream.matches else {
                throw .wrongDigest(file: name, expected: digest, found: stream?.hex ?? "unknown")
            }
        }
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw Self.failure(partialPath, errno) }
        guard rename(partialPath, path) == 0 else { throw Self.failure(path, errno) }
        unlink(statePath)
        DurableFile.syncFolder(of: path)
        return digest != nil
    }

    /// Deletes it with all that came.
    func discard() {
        unlink(partialPath)
        unlink(statePath)
    }

    static func failure(_ path: String, _ code: Int32) -> HubError {
        switch code {
        case ENOSPC: .cannotWrite(path: path, reason: "the disk is full")
        case EDQUOT: .cannotWrite(path: path, reason: "the disk quota is used up")
        case ELOOP: .cannotWrite(path: path, reason: "it is a symbolic link")
        default: .cannotWrite(path: path, reason: String(cString: strerror(code)))
        }
    }
}
