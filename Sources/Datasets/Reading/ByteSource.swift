import Decompression

/// How a file is packed as a whole.
public enum FileCompression: String, Sendable, CaseIterable, Codable {
    case none, gzip, zstd
}

/// The bytes of a file, unpacked where it is gzip or zstd, block by block.
final class ByteSource {
    let path: String
    let compression: FileCompression
    let stored: FileBytes
    private var head: [UInt8]
    private let unpack: (() throws -> [UInt8])?

    init(path: String) throws(DatasetError) {
        self.path = path
        let stored = try FileBytes(path: path)
        self.stored = stored
        var first = try stored.next()
        // A pipe gives what it has; a few bytes more tell what it is.
        while first.count < 8 {
            let more = try stored.next()
            if more.isEmpty { break }
            first += more
        }
        var pending: [UInt8]? = first
        func input() -> CompressedInput {
            CompressedInput {
                if let bytes = pending {
                    pending = nil
                    return bytes
                }
                return try stored.next()
            }
        }
        if first.starts(with: [0x1F, 0x8B]) {
            compression = .gzip
            var gzip = Gzip(input())
            unpack = { try gzip.next().map(Array.init) ?? [] }
            head = []
        } else if first.starts(with: [0x28, 0xB5, 0x2F, 0xFD])
            || first.count >= 4 && first[0] & 0xF0 == 0x50 && first[1..<4] == [0x2A, 0x4D, 0x18]
        {
            compression = .zstd
            var zstd = Zstd(input())
            unpack = { try zstd.next().map(Array.init) ?? [] }
            head = []
        } else {
            compression = .none
            unpack = nil
            head = first
        }
    }

    /// Bytes of the file as it is stored; 0 for a pipe.
    var size: Int { stored.size }

    /// The share of the file that was read; 0 where its size is not known.
    var share: Double { size > 0 ? min(Double(stored.offset) / Double(size), 1) : 0 }

    /// The next bytes, of content; empty at the end.
    func next(_ count: Int = FileBytes.block) throws(DatasetError) -> [UInt8] {
        if !head.isEmpty {
            let bytes = head
            head = []
            return bytes
        }
        guard let unpack else { return try stored.next(count) }
        do {
            return try unpack()
        } catch let error as DatasetError {
            throw error
        } catch {
            throw .cannotRead(path: path, reason: "\(error)")
        }
    }

    /// Reads to the end, so that the hash is that of the whole file.
    func finish() throws(DatasetError) {
        while true { if try stored.next().isEmpty { return } }
    }
}
