import Foundation
import HubTesting
import Testing

@testable import Hub

@Suite("What is refused, and in which words")
struct RefusalTests {
    let hub: FakeHub
    let bench: PullBench

    init() throws {
        hub = try FakeHub.small()
        bench = PullBench(hub)
    }

    private func listing(_ siblings: String) {
        hub.change { content in
            content.listing = "{\"id\":\"owner/tiny\",\"sha\":\"\(content.commit)\",\"siblings\":[\(siblings)]}"
        }
    }

    /// Nothing but the lock's folder may be left by a pull that was refused at once.
    private func expectNothingWritten() {
        #expect(!FileManager.default.fileExists(atPath: bench.folder))
        #expect(LocalFile.filesBelow(bench.path).isEmpty)
    }

    @Test(
        "the hub's own codes become what to do",
        arguments: [
            (401, "RepoNotFound", nil, "set HF_TOKEN"), (404, "RepoNotFound", "hf_x", "the token does not open it"),
            (403, "GatedRepo", "hf_x", "Accept the terms at"), (401, "GatedRepo", nil, "then set HF_TOKEN"),
            (404, "RevisionNotFound", nil, "no revision 'main'"),
            (401, "", "hf_wrong", "refused the token in HF_TOKEN"),
            (404, "", nil, "Check the spelling"), (400, "", nil, "status 400"),
        ] as [(Int, String, String?, String)])
    func codes(status: Int, code: String, token: String?, words: String) throws {
        hub.fault("?blobs=true") { _, reply in
            reply = .init(status, code.isEmpty ? [] : [("X-Error-Code", code)])
        }
        let failure = bench.failure { try bench.pull(token: token) }
        let text = try #require(failure?.description)
        #expect(text.contains(words), "\(text)")
        #expect(!text.contains("hf_"), "the token is shown: \(text)")
        #expect(hub.server.requests.count == 1, "it asked again")
        expectNothingWritten()
    }

    @Test("a file that is gated or gone ends the pull, and what came is kept")
    func fileRefused() throws {
        hub.fault("/model.safetensors") { $1 = .init(403, [("X-Error-Code", "GatedRepo")]) }
        guard case .gated(repository: "owner/tiny", let page, hasToken: false) = bench.failure({ try bench.pull() })
        else {
            Issue.record("not told that it is gated")
            return
        }
        #expect(page == hub.server.origin + "/owner/tiny")
        #expect(bench.hasPartial)
        hub.fault("/model.safetensors") { $1 = .init(404, [("X-Error-Code", "EntryNotFound")]) }
        guard case .noFile(_, file: "model.safetensors", _) = bench.failure({ try bench.pull() }) else {
            Issue.record("not told which file is gone")
            return
        }
        #expect(try bench.pull().files.count == 4)
    }

    @Test("the hub's words are shown without what a terminal would obey")
    func words() throws {
        // More than once: on a busy machine a first request may be given up and asked again.
        hub.fault("?blobs=true", times: 8) { _, reply in
            reply = .init(418, body: Array("{\"error\":\"no\\u001b[31m tea\\u202e here\"}".utf8))
        }
        let text = try #require(bench.failure { try bench.pull() }?.description)
        #expect(text.contains("no?[31m tea? here"), "\(text)")
    }

    @Test("a repository with nothing but pickles is refused with a way out")
    func pickles() throws {
        hub.change { content in
            content.files["model.safetensors"] = nil
            content.files["Model.PTH"] = .init(bytes: [1])
        }
        let failure = bench.failure { try bench.pull() }
        #expect(failure == .onlyPickles(repository: "owner/tiny", files: ["Model.PTH", "pytorch_model.bin"]))
        #expect(failure?.description.contains("refs/pr/1") == true)
        guard case .picklesAskedFor = bench.failure({ try bench.pull { $0.patterns = ["*.bin"] } }) else {
            Issue.record("a pickle was fetched because it was named")
            return
        }
        _ = try bench.pull { $0.patterns = ["*"] }
        #expect(bench.files == ["README.md", "config.json", "original/notes.txt", "tokenizer.json"])
        #expect(hub.requests(".bin").isEmpty && hub.requests(".PTH").isEmpty)
    }

    @Test("GGUF alone, other weights and an empty repository say what to name")
    func otherWeights() throws {
        listing(#"{"rfilename":"a-q4.gguf"},{"rfilename":"config.json"}"#)
        #expect(bench.failure { try bench.pull() } == .onlyGGUF(repository: "owner/tiny", files: ["a-q4.gguf"]))
        listing(#"{"rfilename":"consolidated.safetensors"},{"rfilename":"config.json"}"#)
        #expect(
            bench.failure { try bench.pull() }
                == .noWeightsByName(repository: "owner/tiny", files: ["consolidated.safetensors"]))
        listing(#"{"rfilename":".gitattributes"}"#)
        #expect(
            bench.failure { try bench.pull() } == .nothingToFetch(repository: "owner/tiny", files: [".gitattributes"]))
        #expect(
            bench.failure { try bench.pull { $0.patterns = ["*.gguf"] } }
                == .noMatch(pattern: "*.gguf", files: [".gitattributes"]))
    }

