// swift-format-ignore-file: NeverForceUnwrap

import Foundation
import HubTesting
import Testing

@testable import Hub

@Suite("Pulling a model")
struct PullTests {
    let hub: FakeHub
    let bench: PullBench

    init() throws {
        hub = try FakeHub.small()
        bench = PullBench(hub)
    }

    @Test("config, tokenizer, weights and readme come; pickles and other folders do not")
    func whole() throws {
        let outcome = try bench.pull()
        #expect(bench.files == ["README.md", "config.json", "model.safetensors", "tokenizer.json"])
        #expect(bench.bytes("model.safetensors") == FakeHub.noise(60_000))
        #expect(outcome.fetchedFiles == 4 && !outcome.isUpToDate && outcome.unverified.isEmpty)
        #expect(outcome.fetchedBytes == bench.files.reduce(0) { $0 + bench.bytes($1)!.count })
        #expect(outcome.kind == .model && outcome.commit == String(repeating: "a1", count: 20))
        #expect(!bench.hasPartial)
        #expect(try FileManager.default.contentsOfDirectory(atPath: bench.path) == ["owner--tiny"])
        let manifest = try #require(PullManifest(folder: bench.folder))
        #expect(manifest.files["model.safetensors"]?.digest == .sha256(FakeHub.sha256(FakeHub.noise(60_000))))
        #expect(manifest.files.values.allSatisfy { $0.isVerified })
        guard case .started(let plan) = bench.events.first else {
            Issue.record("the plan is not told first")
            return
        }
        #expect(plan.files == 4 && plan.bytes == outcome.fetchedBytes && plan.presentBytes == 0)
    }

    @Test("the same commit again does nothing; a file that is gone comes again")
    func upToDate() throws {
        _ = try bench.pull()
        let before = hub.server.requests.count
        #expect(try bench.pull().isUpToDate)
        #expect(hub.server.requests.count == before + 1)
        #expect(!bench.hasPartial)
        try FileManager.default.removeItem(atPath: bench.folder + "/tokenizer.json")
        let again = try bench.pull()
        #expect(again.fetchedFiles == 1 && !again.isUpToDate)
        #expect(bench.bytes("tokenizer.json") == Array("{\"version\":\"1.0\"}".utf8))
    }

    @Test("a newer commit fetches what changed, keeps what did not and what a person put beside it")
    func newerCommit() throws {
        _ = try bench.pull()
        try Data("mine".utf8).write(to: URL(fileURLWithPath: bench.folder + "/notes.txt"))
        try FileManager.default.createSymbolicLink(
            atPath: bench.folder + "/shortcut", withDestinationPath: "notes.txt")
        hub.change { content in
            content.commit = String(repeating: "b2", count: 20)
            content.files["config.json"]?.bytes = Array("{\"model_type\":\"mistral\"}".utf8)
            content.files["README.md"] = nil
        }
        let outcome = try bench.pull()
        #expect(outcome.fetchedFiles == 1)
        #expect(bench.files == ["config.json", "model.safetensors", "notes.txt", "shortcut", "tokenizer.json"])
        #expect(bench.bytes("shortcut") == Array("mine".utf8))
        #expect(bench.bytes("config.json") == Array("{\"model_type\":\"mistral\"}".utf8))
        #expect(hub.requests("/store/model.safetensors").count == 1)
        #expect(PullManifest(folder: bench.folder)?.commit == outcome.commit)
        #expect(try FileManager.default.contentsOfDirectory(atPath: bench.path) == ["owner--tiny"])
    }

    @Test("a file changed here is not overwritten by the way, but by force")
    func changedHere() throws {
        _ = try bench.pull()
        let config = bench.folder + "/config.json"
        try Data("{\"model_type\":\"gemma\"}".utf8).write(to: URL(fileURLWithPath: config))
        #expect(bench.failure { try bench.pull() } == .changedHere(folder: bench.folder, files: ["config.json"]))
        #expect(bench.bytes("config.json") == Array("{\"model_type\":\"gemma\"}".utf8))
        let outcome = try bench.pull { $0.isForced = true }
        #expect(outcome.fetchedFiles == 1)
        #expect(bench.bytes("config.json") == Array("{\"model_type\":\"llama\"}".utf8))
    }

    @Test("force finds a large file that was changed without changing its length")
    func forced() throws {
        _ = try bench.pull()
        var bytes = FakeHub.noise(60_000)
        bytes[31_000] ^= 1
        try Data(bytes).write(to: URL(fileURLWithPath: bench.folder + "/model.safetensors"))
        #expect(try bench.pull { $0.isForced = true }.fetchedFiles == 1)
        #expect(bench.bytes("model.safetensors") == FakeHub.noise(60_000))
    }

