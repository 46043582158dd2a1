import Foundation

/// Where the hub is and who asks, from the environment variables that its other clients read.
public struct HubSettings: Sendable {
    public var endpoint: WebAddress
    /// Sent to the endpoint alone, never shown.
    public var token: HubToken?
    /// The variable that forbids the network, when one does.
    public var offline: String?
    /// Seconds without a byte after which a connection counts as dead.
    public var idleSeconds: Int
    /// Certificates to trust instead of the system's.
    public var certificateFile: String?

    public init(
        endpoint: WebAddress, token: HubToken? = nil, offline: String? = nil, idleSeconds: Int = 10,
        certificateFile: String? = nil
    ) {
        self.endpoint = endpoint
        self.token = token
        self.offline = offline
        self.idleSeconds = idleSeconds
        self.certificateFile = certificateFile
    }

    public static let publicEndpoint = "https://huggingface.co"

    /// HF_ENDPOINT; HF_TOKEN, HUGGING_FACE_HUB_TOKEN or the token file; HF_HUB_OFFLINE; HF_HUB_DOWNLOAD_TIMEOUT.
    ///
    /// - Throws: `HubError.badEndpoint`, `.badToken` or `.badVariable`.
    public init(environment: [String: String]) throws(HubError) {
        func value(_ name: String) -> String? {
            guard let text = environment[name]?.trimmingSpaces(), !text.isEmpty else { return nil }
            return text
        }
        let named = value("HF_ENDPOINT") ?? Self.publicEndpoint
        guard let endpoint = WebAddress(named), !endpoint.path.contains("?") else { throw .badEndpoint(named) }
        self.endpoint = endpoint
        offline = ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"].first { value($0).map(Self.isTrue) ?? false }
        idleSeconds = 10
        if let text = value("HF_HUB_DOWNLOAD_TIMEOUT") {
            guard let seconds = Int(text), (1...86_400).contains(seconds) else {
                throw .badVariable("HF_HUB_DOWNLOAD_TIMEOUT", value: text, wanted: "whole seconds from 1 to 86400")
            }
            idleSeconds = seconds
        }
        certificateFile = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"].lazy.compactMap(value).first
        token = try HubToken.find(in: environment)
    }

    static func isTrue(_ text: String) -> Bool { ["1", "ON", "YES", "TRUE"].contains(text.uppercased()) }
}

/// A secret: it goes into one header and nowhere else. It prints as `***`.
public struct HubToken: Sendable, CustomStringConvertible, CustomReflectable {
    let text: String
    /// Where it was found, for messages.
    public let source: String

    /// - Throws: `HubError.badToken` when it holds anything but visible ASCII characters.
    public init(_ text: String, source: String) throws(HubError) {
        guard !text.isEmpty, text.utf8.count <= 4096, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .badToken(source: source)
        }
        self.text = text
        self.source = source
    }

    public var description: String { "***" }
    public var customMirror: Mirror { Mirror(self, children: ["source": source]) }

    static func find(in environment: [String: String]) throws(HubError) -> HubToken? {
        for name in ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"] {
            if let text = environment[name]?.trimmingSpaces(), !text.isEmpty {
                return try HubToken(text, source: name)
            }
        }
        if let wanted = environment["HF_HUB_DISABLE_IMPLICIT_TOKEN"], HubSettings.isTrue(wanted.trimmingSpaces()) {
            return nil
        }
        guard let path = file(in: environment), let text = read(path)?.trimmingSpaces(), !text.isEmpty else {
            return nil
        }
        return try HubToken(text, source: path)
    }

    /// HF_TOKEN_PATH, else `token` below HF_HOME, else below the user's cache.
    private static func file(in environment: [String: String]) -> String? {
        func folder(_ name: String) -> String? {
            guard let text = environment[name], !text.isEmpty else { return nil }
            return (text as NSString).expandingTildeInPath
        }
        if let path = folder("HF_TOKEN_PATH") { return path }
        if let home = folder("HF_HOME") { return home + "/token" }
        if let cache = folder("XDG_CACHE_HOME") { return cache + "/huggingface/token" }
        return folder("HOME").map { $0 + "/.cache/huggingface/token" }
    }

    /// A token is a line; a larger file is something else.
    private static func read(_ path: String) -> String? {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        guard let bytes = try? file.read(upToCount: 8192), bytes.count < 8192 else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}
