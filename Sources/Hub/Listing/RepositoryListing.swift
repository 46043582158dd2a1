import Digests
public import OrderedJSON

/// What the hub says of one revision of a repository: `GET /api/models/ID/revision/REVISION?blobs=true`.
public struct RepositoryListing: Sendable, Equatable {
    /// The hub's own spelling of the name; a renamed repository has another one than was asked for.
    public var id: String
    /// The commit that all files are fetched at, so that a push in between mixes nothing.
    public var commit: String
    public var files: [RemoteFile]
    public var isDisabled: Bool

    /// More than any listing of a model needs.
    static let mostBytes = 32 << 20
    static let mostFiles = 50_000

    /// - Throws: `HubError.notJSON`, `.badListing`. `address` is where it came from, for the message.
    public init(parsing bytes: some Collection<UInt8>, address: String) throws(HubError) {
        let json: JSONValue
        do {
            json = try JSONValue(parsing: bytes)
        } catch {
            let start = bytes.prefix(64).drop { $0 <= 0x20 }
            if start.first == UInt8(ascii: "<") { throw .notJSON(address: address, found: "a web page") }
            throw .notJSON(address: address, found: "text that is broken JSON: \(error.description)")
        }
        try self.init(json: json, address: address)
    }

    public init(json: JSONValue, address: String) throws(HubError) {
        func refused(_ problem: String) -> HubError { .badListing(address: address, problem: problem) }
        guard let members = json.object else { throw refused("it is \(json.kind), not an object") }
        guard let commit = members["sha"]?.string else { throw refused("it names no commit (sha)") }
        guard (7...64).contains(commit.utf8.count),
            Hexadecimal.digits(commit, count: commit.utf8.count) != nil
        else { throw refused("its commit '\(HubError.harmless(commit, limit: 40))' is no git hash") }
        guard let siblings = members["siblings"]?.array else { throw refused("it lists no files (siblings)") }
        guard siblings.count <= Self.mostFiles else {
            throw refused("it names \(siblings.count) files, more than \(Self.mostFiles)")
        }
        self.commit = commit
        id = HubError.harmless(members["id"]?.string ?? members["modelId"]?.string ?? "", limit: 200)
        isDisabled = members["disabled"]?.bool ?? false
        files = []
        files.reserveCapacity(siblings.count)
        for sibling in siblings {
            guard let path = sibling["rfilename"]?.string else { throw refused("a file in it has no name") }
            files.append(try Self.file(path, sibling, refused))
        }
    }

    private static func file(
        _ path: String, _ json: JSONValue, _ refused: (String) -> HubError
    ) throws(HubError) -> RemoteFile {
        var file = RemoteFile(path: path)
        let large = json["lfs"].flatMap { $0.isNull ? nil : $0 }
        for size in [large?["size"], json["size"]] where file.size == nil {
            guard let size, !size.isNull else { continue }
            guard let bytes = size.int, bytes >= 0 else {
                throw refused("the size of \(HubError.harmless(path, limit: 60)) is \(size.serialized().prefix(30))")
            }
            file.size = bytes
        }
        if let large {
            let hash = large["sha256"]?.string ?? large["oid"]?.string
            // The blob of a large file is its pointer, so its hash says nothing of the content.
            file.digest = hash.flatMap { Hexadecimal.digits($0, count: 64) }.map { .sha256($0) }
        } else {
            let hash = json["blobId"]?.string
            file.digest = hash.flatMap { Hexadecimal.digits($0, count: 40) }.map { .gitBlob($0) }
        }
        return file
    }
}