    @Test("of sharded weights, the shards that the index names")
    func shards() throws {
        hub.change { content in
            content.files["model.safetensors"] = nil
            content.files["model.safetensors.index.json"] = .init(
                bytes: Array(
                    #"{"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors","c":"model-1.safetensors"}}"#
                        .utf8))
            for number in 1...3 {
                content.files["model-\(number).safetensors"] = .init(
                    bytes: FakeHub.noise(5000, seed: UInt8(number)), isLarge: true)
            }
        }
        let outcome = try bench.pull()
        #expect(
            bench.files.filter { $0.hasPrefix("model") } == [
                "model-1.safetensors", "model-2.safetensors", "model.safetensors.index.json",
            ])
        #expect(hub.requests("index.json").count == 1)
        #expect(outcome.files.count == 6 && outcome.fetchedFiles == 6)
        #expect(try bench.pull().isUpToDate)
        hub.change {
            $0.files["model-2.safetensors"] = nil; $0.commit = String(repeating: "c3", count: 20)
        }
        guard case .badIndex = bench.failure({ try bench.pull() }) else {
            Issue.record("a missing shard is not told")
            return
        }
        #expect(bench.files.contains("model-2.safetensors"), "what was whole stays")
    }

    @Test("patterns choose the weights and are remembered; small files always come")
    func patterns() throws {
        hub.change { content in
            content.files["tiny-q4.gguf"] = .init(bytes: FakeHub.noise(300), isLarge: true)
            content.files["tiny-q8.gguf"] = .init(bytes: FakeHub.noise(400), isLarge: true)
        }
        _ = try bench.pull { $0.patterns = ["*q4*"] }
        #expect(bench.files == ["README.md", "config.json", "tiny-q4.gguf", "tokenizer.json"])
        _ = try bench.pull { $0.patterns = ["*q8*"] }
        #expect(bench.files == ["README.md", "config.json", "tiny-q4.gguf", "tiny-q8.gguf", "tokenizer.json"])
        #expect(try bench.pull().isUpToDate)
    }

    @Test("an adapter comes with its configuration, also from a folder of its own name")
    func adapters() throws {
        hub.change { content in
            content.files = [
                "adapter_config.json": .init(bytes: Array("{}".utf8)),
                "adapter_model.safetensors": .init(bytes: FakeHub.noise(900), isLarge: true),
            ]
        }
        #expect(try bench.pull().kind == .adapter)
        let other = PullBench(hub)
        hub.change { content in
            content.files = [
                "README.md": .init(bytes: [1]), "second/adapter_config.json": .init(bytes: Array("{}".utf8)),
                "second/adapter_model.safetensors": .init(bytes: FakeHub.noise(900), isLarge: true),
                "second/optimizer.pt": .init(bytes: [1]),
            ]
        }
        #expect(try other.pull().kind == .adapter)
        #expect(other.files == ["README.md", "second/adapter_config.json", "second/adapter_model.safetensors"])
    }

    @Test("without sizes in the listing the answers tell them")
    func noSizes() throws {
        hub.change { $0.hidesSizes = true }
        let outcome = try bench.pull()
        #expect(bench.bytes("model.safetensors") == FakeHub.noise(60_000))
        // The hub's tags are checksums as well.
        #expect(outcome.unverified.isEmpty)
        #expect(try bench.pull().isUpToDate)
    }

    @Test("the token goes to the hub and to nobody else")
    func token() throws {
        hub.change { $0.token = "hf_secret" }
        _ = try bench.pull(token: "hf_secret")
        let (own, others) = (
            hub.server.requests.filter { $0.host == "127.0.0.1" }, hub.requests("/store/model.safetensors")
        )
        #expect(own.allSatisfy { $0.headers["authorization"] == "Bearer hf_secret" })
        #expect(others.count == 1 && others[0].host == "localhost")
        #expect(others.allSatisfy { $0.headers["authorization"] == nil })
    }

    @Test("a redirect on the hub itself keeps the token: a renamed repository")
    func renamed() throws {
        hub.change { $0.token = "hf_secret" }
        hub.fault("/api/models/owner/tiny/revision/main?blobs=true") { request, reply in
            reply = .init(307, [("Location", "/api/models/owner/tiny/revision/main?blobs=true")])
        }
        _ = try bench.pull(token: "hf_secret")
        #expect(bench.files.count == 4)
    }

    @Test("two pulls of one folder: the second says so")
    func busy() throws {
        let held = try PullFolder(bench.folder)
        #expect(bench.failure { try bench.pull() } == .busy(folder: bench.folder))
        withExtendedLifetime(held) {}
        #expect(hub.server.requests.isEmpty)
    }

    @Test("another folder, a file or a link in the way is left alone")
    func occupied() throws {
        let files = FileManager.default
        try files.createDirectory(atPath: bench.folder, withIntermediateDirectories: true)
        _ = try bench.pull()
        #expect(bench.files.count == 4, "an empty folder is no obstacle")
        try files.removeItem(atPath: bench.folder + "/" + PullManifest.fileName)
        guard case .occupied = bench.failure({ try bench.pull() }) else {
            Issue.record("a folder of unknown origin was taken")
            return
        }
        try files.moveItem(atPath: bench.folder, toPath: bench.path + "/elsewhere")
        try files.createSymbolicLink(atPath: bench.folder, withDestinationPath: bench.path + "/elsewhere")
        guard case .occupied = bench.failure({ try bench.pull() }) else {
            Issue.record("a link was followed")
            return
        }
    }

    @Test("killed between the two renames of an update, the old folder comes back and the update goes on")
    func killedInExchange() throws {
        _ = try bench.pull()
        try FileManager.default.moveItem(atPath: bench.folder, toPath: bench.path + "/.owner--tiny.removing")
        #expect(try bench.pull().isUpToDate)
        #expect(bench.files.count == 4)
    }

    @Test("no room on the disk is told before anything is fetched")
    func noRoom() throws {
        hub.change { content in
            content.listing =
                "{\"id\":\"owner/tiny\",\"sha\":\"\(content.commit)\",\"siblings\":[{\"rfilename\":\"config.json\","
                + "\"size\":9},{\"rfilename\":\"model.safetensors\",\"size\":4611686018427387904}]}"
        }
        guard case .noRoom(_, let needed, let free) = bench.failure({ try bench.pull() }) else {
            Issue.record("not refused")
            return
        }
        #expect(needed > free)
        #expect(hub.server.requests.count == 1)
    }
}
