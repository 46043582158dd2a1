import Foundation
import Synchronization

@testable import Hub

/// A hub with one repository, served from memory, that answers wrongly when told to.
final class FakeHub: Sendable {
    struct File: Sendable {
        var bytes: [UInt8]
        /// Kept apart and reached by a redirect, named by its SHA-256.
        var isLarge = false
    }

    struct Content: Sendable {
        var id = "owner/tiny"
        var commit = String(repeating: "a1", count: 20)
        var files: [String: File] = [:]
        /// What the listing says instead of the truth.
        var listing: String?
        var hidesSizes = false
        var token: String?
        /// Answers to the next requests whose path ends so, in order; the usual one is passed in.
        var faults: [(ending: String, change: @Sendable (LoopbackServer.Request, inout LoopbackServer.Reply) -> Void)] =
            []
        /// Where large files are.
        var storeIsElsewhere = true
    }

    let server: LoopbackServer

    init(_ files: [String: File], id: String = "owner/tiny") throws {
        let state = Shared(Content(id: id, files: files))
        server = try LoopbackServer { request in state.answer(request) }
        shared = state
        state.content.withLock { $0.port = server.port }
    }

    private let shared: Shared

    func change(_ body: (inout Content) -> Void) { shared.content.withLock { body(&$0.content) } }

    /// The next request whose path ends so gets its answer changed.
    func fault(
        _ ending: String, times: Int = 1,
        _ change: @escaping @Sendable (LoopbackServer.Request, inout LoopbackServer.Reply) -> Void
    ) {
        self.change { content in
            for _ in 0..<times { content.faults.append((ending, change)) }
        }
    }

    func requests(_ ending: String) -> [LoopbackServer.Request] {
        server.requests.filter { $0.path.hasSuffix(ending) }
    }

    /// What both the server's threads and the test change.
    private final class Shared: Sendable {
        struct Inner: Sendable {
            var content: Content
            var port = 0
        }
        let content: Mutex<Inner>
        init(_ content: Content) { self.content = Mutex(Inner(content: content)) }

        func answer(_ request: LoopbackServer.Request) -> LoopbackServer.Reply {
            let (inner, change) = content.withLock { inner in
                let found = inner.content.faults.firstIndex { request.path.hasSuffix($0.ending) }
                return (inner, found.map { inner.content.faults.remove(at: $0).change })
            }
            var reply = usual(request, inner)
            change?(request, &reply)
            return reply
        }

        private func usual(_ request: LoopbackServer.Request, _ inner: Inner) -> LoopbackServer.Reply {
            let content = inner.content
            if request.path.hasPrefix("/store/") {
                guard let file = content.files[String(request.path.dropFirst(7))] else { return .init(404) }
                return part(of: file.bytes, request, tag: "\"store-\(file.bytes.count)\"")
            }
            if let token = content.token, request.headers["authorization"] != "Bearer \(token)" {
                return .init(
                    401, [("X-Error-Code", "RepoNotFound")], body: Array("{\"error\":\"Repository not found\"}".utf8))
            }
            if request.path == "/api/models/\(content.id)/revision/main?blobs=true"
                || request.path == "/api/models/\(content.id)/revision/\(content.commit)?blobs=true"
            {
                return .json(content.listing ?? listing(content))
            }
            let prefix = "/\(content.id)/resolve/\(content.commit)/"
            guard request.path.hasPrefix(prefix) else { return .init(404, [("X-Error-Code", "RepoNotFound")]) }
            let path = String(request.path.dropFirst(prefix.count))
            guard let file = content.files[path] else { return .init(404, [("X-Error-Code", "EntryNotFound")]) }
            var common = [("X-Repo-Commit", content.commit)]
            if file.isLarge {
                let host = content.storeIsElsewhere ? "localhost" : "127.0.0.1"
                common += [
                    ("Location", "http://\(host):\(inner.port)/store/\(path)"),
                    ("X-Linked-Size", "\(file.bytes.count)"), ("X-Linked-Etag", "\"\(FakeHub.sha256(file.bytes))\""),
                ]
                return .init(302, common, body: Array("Found. Redirecting".utf8))
            }
            var reply = part(of: file.bytes, request, tag: "\"\(FakeHub.gitBlob(file.bytes))\"")
            reply.headers += common
            return reply
        }

        private func part(
            of bytes: [UInt8], _ request: LoopbackServer.Request, tag: String
        ) -> LoopbackServer.Reply {
            guard let start = request.rangeStart else { return .init(200, [("ETag", tag)], body: bytes) }
            guard start < bytes.count else { return .init(416, [("Content-Range", "bytes */\(bytes.count)")]) }
            return .init(
                206, [("ETag", tag), ("Content-Range", "bytes \(start)-\(bytes.count - 1)/\(bytes.count)")],
                body: Array(bytes[start...]))
        }

