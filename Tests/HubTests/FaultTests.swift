// swift-format-ignore-file: NeverForceUnwrap

import Foundation
import HubTesting
import Testing

@testable import Hub

@Suite("Servers and connections that fail")
struct FaultTests {
    let hub: FakeHub
    let bench: PullBench
    private let weights = FakeHub.noise(60_000)

    init() throws {
        hub = try FakeHub.small()
        bench = PullBench(hub)
    }

    private func expectWhole(_ outcome: PullOutcome) {
        #expect(bench.bytes("model.safetensors") == weights)
        #expect(bench.files.count == 4)
        #expect(outcome.fetchedFiles == 4)
    }

    @Test("a cut connection goes on at the byte where it was cut, time and again")
    func cut() throws {
        for place in [10_000, 25_000, 1] { hub.fault("/store/model.safetensors") { $1.cutAfter = place } }
        let outcome = try bench.pull()
        expectWhole(outcome)
        #expect(hub.requests("/store/model.safetensors").map(\.rangeStart) == [nil, 10_000, 35_000, 35_001])
        #expect(outcome.fetchedBytes == bench.files.reduce(0) { $0 + bench.bytes($1)!.count })
        #expect(bench.delays == [.milliseconds(500), .seconds(1), .seconds(2)])
    }

    @Test("cut for ever, it gives up with the bytes kept, and the next pull goes on from them")
    func givesUp() throws {
        hub.fault("/store/model.safetensors", times: 6) { $1.cutAfter = 1000 }
        guard case .unreachable(_, _, tries: 6) = bench.failure({ try bench.pull() }) else {
            Issue.record("it did not give up")
            return
        }
        #expect(!FileManager.default.fileExists(atPath: bench.folder))
        let before = hub.requests("config.json").count
        let outcome = try bench.pull()
        #expect(bench.bytes("model.safetensors") == weights)
        #expect(outcome.fetchedBytes == 54_000)
        #expect(hub.requests("/store/model.safetensors").last?.rangeStart == 6000)
        #expect(hub.requests("config.json").count == before, "what was whole is not fetched again")
    }

    @Test("progress starts the counting of failures anew")
    func progressCounts() throws {
        hub.fault("/store/model.safetensors", times: 9) { $1.cutAfter = 5000 }
        expectWhole(try bench.pull { $0.policy.progress = 5000 })
        #expect(bench.retries == 9)
    }

    @Test("a server that ignores ranges sends all again; what is here is not written twice")
    func rangesIgnored() throws {
        hub.fault("/store/model.safetensors") { $1.cutAfter = 20_000 }
        hub.fault("/store/model.safetensors") { [weights] _, reply in
            reply = .init(200, [("ETag", "\"store-60000\"")], body: weights)
            reply.cutAfter = 15_000
        }
        let outcome = try bench.pull()
        expectWhole(outcome)
        #expect(hub.requests("/store/model.safetensors").map(\.rangeStart) == [nil, 20_000, 20_000])
        #expect(outcome.fetchedBytes == bench.files.reduce(0) { $0 + bench.bytes($1)!.count })
    }

    @Test("a range that the server refuses (416) makes it start over")
    func rangeRefused() throws {
        hub.fault("/store/model.safetensors") { $1.cutAfter = 20_000 }
        hub.fault("/store/model.safetensors") { $1 = .init(416, [("Content-Range", "bytes */60000")]) }
        expectWhole(try bench.pull())
        #expect(hub.requests("/store/model.safetensors").map(\.rangeStart) == [nil, 20_000, nil])
    }

    @Test("a part from another place than asked is not glued on")
    func wrongPlace() throws {
        hub.fault("/store/model.safetensors") { $1.cutAfter = 20_000 }
        hub.fault("/store/model.safetensors") { [weights] _, reply in
            reply = .init(206, [("ETag", "\"store-60000\""), ("Content-Range", "bytes 0-59999/60000")], body: weights)
        }
        expectWhole(try bench.pull())
    }

    @Test("a file that changes between two attempts is begun anew")
    func tagChanges() throws {
        hub.change { $0.hidesSizes = true }
        let fresh = FakeHub.noise(40, seed: 9)
        hub.fault("/config.json") { $1.cutAfter = 5 }
        hub.fault("/config.json") { _, reply in
            reply = .init(
                206, [("ETag", "\"\(FakeHub.gitBlob(fresh))\""), ("Content-Range", "bytes 5-39/40")],
                body: Array(fresh[5...]))
        }
        _ = try bench.pull()
        #expect(bench.bytes("config.json") == Array("{\"model_type\":\"llama\"}".utf8))
        #expect(hub.requests("/config.json").map(\.rangeStart) == [nil, 5, nil])
    }