    @Test(
        "paths that lead out of the folder are refused",
        arguments: [
            "../evil.txt", "/etc/evil.txt", "a/../../evil.txt", "a//b.txt", "a/./b.txt", "C:evil.txt", "a\\\\evil.txt",
            "evil\\u0000.txt", "evil\\n.txt", ".git/config.txt", ".ftbench-pull.json.txt", "con.txt",
            "evil.txt.partial",
            "", "a/b/c/d/e/f/g/h/i.txt", "evil.txt ", "evil\u{202E}txt.sh",
        ])
    func escapes(path: String) throws {
        listing("{\"rfilename\":\"config.json\",\"size\":1},{\"rfilename\":\"\(path)\",\"size\":1}")
        guard case .unsafePath = bench.failure({ try bench.pull { $0.patterns = ["*"] } }) else {
            Issue.record("\(path) was taken")
            return
        }
        #expect(hub.server.requests.count == 1)
        expectNothingWritten()
    }

    @Test("a file listed twice, or as a folder too, is refused")
    func doubled() throws {
        for listed in [
            #"{"rfilename":"config.json"},{"rfilename":"config.json"}"#, #"{"rfilename":"a"},{"rfilename":"a/b"}"#,
        ] {
            listing(listed)
            guard case .unsafePath = bench.failure({ try bench.pull { $0.patterns = ["*"] } }) else {
                Issue.record("\(listed) was taken")
                return
            }
        }
    }

    @Test("shards with a path in their name, or of another kind, are refused")
    func shardNames() throws {
        for name in [
            "../model-1.safetensors", "a/b.safetensors", "/etc/x.safetensors", "pytorch_model.bin", "gone.safetensors",
        ] {
            let other = PullBench(hub)
            hub.change { content in
                content.files["model.safetensors"] = nil
                content.files["model.safetensors.index.json"] = .init(
                    bytes: Array("{\"weight_map\":{\"a\":\"\(name)\"}}".utf8))
            }
            guard case .badIndex(_, let problem) = other.failure({ try other.pull() }) else {
                Issue.record("\(name) was taken")
                return
            }
            #expect(problem.contains(name))
        }
    }

    @Test("a link in the unfinished folder is not written through")
    func linkInside() throws {
        let files = FileManager.default
        let target = bench.path + "/precious"
        try files.createDirectory(atPath: bench.partial, withIntermediateDirectories: true)
        try Data("precious".utf8).write(to: URL(fileURLWithPath: target))
        try files.createSymbolicLink(
            atPath: bench.partial + "/config.json.partial", withDestinationPath: target)
        guard case .cannotWrite = bench.failure({ try bench.pull() }) else {
            Issue.record("the link was followed")
            return
        }
        #expect(files.contents(atPath: target) == Data("precious".utf8))
        try files.removeItem(atPath: bench.partial + "/config.json.partial")
        try files.createSymbolicLink(atPath: bench.partial + "/config.json", withDestinationPath: target)
        _ = try bench.pull()
        #expect(files.contents(atPath: target) == Data("precious".utf8))
        #expect(bench.bytes("config.json") == Array("{\"model_type\":\"llama\"}".utf8))
    }

    @Test("a web page, text and a list that is none are no listing")
    func noListing() throws {
        let answers: [(String, String)] = [
            ("text/html", "<html><body>Log in</body></html>"), ("application/json", "  <!doctype html>"),
            ("application/json", "{\"sha\":"), ("application/json", "[]"), ("application/json", "{}"),
            ("application/json", "{\"sha\":\"../../x\",\"siblings\":[]}"),
            ("application/json", "{\"sha\":\"abcdef0123\",\"siblings\":{}}"),
            ("application/json", "{\"sha\":\"abcdef0123\",\"siblings\":[{\"size\":3}]}"),
            ("application/json", "{\"sha\":\"abcdef0123\",\"siblings\":[{\"rfilename\":\"a\",\"size\":-1}]}"),
            ("application/json", "{\"sha\":\"abcdef0123\",\"siblings\":[{\"rfilename\":\"a\",\"size\":1e30}]}"),
        ]
        for (type, text) in answers {
            hub.fault("?blobs=true") { $1 = .init(200, [("Content-Type", type)], body: Array(text.utf8)) }
            switch bench.failure({ try bench.pull() }) {
            case .notJSON, .badListing: break
            case let other: Issue.record("\(text): \(String(describing: other))")
            }
        }
        expectNothingWritten()
    }

    @Test("a listing without end is not read to its end")
    func endlessListing() throws {
        hub.fault("?blobs=true") { _, reply in
            reply.body = [UInt8](repeating: 0x20, count: RepositoryListing.mostBytes + 100_000)
            reply.isChunked = true
        }
        guard case .badListing = bench.failure({ try bench.pull() }) else {
            Issue.record("it was read whole")
            return
        }
        let many = (0...RepositoryListing.mostFiles).map { "{\"rfilename\":\"f\($0)\"}" }.joined(separator: ",")
        let text = "{\"sha\":\"abcdef0123\",\"siblings\":[\(many)]}"
        #expect(throws: HubError.self) { try RepositoryListing(parsing: Array(text.utf8), address: "here") }
    }

    @Test("offline means that nothing is asked")
    func offline() throws {
        #expect(
            bench.failure { try bench.pull { $0.settings.offline = "HF_HUB_OFFLINE" } }
                == .offline(variable: "HF_HUB_OFFLINE"))
        #expect(hub.server.requests.isEmpty)
    }
}
