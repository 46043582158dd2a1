/// One GET. Redirects are the caller's business.
public struct HTTPRequest: Sendable, Equatable {
    public var address: WebAddress
    /// Names as they are sent.
    public var headers: [(name: String, value: String)]
    /// Time without a byte after which the connection counts as dead.
    public var idleSeconds: Int

    public init(_ address: WebAddress, headers: [(name: String, value: String)] = [], idleSeconds: Int = 10) {
        self.address = address
        self.headers = headers
        self.idleSeconds = idleSeconds
    }

    public static func == (left: HTTPRequest, right: HTTPRequest) -> Bool {
        left.address == right.address && left.idleSeconds == right.idleSeconds
            && left.headers.elementsEqual(right.headers) { $0 == $1 }
    }
}

/// Status and headers of a response, as they came.
public struct HTTPHead: Sendable, Equatable {
    public var status: Int
    /// By name in lower case; the first of several with one name.
    private var fields: [String: String]

    public init(status: Int, fields: [String: String] = [:]) {
        self.status = status
        self.fields = Dictionary(
            fields.map { ($0.key.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    public subscript(name: String) -> String? { fields[name] }

    /// Nil when the first line is no status line.
    init?(parsing bytes: [UInt8]) {
        let lines = bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D })
        guard let first = lines.first, first.starts(with: "HTTP/".utf8) else { return nil }
        let words = first.split(separator: 0x20)
        guard words.count >= 2, words[1].count == 3, let status = Int(String(decoding: words[1], as: UTF8.self)),
            status >= 100
        else { return nil }
        self.status = status
        fields = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
            if fields[name] == nil {
                fields[name] = String(decoding: line[(colon + 1)...], as: UTF8.self).trimmingSpaces()
            }
        }
    }

    // MARK: What the fields say

    /// The length of the body as announced; nil when absent or no number.
    var contentLength: Int? { self["content-length"].flatMap(Self.count) }

    /// Whether the body was sent in another form than the file's own bytes.
    var isEncoded: Bool {
        guard let coding = self["content-encoding"]?.lowercased() else { return false }
        return coding != "identity" && !coding.isEmpty
    }

    /// `bytes 5-9/10` and `bytes */10`.
    var contentRange: (start: Int?, total: Int?)? {
        guard let text = self["content-range"]?.lowercased(), text.hasPrefix("bytes") else { return nil }
        let parts = text.dropFirst(5).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let start = parts[0].split(separator: "-").first.flatMap { Self.count($0.trimmingSpaces()) }
        return (start, Self.count(parts[1].trimmingSpaces()))
    }

    /// An entity tag without quotes and weakness, as the hub's other clients compare it.
    static func tag(_ text: String?) -> String? {
        guard var tag = text?.trimmingSpaces() else { return nil }
        if tag.hasPrefix("W/") { tag.removeFirst(2) }
        while tag.hasPrefix("\"") { tag.removeFirst() }
        while tag.hasSuffix("\"") { tag.removeLast() }
        return tag.isEmpty || tag.utf8.count > 256 ? nil : tag
    }

    static func count(_ text: String) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text)
    }
}

/// Something that performs a GET and waits for its end.
public protocol HTTPClient: Sendable {
    /// Calls `head` once, before the first piece of the body or at the end of an empty one, then `body` for every piece.
    /// The sender is kept waiting while either runs; what either throws ends the transfer and comes out.
    ///
    /// - Throws: `TransportError` when the connection breaks, `HubError.cancelled`, and what the closures throw.
    func get(
        _ request: HTTPRequest, cancellation: Cancellation, head: (HTTPHead) throws -> Void,
        body: ([UInt8]) throws -> Void) throws
}

/// A connection that could not be made or broke.
public struct TransportError: Error, Equatable, CustomStringConvertible {
    public var reason: String
    /// Whether the same request may well succeed a moment later.
    public var isPassing: Bool

    public init(_ reason: String, isPassing: Bool = true) {
        self.reason = reason
        self.isPassing = isPassing
    }

    public var description: String { reason }
}