    @Test("bytes of an older commit are not taken for those of a newer one")
    func olderPartial() throws {
        hub.fault("/store/model.safetensors", times: 6) { $1.cutAfter = 1000 }
        _ = bench.failure { try bench.pull() }
        let newer = FakeHub.noise(60_000, seed: 7)
        hub.change { content in
            content.commit = String(repeating: "b2", count: 20)
            content.files["model.safetensors"]?.bytes = newer
        }
        _ = try bench.pull()
        #expect(bench.bytes("model.safetensors") == newer)
        #expect(hub.requests("/store/model.safetensors").last?.rangeStart == nil)
    }

    @Test("damaged bytes are thrown away and fetched once more, then refused")
    func damaged() throws {
        let twisted: @Sendable (LoopbackServer.Request, inout LoopbackServer.Reply) -> Void = { $1.body[7] ^= 1 }
        hub.fault("/store/model.safetensors", twisted)
        expectWhole(try bench.pull())
        let second = PullBench(hub)
        hub.fault("/store/model.safetensors", times: 2, twisted)
        guard case .wrongDigest(let file, _, _) = second.failure({ try second.pull() }) else {
            Issue.record("damaged bytes were taken")
            return
        }
        #expect(file == "model.safetensors")
        #expect(LocalFile.filesBelow(second.partial).allSatisfy { !$0.hasPrefix("model") })
    }

    @Test("small files are checked as git names them")
    func damagedSmall() throws {
        hub.fault("/config.json", times: 2) { $1.body[2] ^= 1 }
        guard case .wrongDigest(file: "config.json", .gitBlob, _) = bench.failure({ try bench.pull() }) else {
            Issue.record("damaged bytes were taken")
            return
        }
    }

    @Test("a body longer than announced counts as far as announced; a shorter one is asked for again")
    func lengthLies() throws {
        hub.fault("/store/model.safetensors") { $1.announced = 90_000 }
        hub.fault("/store/model.safetensors") { $1.announced = 90_000 }
        guard
            case .wrongLength(file: "model.safetensors", expected: 60_000, found: 90_000) =
                bench.failure({ try bench.pull() })
        else {
            Issue.record("a length that lies was believed")
            return
        }
        hub.fault("/store/model.safetensors") { _, reply in
            // As announced by the listing, but with more behind it.
            reply.body += [1, 2, 3]
            reply.announced = 60_000
        }
        _ = try bench.pull()
        #expect(bench.bytes("model.safetensors") == weights)
    }

    @Test("more bytes than the file has are not written, whatever the encoding of the transfer")
    func endless() throws {
        hub.fault("/store/model.safetensors", times: 2) { _, reply in
            reply.body += FakeHub.noise(200_000)
            reply.isChunked = true
        }
        guard case .wrongLength = bench.failure({ try bench.pull() }) else {
            Issue.record("more was taken than announced")
            return
        }
    }

    @Test("chunks and a compressed body come out as the file's own bytes")
    func encodings() throws {
        hub.fault("/store/model.safetensors") { $1.isChunked = true }
        hub.fault("/tokenizer.json") { _, reply in
            reply.body = gzipped(reply.body)
            reply.headers.append(("Content-Encoding", "gzip"))
        }
        hub.fault("?blobs=true") { _, reply in
            reply.body = gzipped(reply.body)
            reply.headers.append(("Content-Encoding", "gzip"))
        }
        expectWhole(try bench.pull())
        #expect(bench.bytes("tokenizer.json") == Array("{\"version\":\"1.0\"}".utf8))
        #expect(hub.requests("/tokenizer.json")[0].headers["accept-encoding"] == "identity")
    }

    @Test("a compressed body that was cut is begun anew")
    func cutCompressed() throws {
        hub.fault("/store/model.safetensors") { _, reply in
            reply.body = gzipped(reply.body)
            reply.headers.append(("Content-Encoding", "gzip"))
            reply.cutAfter = 30_000
        }
        expectWhole(try bench.pull())
        #expect(hub.requests("/store/model.safetensors").map(\.rangeStart) == [nil, nil])
    }

