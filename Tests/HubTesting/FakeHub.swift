import Digests
import Foundation
import Hub
import Synchronization

/// A hub with one repository, served from memory, that answers wrongly when told to.
package final class FakeHub: Sendable {
    package struct File: Sendable {
        package var bytes: [UInt8]
        /// Kept apart and reached by a redirect, named by its SHA-256.
        package var isLarge = false

        package init(bytes: [UInt8], isLarge: Bool = false) {
            self.bytes = bytes
            self.isLarge = isLarge
        }
    }

    package struct Content: Sendable {
        package var id = "owner/tiny"
        package var commit = String(repeating: "a1", count: 20)
        package var files: [String: File] = [:]
        /// What the listing says instead of the truth.
        package var listing: String?
        package var hidesSizes = false
        package var token: String?
        /// Answers to the next requests whose path ends so, in order; the usual one is passed in.
        package var faults:
            [(ending: String, change: @Sendable (LoopbackServer.Request, inout LoopbackServer.Reply) -> Void)] =
                []
        /// Where large files are.
        package var storeIsElsewhere = true
    }

    package let server: LoopbackServer

    package init(_ files: [String: File], id: String = "owner/tiny") throws {
        let state = Shared(Content(id: id, files: files))
        server = try LoopbackServer { request in state.answer(request) }
        shared = state
        state.content.withLock { $0.port = server.port }
    }

    private let shared: Shared

    package func change(_ body: (inout Content) -> Void) { shared.content.withLock { body(&$0.content) } }

    /// The next request whose path ends so gets its answer changed.
    package func fault(
        _ ending: String, times: Int = 1,
        _ change: @escaping @Sendable (LoopbackServer.Request, inout LoopbackServer.Reply) -> Void
    ) {
        self.change { content in
            for _ in 0..<times { content.faults.append((ending, change)) }
        }
    }

    package func requests(_ ending: String) -> [LoopbackServer.Request] {
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

    package static func sha256(_ bytes: [UInt8]) -> String {
        var hash = SHA256()
        hash.update(bytes)
        return hash.hex
    }

    package static func gitBlob(_ bytes: [UInt8]) -> String {
        var hash = SHA1()
        hash.update("blob \(bytes.count)\0".utf8)
        hash.update(bytes)
        return hash.hex
    }

    // MARK: Samples

    package static func noise(_ count: Int, seed: UInt8 = 1) -> [UInt8] {
        var state = UInt32(seed) &* 2_654_435_761 | 1
        return (0..<count).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(truncatingIfNeeded: state >> 24)
        }
    }

    package static func small() throws -> FakeHub {
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
