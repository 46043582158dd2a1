import Digests

/// What the bytes of a file must hash to. A hub names large files by their SHA-256 and small ones as git does.
public enum ContentDigest: Sendable, Hashable, CustomStringConvertible {
    case sha256(String)
    /// SHA-1 over `blob SIZE`, a zero byte and the content.
    case gitBlob(String)

    /// From an entity tag: 64 hexadecimal digits are a SHA-256, 40 a git object; other tags say nothing.
    init?(tag: String) {
        if let digits = Hexadecimal.digits(tag, count: 64) {
            self = .sha256(digits)
        } else if let digits = Hexadecimal.digits(tag, count: 40) {
            self = .gitBlob(digits)
        } else {
            return nil
        }
    }

    var hex: String {
        switch self {
        case .sha256(let hex), .gitBlob(let hex): hex
        }
    }

    public var description: String {
        switch self {
        case .sha256(let hex): "sha256 \(hex)"
        case .gitBlob(let hex): "git blob \(hex)"
        }
    }
}

/// Hashes the bytes of a file as they come, in the way its digest asks for.
struct DigestStream: Sendable {
    private var sha256: SHA256?
    private var sha1: SHA1?
    private let digest: ContentDigest

    /// Nil when the size that a git object's hash begins with is not known.
    init?(_ digest: ContentDigest, size: Int?) {
        self.digest = digest
        switch digest {
        case .sha256: sha256 = SHA256()
        case .gitBlob:
            guard let size else { return nil }
            sha1 = SHA1()
            sha1?.update("blob \(size)\0".utf8)
        }
    }

    mutating func update(_ bytes: some Sequence<UInt8>) {
        sha256?.update(bytes)
        sha1?.update(bytes)
    }

    var hex: String { sha256?.hex ?? sha1?.hex ?? "" }
    var matches: Bool { hex == digest.hex }
}
