// swift-format-ignore-file: NeverForceUnwrap

import Foundation
import Testing

@testable import Hub

@Suite("Addresses, names and settings")
struct AddressTests {
    @Test("addresses are taken apart, and what is none is refused")
    func parts() {
        let address = WebAddress("HTTPS://Hub.Example:8443/a/b%20c?x=1#part")!
        #expect(address.isSecure && address.host == "hub.example" && address.port == 8443)
        #expect(address.path == "/a/b%20c?x=1")
        #expect(address.shown == "https://hub.example:8443/a/b%20c")
        #expect(WebAddress("http://[::1]:80/")!.origin == "http://[::1]")
        #expect(WebAddress("http://h?q")!.path == "/?q")
        #expect(WebAddress("http://h/ü")!.path == "/%C3%BC")
        for text in [
            "", "hub.example", "ftp://h/", "http://", "http:///x", "http://user@h/", "http://a:b@h/", "http://h:0/",
            "http://h:99999/", "http://h:x/", "http://h/a b", "http://h/a\nb", "http://h\\x/", "http://[::1/",
            "http://h\u{e9}/", "http://" + String(repeating: "a", count: 300) + "/",
            "http://h/" + String(repeating: "a", count: 20_000),
        ] {
            #expect(WebAddress(text) == nil, "\(text.prefix(40))")
        }
    }

    @Test("targets of redirects are seen from the address that names them")
    func redirects() {
        let base = WebAddress("https://hub.example/a/b/c?x=1")!
        let cases = [
            ("/d?y=2", "https://hub.example/d?y=2"), ("e", "https://hub.example/a/b/e"),
            ("?z", "https://hub.example/a/b/c?z"), ("//other.example/f", "https://other.example/f"),
            ("http://h/g", "http://h/g"), ("", "https://hub.example/a/b/c"), ("a:b/../c", nil), ("javascript:x", nil),
            ("/a b", nil), ("/x:y", "https://hub.example/x:y"),
        ]
        for (location, expected) in cases {
            #expect(base.resolving(location)?.description == expected, "\(location)")
        }
    }

    @Test("a token is shared with the same server only, and over https where http was meant")
    func sharing() {
        let hub = WebAddress("https://hub.example")!
        #expect(WebAddress("https://hub.example:443/x")!.mayShareToken(with: hub))
        for text in [
            "https://cdn.hub.example/", "https://hub.example.evil/", "http://hub.example/", "https://hub.example:444/",
        ] {
            #expect(!WebAddress(text)!.mayShareToken(with: hub), "\(text)")
        }
        #expect(hub.mayShareToken(with: WebAddress("http://hub.example")!))
        #expect(!hub.mayShareToken(with: WebAddress("http://hub.example:8080")!))
    }

