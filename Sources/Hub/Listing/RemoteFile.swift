/// A file of a repository as its listing tells it. Every field is the server's word.
public struct RemoteFile: Sendable, Hashable {
    public var path: String
    /// Bytes; nil when the listing does not say.
    public var size: Int?
    public var digest: ContentDigest?

    public init(path: String, size: Int? = nil, digest: ContentDigest? = nil) {
        self.path = path
        self.size = size
        self.digest = digest
    }

    var name: Substring { path[(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)...] }
    var isAtRoot: Bool { !path.contains("/") }
}