        private func listing(_ content: Content) -> String {
            let files = content.files.sorted { $0.key < $1.key }.map { path, file in
                var fields = ["\"rfilename\":\"\(path)\""]
                if !content.hidesSizes {
                    fields.append("\"size\":\(file.bytes.count),\"blobId\":\"\(FakeHub.gitBlob(file.bytes))\"")
                    if file.isLarge {
                        fields.append(
                            "\"lfs\":{\"sha256\":\"\(FakeHub.sha256(file.bytes))\",\"size\":\(file.bytes.count),"
                                + "\"pointerSize\":133}")
                    }
                }
                return "{\(fields.joined(separator: ","))}"
            }
            return
                "{\"id\":\"\(content.id)\",\"sha\":\"\(content.commit)\",\"siblings\":[\(files.joined(separator: ","))]}"
        }
    }

    static func sha256(_ bytes: [UInt8]) -> String {
        var hash = SHA256()
        hash.update(bytes)
        return hash.hex
    }

    static func gitBlob(_ bytes: [UInt8]) -> String {
        var hash = SHA1()
        hash.update("blob \(bytes.count)\0".utf8)
        hash.update(bytes)
        return hash.hex
    }

    // MARK: Samples

    static func noise(_ count: Int, seed: UInt8 = 1) -> [UInt8] {
        var state = UInt32(seed) &* 2_654_435_761 | 1
        return (0..<count).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(truncatingIfNeeded: state >> 24)
        }
    }

    static func small() throws -> FakeHub {
        try FakeHub([
            "config.json": File(bytes: Array("{\"model_type\":\"llama\"}".utf8)),
            "tokenizer.json": File(bytes: Array("{\"version\":\"1.0\"}".utf8)),
            "model.safetensors": File(bytes: noise(60_000), isLarge: true),
            "README.md": File(bytes: Array("# Tiny\n".utf8)),
            "pytorch_model.bin": File(bytes: noise(100), isLarge: true),
            "original/notes.txt": File(bytes: Array("notes".utf8)),
        ])
    }
}

/// A folder of its own, removed with the value, and pulls into it.
final class PullBench: Sendable {
    /// In memory where there is such a place: every file is synced many times.
    let path =
        (FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm/" : NSTemporaryDirectory())
        + "ftbench-hub-tests-" + UUID().uuidString
    let hub: FakeHub
    private let waited = Mutex<[Duration]>([])
    private let told = Mutex<[PullEvent]>([])

    init(_ hub: FakeHub) { self.hub = hub }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// How long it waited before each retry.
    var delays: [Duration] { waited.withLock { $0 } }
    var events: [PullEvent] { told.withLock { $0 } }
    var folder: String { path + "/owner--tiny" }
    var partial: String { path + "/.owner--tiny.partial" }

    func pull(
        _ name: String = "owner/tiny", token: String? = nil, idleSeconds: Int = 5,
        cancellation: Cancellation = Cancellation(), _ adjust: (inout ModelPull) -> Void = { _ in }
    ) throws -> PullOutcome {
        var environment = ["HF_ENDPOINT": hub.server.origin, "HF_HUB_DOWNLOAD_TIMEOUT": "\(idleSeconds)"]
        environment["HF_TOKEN"] = token
        let settings = try HubSettings(environment: environment)
        var pull = ModelPull(
            settings: settings, client: try CurlClient(), repository: try RepositoryName(name), folder: folder)
        pull.policy.jitter = { 1 }
        pull.policy.sleep = { [weak self] delay, _ in self?.waited.withLock { $0.append(delay) } }
        adjust(&pull)
        return try pull.run(cancellation: cancellation) { [weak self] event in self?.told.withLock { $0.append(event) }
        }
    }

    func failure(_ body: () throws -> PullOutcome) -> HubError? {
        do {
            _ = try body()
            return nil
        } catch {
            return error as? HubError
        }
    }

    func bytes(_ file: String) -> [UInt8]? {
        FileManager.default.contents(atPath: folder + "/" + file).map(Array.init)
    }

    /// Every file of the pulled folder but the pull's own note.
    var files: [String] { LocalFile.filesBelow(folder).filter { $0 != PullManifest.fileName } }
    var hasPartial: Bool { FileManager.default.fileExists(atPath: partial) }
    var retries: Int { events.count { if case .retry = $0 { true } else { false } } }
}
