import Digests
import OrderedJSON
import WeightFiles

/// What a pulled folder came from: kept in it as `.ftbench-pull.json`, so that the next pull knows what is there.
public struct PullManifest: Sendable, Equatable {
    public struct Entry: Sendable, Equatable {
        public var size: Int
        public var digest: ContentDigest?
        public var isVerified: Bool
    }

    static let fileName = ".ftbench-pull.json"

    public var endpoint: String
    public var repository: String
    /// What was asked for, and the commit that it was.
    public var revision: String
    public var commit: String
    public var patterns: [String]
    public var files: [String: Entry]

    init(endpoint: String, repository: String, revision: String, commit: String, patterns: [String]) {
        self.endpoint = endpoint
        self.repository = repository
        self.revision = revision
        self.commit = commit
        self.patterns = patterns
        files = [:]
    }

    /// Nil when there is none that can be read: a pull then trusts nothing in the folder.
    public init?(folder: String) {
        guard let json = try? JSONValue(readingFile: folder + "/" + Self.fileName), let members = json.object,
            let endpoint = members["endpoint"]?.string, let repository = members["repository"]?.string,
            let revision = members["revision"]?.string, let commit = members["commit"]?.string,
            let listed = members["files"]?.object
        else { return nil }
        self.init(
            endpoint: endpoint, repository: repository, revision: revision, commit: commit,
            patterns: (members["patterns"]?.array ?? []).compactMap(\.string))
        for (path, entry) in listed {
            guard SafePath.problem(of: path) == nil, let size = entry["size"]?.int, size >= 0 else { return nil }
            var digest: ContentDigest?
            if let hex = entry["sha256"]?.string { digest = Hexadecimal.digits(hex, count: 64).map { .sha256($0) } }
            if let hex = entry["git_blob"]?.string { digest = Hexadecimal.digits(hex, count: 40).map { .gitBlob($0) } }
            files[path] = Entry(size: size, digest: digest, isVerified: entry["verified"]?.bool ?? false)
        }
    }

    var asJSON: JSONValue {
        var listed: JSONObject = [:]
        for (path, entry) in files.sorted(by: { $0.key < $1.key }) {
            var members: JSONObject = ["size": .integer(entry.size)]
            switch entry.digest {
            case .sha256(let hex): members["sha256"] = .string(hex)
            case .gitBlob(let hex): members["git_blob"] = .string(hex)
            case nil: break
            }
            members["verified"] = .bool(entry.isVerified)
            listed[path] = .object(members)
        }
        return [
            "endpoint": .string(endpoint), "repository": .string(repository), "revision": .string(revision),
            "commit": .string(commit), "patterns": .array(patterns.map { .string($0) }), "files": .object(listed),
        ]
    }

    func write(in folder: String) throws(HubError) {
        let path = folder + "/" + Self.fileName
        do {
            try DurableFile.write(asJSON.serialized(.pretty()) + "\n", to: path)
        } catch {
            throw .cannotWrite(path: path, reason: error.reason)
        }
    }
}