    @Test("500 and 503 are tried again, 429 as late as the server asks, and no later than five minutes")
    func statuses() throws {
        hub.fault("?blobs=true") { $1 = .init(500) }
        hub.fault("?blobs=true") { $1 = .init(503) }
        hub.fault("?blobs=true") { $1 = .init(429, [("Retry-After", "7")]) }
        hub.fault("?blobs=true") { $1 = .init(429, [("RateLimit", "\"api\";r=0;t=11")]) }
        hub.fault("/config.json") { $1 = .init(502) }
        expectWhole(try bench.pull())
        #expect(bench.delays == [.milliseconds(500), .seconds(1), .seconds(7), .seconds(11), .milliseconds(500)])
        let second = PullBench(hub)
        hub.fault("?blobs=true") { $1 = .init(429, [("Retry-After", "3600")]) }
        #expect(
            second.failure { try second.pull() }
                == .rateLimited(address: hub.server.origin, seconds: 3600, hasToken: false))
        #expect(second.delays.isEmpty)
    }

    @Test("a signed address that has run out is asked for again")
    func signatureEnds() throws {
        hub.fault("/store/model.safetensors") { $1 = .init(403) }
        expectWhole(try bench.pull())
        #expect(hub.requests("resolve/\(String(repeating: "a1", count: 20))/model.safetensors").count == 2)
    }

    @Test("a connection on which nothing comes is cut and tried again")
    func silence() throws {
        hub.fault("/config.json") { $1.silence = 1.6 }
        expectWhole(try bench.pull(idleSeconds: 1))
        #expect(bench.retries == 1)
    }

    @Test("a redirect that goes in circles, nowhere, or to another protocol ends it")
    func redirects() throws {
        let circle: @Sendable (LoopbackServer.Request, inout LoopbackServer.Reply) -> Void = { request, reply in
            reply = .init(302, [("Location", request.path)])
        }
        hub.fault("/config.json", times: 20, circle)
        guard case .redirect = bench.failure({ try bench.pull() }) else {
            Issue.record("it went round and round")
            return
        }
        #expect(hub.requests("/config.json").count == HubConnection.mostRedirects + 1)
        for target in ["file:///etc/passwd", "ftp://localhost/x", "http://user:word@localhost/", "http://[zz/"] {
            let other = PullBench(try FakeHub.small())
            other.hub.fault("/config.json") { $1 = .init(302, [("Location", target)]) }
            guard case .redirect = other.failure({ try other.pull() }) else {
                Issue.record("followed \(target)")
                return
            }
        }
        let last = PullBench(try FakeHub.small())
        last.hub.fault("/config.json") { $1 = .init(302) }
        guard case .refused(status: 302, _, _) = last.failure({ try last.pull() }) else {
            Issue.record("a redirect without a target was taken")
            return
        }
    }

    @Test("what is no HTTP at all is no answer")
    func noHTTP() throws {
        hub.fault("?blobs=true", times: 6) { $1.raw = Array("SSH-2.0-OpenSSH_9.2\r\n".utf8) }
        guard case .unreachable = bench.failure({ try bench.pull() }) else {
            Issue.record("it was taken for an answer")
            return
        }
    }

    @Test("a pull that is stopped keeps what came and goes on later")
    func stopped() throws {
        let stop = Cancellation()
        hub.fault("/store/model.safetensors") { _, reply in
            reply.cutAfter = 30_000
            Thread.sleep(forTimeInterval: 0.05)
        }
        let failure = bench.failure {
            try bench.pull(cancellation: stop) { pull in
                pull.policy.sleep = { _, _ in stop.cancel() }
            }
        }
        #expect(failure == .cancelled)
        #expect(try bench.pull().fetchedBytes == 30_000)
        #expect(bench.bytes("model.safetensors") == weights)
    }

    @Test("nobody listens: it says where")
    func nobody() throws {
        let failure = bench.failure {
            try bench.pull { $0.settings.endpoint = WebAddress("http://127.0.0.1:1")! }
        }
        guard case .unreachable(let address, _, tries: 6) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(address.hasPrefix("http://127.0.0.1:1/"))
    }
}

/// As gzip writes what it does not compress (RFC 1951, 1952).
private func gzipped(_ bytes: [UInt8]) -> [UInt8] {
    func little(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    var sum: UInt32 = ~0
    for byte in bytes {
        sum ^= UInt32(byte)
        for _ in 0..<8 { sum = sum & 1 == 1 ? (sum >> 1) ^ 0xEDB8_8320 : sum >> 1 }
    }
    precondition(bytes.count < 65_536)
    return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, 1] + little(bytes.count, 2) + little(~bytes.count, 2) + bytes
        + little(Int(~sum), 4) + little(bytes.count, 4)
}
