/// `OWNER/NAME`, or `NAME` alone for the oldest repositories, with the revision wanted of it.
public struct RepositoryName: Sendable, Hashable, CustomStringConvertible {
    /// `OWNER/NAME`.
    public let id: String
    /// A branch, a tag, a commit, or `refs/pr/1`.
    public var revision: String

    /// Takes `OWNER/NAME`, `OWNER/NAME@REVISION`, and the address of the repository's page at `endpoint`.
    ///
    /// - Throws: `HubError.badName` or `.badRevision`.
    public init(_ text: String, revision wanted: String? = nil, endpoint: WebAddress? = nil) throws(HubError) {
        var name = text.trimmingSpaces()
        var revision: String?
        if let page = Self.page(name, endpoint) {
            (name, revision) = page
        } else if let mark = name.firstIndex(of: "@") {
            revision = String(name[name.index(after: mark)...])
            name = String(name[..<mark])
        }
        if let problem = Self.problem(of: name) { throw .badName(text, problem: problem) }
        if let revision, let wanted, revision != wanted {
            throw .badRevision(wanted, problem: "the name asks for '\(revision)'")
        }
        let chosen = wanted ?? revision ?? "main"
        if let problem = Self.problem(ofRevision: chosen) { throw .badRevision(chosen, problem: problem) }
        id = name
        self.revision = chosen
    }

    public var description: String { revision == "main" ? id : "\(id)@\(revision)" }

    /// A folder of its own for each repository: `OWNER--NAME`. Neither part may hold `--`.
    public var folderName: String { id.split(separator: "/").joined(separator: "--") }

    /// Each part encoded, the slash between them kept.
    var path: String { id.split(separator: "/").map { WebAddress.segment(String($0)) }.joined(separator: "/") }

    /// The page of a repository, as copied from a browser: `https://HOST/OWNER/NAME[/tree/REVISION]`.
    private static func page(_ text: String, _ endpoint: WebAddress?) -> (name: String, revision: String?)? {
        guard let address = WebAddress(text), let endpoint,
            [endpoint.host, "huggingface.co", "hf.co"].contains(address.host)
        else { return nil }
        let parts = address.path.prefix { $0 != "?" }.split(separator: "/").map(String.init)
        if parts.count >= 4, ["tree", "blob", "resolve"].contains(parts[2]) {
            return ("\(parts[0])/\(parts[1])", parts[3])
        }
        return (parts.joined(separator: "/"), nil)
    }

    /// The rules of the hub for names of repositories.
    private static func problem(of name: String) -> String? {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count) else { return "it must have the form OWNER/NAME" }
        guard name.utf8.count <= 96 else { return "it is longer than 96 characters" }
        for part in parts {
            guard let first = part.utf8.first, let last = part.utf8.last else {
                return "it must have the form OWNER/NAME"
            }
            guard part.utf8.allSatisfy(isNameByte) else { return "only letters, digits, '-', '_' and '.' are allowed" }
            for byte in [first, last] where byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") {
                return "neither part may start or end with '-' or '.'"
            }
        }
        if name.contains("--") || name.contains("..") { return "it may not hold '--' or '..'" }
        if name.hasSuffix(".git") { return "it may not end in .git" }
        return nil
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private static func problem(ofRevision revision: String) -> String? {
        if revision.isEmpty { return "it is empty" }
        if revision.utf8.count > 255 { return "it is longer than 255 bytes" }
        if revision.unicodeScalars.contains(where: { $0.value <= 0x20 || $0.value == 0x7F || $0 == "\\" }) {
            return "it holds spaces, control characters or a backslash"
        }
        if revision.split(separator: "/", omittingEmptySubsequences: false).contains(where: {
            ["", ".", ".."].contains($0)
        }) {
            return "it has an empty part, '.' or '..'"
        }
        return nil
    }
}

extension StringProtocol {
    /// Without spaces, tabs and line ends on both sides.
    func trimmingSpaces() -> String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0.isNewline }
        let rest = drop(while: isSpace)
        guard let last = rest.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(rest[...last])
    }
}
