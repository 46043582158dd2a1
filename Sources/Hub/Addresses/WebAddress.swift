/// An http or https address, taken apart as far as is needed to decide where a request and its token may go.
public struct WebAddress: Sendable, Hashable, CustomStringConvertible {
    public let isSecure: Bool
    /// In lower case; an IPv6 address keeps its brackets.
    public let host: String
    public let port: Int
    /// Path and query, percent-encoded, starting with `/`.
    public let path: String

    private static let longest = 16 << 10

    /// Nil when it is not http(s), names a user, holds spaces or control characters, or is longer than 16 KiB.
    public init?(_ text: String) {
        guard text.utf8.count <= Self.longest else { return nil }
        let lower = text.prefix(8).lowercased()
        let rest: Substring
        if lower.hasPrefix("https://") {
            isSecure = true
            rest = text.dropFirst(8)
        } else if lower.hasPrefix("http://") {
            isSecure = false
            rest = text.dropFirst(7)
        } else {
            return nil
        }
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let (host, port) = Self.hostAndPort(authority) else { return nil }
        self.host = host
        self.port = port ?? (isSecure ? 443 : 80)
        guard let path = Self.encoded(rest.dropFirst(authority.count)) else { return nil }
        self.path = path
    }

    private init(isSecure: Bool, host: String, port: Int, path: String) {
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.path = path
    }

    private static func hostAndPort(_ authority: Substring) -> (host: String, port: Int?)? {
        var host = authority
        var port: Int?
        let closing = authority.lastIndex(of: "]")
        if let colon = authority.lastIndex(of: ":"), closing.map({ $0 < colon }) ?? true {
            host = authority[..<colon]
            let digits = authority[authority.index(after: colon)...]
            if !digits.isEmpty {
                guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(digits),
                    (1...65535).contains(number)
                else { return nil }
                port = number
            }
        }
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]") && host.count > 2
        let inside = isBracketed ? host.dropFirst().dropLast() : host
        let allowed = isBracketed ? "0123456789abcdefABCDEF:." : "-._~"
        guard !inside.isEmpty, inside.utf8.count <= 253,
            inside.unicodeScalars.allSatisfy({ scalar in
                allowed.unicodeScalars.contains(scalar)
                    || (!isBracketed && scalar.isASCII && scalar.properties.isAlphabetic)
                    || ("0"..."9").contains(scalar)
            })
        else { return nil }
        return (host.lowercased(), port)
    }

    /// Without the fragment; bytes beyond ASCII percent-encoded.
    private static func encoded(_ text: Substring) -> String? {
        var path = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "#"): return finished(path)
            case 0...0x20, 0x7F, UInt8(ascii: "\\"): return nil
            case 0x80...: path += percent(byte)
            default: path.unicodeScalars.append(Unicode.Scalar(byte))
            }
        }
        return finished(path)
    }

    private static func finished(_ path: String) -> String { path.hasPrefix("/") ? path : "/" + path }

    private static func percent(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return digits.count == 1 ? "%0" + digits : "%" + digits
    }

    // MARK: Going elsewhere

    /// What the `Location` of a redirect names, seen from here; nil when it is no address for us.
    func resolving(_ location: String) -> WebAddress? {
        let location = String(location.drop { $0 == " " || $0 == "\t" })
        if let whole = WebAddress(location) { return whole }
        if location.hasPrefix("//") { return WebAddress((isSecure ? "https:" : "http:") + location) }
        // Another scheme than http(s): a colon before any slash.
        if let colon = location.firstIndex(of: ":"), !location[..<colon].contains(where: { "/?#".contains($0) }) {
            return nil
        }
        guard location.utf8.count <= Self.longest else { return nil }
        let ownPath = path.prefix { $0 != "?" }
        let joined: String
        if location.hasPrefix("/") {
            joined = location
        } else if location.hasPrefix("?") || location.isEmpty {
            joined = ownPath + location
        } else {
            joined = ownPath[...(ownPath.lastIndex(of: "/") ?? ownPath.startIndex)] + location
        }
        return Self.encoded(joined[...]).map { WebAddress(isSecure: isSecure, host: host, port: port, path: $0) }
    }

    /// The same server with another path, which must be encoded already.
    func with(path: String) -> WebAddress {
        WebAddress(isSecure: isSecure, host: host, port: port, path: path.hasPrefix("/") ? path : "/" + path)
    }

    /// Whether a token meant for `other` may also be sent here: the same host and port over the same protocol, or the
    /// same host over https where http was meant.
    func mayShareToken(with other: WebAddress) -> Bool {
        guard host == other.host else { return false }
        if isSecure == other.isSecure { return port == other.port }
        return isSecure && port == 443 && other.port == 80
    }

    /// Whether bytes sent there stay on this machine.
    public var isLoopback: Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil }
    }

    /// One segment of a path: everything but unreserved characters is percent-encoded.
    static func segment(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default: encoded += percent(byte)
            }
        }
        return encoded
    }

    /// `https://host:port`, without the port that the protocol implies.
    public var origin: String {
        let implied = isSecure ? 443 : 80
        return "\(isSecure ? "https" : "http")://\(host)\(port == implied ? "" : ":\(port)")"
    }

    /// Whole, with its query: signed addresses are secrets, so messages show `shown`.
    public var description: String { origin + path }

    /// Without the query, which may hold a signature.
    public var shown: String { origin + path.prefix { $0 != "?" } }
}
