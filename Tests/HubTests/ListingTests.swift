// swift-format-ignore-file: NeverForceUnwrap

import CDigests
import Digests
import Foundation
import HubTesting
import OrderedJSON
import Synchronization
import Testing

@testable import Hub

@Suite("Listings, patterns, digests and mutated bytes")
struct ListingTests {
    static let sample = """
        {"_id":"6","id":"owner/tiny","modelId":"owner/tiny","private":false,"gated":"manual","disabled":false,
        "sha":"0123456789abcdef0123456789abcdef01234567","siblings":[
        {"rfilename":".gitattributes","size":1519,"blobId":"a6344aac8c09253b3b630fb776ae94478aa0275b"},
        {"rfilename":"config.json","size":665,"blobId":"10c66461e4c109db5a2196bff4bb59be30396ed8"},
        {"rfilename":"model.safetensors","size":548105171,"blobId":"4b0f3a4ee9a5b2e0ba32efb2a2a1d5f7b9bfc0e6",
        "lfs":{"sha256":"248dfc3911869ec493c76e65bf2fcf7f615828b0254c12b473182f0f81d3a707","size":548105171,
        "pointerSize":134}}]}
        """

    @Test("sizes and checksums of a real listing's form")
    func form() throws {
        let listing = try RepositoryListing(parsing: Array(Self.sample.utf8), address: "here")
        #expect(listing.id == "owner/tiny" && listing.commit.hasPrefix("01234567") && !listing.isDisabled)
        #expect(listing.files.map(\.size) == [1519, 665, 548_105_171])
        #expect(listing.files[1].digest == .gitBlob("10c66461e4c109db5a2196bff4bb59be30396ed8"))
        #expect(
            listing.files[2].digest == .sha256("248dfc3911869ec493c76e65bf2fcf7f615828b0254c12b473182f0f81d3a707"))
    }

    @Test("patterns match as fnmatch does")
    func patterns() {
        let cases: [(String, String, Bool)] = [
            ("*.gguf", "a.gguf", true), ("*.gguf", "sub/a.gguf", true), ("*.gguf", "a.ggufx", false),
            ("a?c", "abc", true), ("a?c", "ac", false), ("sub/", "sub/a/b", true), ("sub/", "sub", false),
            ("[ab].txt", "a.txt", true), ("[!ab].txt", "a.txt", false), ("[a-c]1", "b1", true), ("[]]", "]", true),
            ("[a", "[a", true), ("", "", true), ("*", "", true), ("**x**", "axb", true), ("a*b*c", "aXbYc", true),
            ("a*b*c", "aXcYb", false), ("[z-a]", "m", false), ("é?", "éü", true),
        ]
        for (pattern, text, expected) in cases {
            #expect(GlobPattern(pattern).matches(text) == expected, "\(pattern) \(text)")
        }
        // No pattern takes for ever.
        let hard = GlobPattern(String(repeating: "*a", count: 200))
        #expect(!hard.matches(String(repeating: "a", count: 2000) + "b"))
    }

    @Test("pieces of any length give the digest of the whole")
    func pieces() {
        let bytes = FakeHub.noise(1000)
        for size in [1, 7, 63, 64, 65, 128, 999] {
            var (one, two) = (SHA1(), SHA256())
            for start in stride(from: 0, to: bytes.count, by: size) {
                one.update(bytes[start..<min(start + size, bytes.count)])
                two.update(bytes[start..<min(start + size, bytes.count)].lazy.map { $0 })
            }
            var (whole1, whole2) = (SHA1(), SHA256())
            whole1.update(bytes)
            whole2.update(bytes)
            #expect(one.hex == whole1.hex && two.hex == whole2.hex)
        }
        // `git hash-object` of "hello\n".
        #expect(FakeHub.gitBlob(Array("hello\n".utf8)) == "ce013625030ba8dba906f756967f9e9ca394464a")
    }

    /// SHA-256 of 0, 1, 2 … for lengths around the padding, as Python's hashlib gives them.
    @Test(
        "lengths around the padding",
        arguments: [
            (55, "463eb28e72f82e0a96c0a4cc53690c571281131f672aa229e0d45ae59b598b59"),
            (56, "da2ae4d6b36748f2a318f23e7ab1dfdf45acdc9d049bd80e59de82a60895f562"),
            (63, "29af2686fd53374a36b0846694cc342177e428d1647515f078784d69cdb9e488"),
            (64, "fdeab9acf3710362bd2658cdc9a29e8f9c757fcf9811603a8c447cd1d9151108"),
            (119, "da18797ed7c3a777f0847f429724a2d8cd5138e6ed2895c3fa1a6d39d18f7ec6"),
        ])
    func padding(count: Int, expected: String) {
        #expect(FakeHub.sha256((0..<count).map { UInt8($0) }) == expected)
    }

    @Test("with and without the processor's own instructions")
    func instructions() {
        let bytes = FakeHub.noise(64 * 33)
        var states = [[UInt32]](repeating: (0..<8).map { $0 &* 0x9E37_79B9 }, count: 2)
        csha256_blocks(&states[0], bytes, 33)
        csha256_blocks_portable(&states[1], bytes, 33)
        #expect(states[0] == states[1])
    }

    @Test("mutated listings, heads, addresses and notes never crash, and no path gets out")
    func mutations() throws {
        var random = SeededBytes(state: 20_261_125)
        let seeds = [
            Array(Self.sample.utf8),
            Array(
                #"{"id":"a/b","sha":"0123456789abcdef","siblings":[{"rfilename":"a/../b"},{"rfilename":"model.safetensors"}]}"#
                    .utf8),
        ]
        let head = Array(
            "HTTP/1.1 206 Partial\r\nContent-Range: bytes 5-9/10\r\nLocation: https://h/x?y\r\nETag: \"a\"\r\n\r\n".utf8
        )
        let base = WebAddress("https://hub.example/a/b?c")!
        for round in 0..<SeededBytes.rounds(1500) {
            let bytes = random.mutated(seeds[round % seeds.count])
            if let listing = try? RepositoryListing(parsing: bytes, address: "fuzz") {
                for patterns in [[], [GlobPattern("*")]] {
                    guard
                        let chosen = try? FileSelection(of: listing.files, patterns: patterns, repository: "a/b")
                    else { continue }
                    for file in chosen.files { #expect(SafePath.problem(of: file.path) == nil) }
                }
            }
            if let parsed = HTTPHead(parsing: random.mutated(head)) {
                _ = (
                    parsed.contentRange, parsed.contentLength, HTTPHead.tag(parsed["etag"]),
                    RetryPolicy().wish(of: parsed)
                )
                if let location = parsed["location"], let target = base.resolving(location) {
                    #expect(WebAddress(target.description) == target)
                }
            }
            let text = String(decoding: random.mutated(Array("https://u@h.example:80/a?b#c".utf8)), as: UTF8.self)
            if let address = WebAddress(text) { #expect(WebAddress(address.description) == address) }
            _ = GlobPattern(text).matches(String(text.reversed()))
            _ = try? RepositoryName(text)
        }
    }
}

@Suite("Mutated responses")
struct MutatedResponseTests {
    @Test("whatever a server sends, a request ends with an answer or an error")
    func responses() throws {
        let good = Array(
            "HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-9/10\r\nETag: \"a\"\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n"
                .utf8)
        let damage = Mutex(SeededBytes(state: 7))
        let server = try LoopbackServer { _ in
            var reply = LoopbackServer.Reply()
            reply.raw = damage.withLock { $0.mutated(good) }
            return reply
        }
        let client = try CurlClient()
        let address = try #require(WebAddress(server.origin + "/x"))
        var (ended, broken) = (0, 0)
        for _ in 0..<SeededBytes.rounds(200) {
            do {
                var heads = 0
                try client.get(HTTPRequest(address, idleSeconds: 2), cancellation: Cancellation()) { _ in
                    heads += 1
                } body: {
                    #expect(heads == 1 && !$0.isEmpty)
                }
                #expect(heads == 1)
                ended += 1
            } catch {
                #expect(error is TransportError)
                broken += 1
            }
        }
        #expect(ended > 0 && broken > 0)
    }
}

/// A small generator of bytes and of damage (SplitMix64).
struct SeededBytes {
    var state: UInt64

    /// FTBENCH_FUZZ_ROUNDS asks for more than a test run does.
    static func rounds(_ usual: Int) -> Int {
        ProcessInfo.processInfo.environment["FTBENCH_FUZZ_ROUNDS"].flatMap { Int($0) } ?? usual
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(max(1, limit))) }

    /// A few bytes changed, taken out, doubled or put in.
    mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        let telling = Array("\"\\/.:{}[],0-9*?#@%\u{7f}".utf8)
        for _ in 0...below(4) where !bytes.isEmpty {
            let place = below(bytes.count)
            switch below(5) {
            case 0: bytes[place] = UInt8(truncatingIfNeeded: next())
            case 1: bytes[place] = telling[below(telling.count)]
            case 2: bytes.removeSubrange(place..<min(bytes.count, place + 1 + below(20)))
            case 3:
                bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 1 + below(40))], at: below(bytes.count))
            default: bytes.insert(telling[below(telling.count)], at: place)
            }
        }
        return bytes
    }
}