    @Test("from https to http no redirect is followed")
    func downgrade() throws {
        let client = ScriptedClient { request in
            HTTPHead(status: 302, fields: ["Location": "http://\(request.address.host)/elsewhere"])
        }
        let settings = HubSettings(
            endpoint: WebAddress("https://hub.example")!, token: try HubToken("hf_secret", source: "test"))
        let connection = HubConnection(settings: settings, client: client, userAgent: "test")
        let start = connection.address("x")
        #expect {
            try connection.get(start, wantsPlainBytes: true, cancellation: Cancellation()) { _ in
            } body: { _ in
            }
        } throws: { error in
            (error as? HubError)
                == .redirect(
                    from: "https://hub.example/x", to: "http://hub.example/elsewhere",
                    problem: "plain http after https is not followed")
        }
    }

    @Test("over plain http to another machine no token goes")
    func clearText() throws {
        let token = try HubToken("hf_secret", source: "test")
        for (endpoint, sends) in [
            ("http://hub.example", false), ("https://hub.example", true), ("http://localhost:8080", true),
            ("http://127.0.0.1:9", true), ("http://127.evil.example", false),
        ] {
            let client = ScriptedClient { request in
                #expect(request.headers.contains { $0.name == "Authorization" } == sends, "\(endpoint)")
                return HTTPHead(status: 200)
            }
            let settings = HubSettings(endpoint: WebAddress(endpoint)!, token: token)
            let connection = HubConnection(settings: settings, client: client, userAgent: "test")
            try connection.get(connection.address("x"), wantsPlainBytes: true, cancellation: Cancellation()) { _ in
            } body: { _ in
            }
        }
    }

    @Test("names of repositories follow the hub's rules")
    func names() throws {
        for (text, id, revision) in [
            ("owner/name", "owner/name", "main"), ("gpt2", "gpt2", "main"), (" a/b.c_d-1 ", "a/b.c_d-1", "main"),
            ("a/b@v1.0", "a/b", "v1.0"), ("a/b@refs/pr/1", "a/b", "refs/pr/1"),
            ("https://hub.example/a/b", "a/b", "main"), ("https://hub.example/a/b/tree/dev", "a/b", "dev"),
        ] {
            let name = try RepositoryName(text, endpoint: WebAddress("https://hub.example"))
            #expect(name.id == id && name.revision == revision, "\(text)")
        }
        #expect(try RepositoryName("a/b").folderName == "a--b")
        #expect(try RepositoryName("a/b", revision: "x").revision == "x")
        for text in [
            "", "a/b/c", "/b", "a/", "a b/c", "a/b--c", "a/b..c", "-a/b", "a/b.", "a/b.git", "a/ü", "../x", "a/b@",
            "a/b@x/../y", "a/b@x y", "https://other.example/a/b", String(repeating: "a", count: 97),
        ] {
            #expect(throws: HubError.self, "\(text)") {
                try RepositoryName(text, endpoint: WebAddress("https://hub.example"))
            }
        }
        #expect(throws: HubError.self) { try RepositoryName("a/b@x", revision: "y") }
    }

    @Test("settings come from the variables that the hub's own tools read")
    func environment() throws {
        let home = NSTemporaryDirectory() + "ftbench-hub-home-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: home + "/hf", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: home) }
        try Data("hf_file\n".utf8).write(to: URL(fileURLWithPath: home + "/hf/token"))
        func settings(_ environment: [String: String]) throws -> HubSettings {
            try HubSettings(environment: environment)
        }
        let plain = try settings(["HOME": home])
        #expect(plain.endpoint.origin == "https://huggingface.co" && plain.token == nil && plain.offline == nil)
        #expect(plain.idleSeconds == 10)
        #expect(try settings(["HF_HOME": home + "/hf"]).token?.text == "hf_file")
        #expect(try settings(["HF_HOME": home + "/hf", "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"]).token == nil)
        #expect(try settings(["HF_HOME": home + "/hf", "HF_TOKEN": " hf_a\n"]).token?.text == "hf_a")
        #expect(try settings(["HUGGING_FACE_HUB_TOKEN": "hf_b"]).token?.text == "hf_b")
        #expect(try settings(["HF_TOKEN_PATH": home + "/hf/token"]).token?.source == home + "/hf/token")
        #expect(try settings(["HF_HUB_OFFLINE": "yes"]).offline == "HF_HUB_OFFLINE")
        #expect(try settings(["HF_HUB_OFFLINE": "0"]).offline == nil)
        #expect(try settings(["HF_ENDPOINT": "http://h:1/", "HF_HUB_DOWNLOAD_TIMEOUT": "3"]).idleSeconds == 3)
        for bad in [
            ["HF_ENDPOINT": "hub"], ["HF_HUB_DOWNLOAD_TIMEOUT": "0"], ["HF_TOKEN": "hf a"], ["HF_TOKEN": "hf_\u{1}"],
        ] {
            #expect(throws: HubError.self) { try settings(bad) }
        }
        let token = try HubToken("hf_secret", source: "x")
        #expect(!"\(token) \(String(reflecting: token)) \(String(describing: Optional(token)))".contains("secret"))
        var dumped = ""
        dump(HubSettings(endpoint: WebAddress("https://h")!, token: token), to: &dumped)
        #expect(!dumped.contains("secret"))
    }

    @Test("waiting doubles up to a limit, a date is a wish as well as a number")
    func waiting() throws {
        var policy = RetryPolicy()
        policy.jitter = { 0 }
        #expect(policy.delay(failures: 1) == .milliseconds(250))
        #expect(policy.delay(failures: 60) == .seconds(15))
        policy.jitter = { 1 }
        #expect((1...8).map { policy.delay(failures: $0) / .seconds(1) } == [0.5, 1, 2, 4, 8, 16, 30, 30])
        policy.now = { Date(timeIntervalSince1970: 1_445_412_480 - 90) }
        func wish(_ fields: [String: String]) -> Duration? { policy.wish(of: HTTPHead(status: 429, fields: fields)) }
        #expect(wish(["Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"]) == .seconds(90))
        #expect(wish(["Retry-After": "Wed, 21 Oct 2015 07:00:00 GMT"]) == .zero)
        #expect(wish(["Retry-After": "12"]) == .seconds(12))
        #expect(wish(["Retry-After": "99999999999999999999"]) == nil)
        #expect(wish(["Retry-After": "soon"]) == nil && wish([:]) == nil)
    }

    @Test("heads of responses")
    func heads() throws {
        let head = try #require(
            HTTPHead(
                parsing: Array(
                    "HTTP/2 206 \r\nContent-Range: bytes 5-9/10\r\nETag: W/\"ab\"\r\nX-A: 1\r\nx-a: 2\r\n\r\n".utf8)))
        #expect(head.status == 206 && head["x-a"] == "1")
        #expect(head.contentRange?.start == 5 && head.contentRange?.total == 10)
        #expect(HTTPHead.tag(head["etag"]) == "ab")
        #expect(HTTPHead(status: 416, fields: ["Content-Range": "bytes */10"]).contentRange?.total == 10)
        #expect(HTTPHead(status: 200, fields: ["Content-Length": "-1"]).contentLength == nil)
        for text in ["", "HTTP/1.1", "HTTP/1.1 2000 x", "HTTP/1.1 abc", "SSH-2.0 200 x"] {
            #expect(HTTPHead(parsing: Array(text.utf8)) == nil, "\(text)")
        }
    }
}

/// Answers every request with a head and no body.
struct ScriptedClient: HTTPClient {
    let answer: @Sendable (HTTPRequest) -> HTTPHead

    func get(
        _ request: HTTPRequest, cancellation: Cancellation, head: (HTTPHead) throws -> Void,
        body: ([UInt8]) throws -> Void
    ) throws {
        try head(answer(request))
    }
}
