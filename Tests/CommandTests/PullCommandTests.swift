import Foundation
import HubTesting
import OrderedJSON
import Testing

@Suite("Pulling models", .enabled(if: BuiltProgram.path != nil, Comment(rawValue: BuiltProgram.isMissing)))
struct PullCommandTests {
    private let scratch: Scratch
    private let hub: FakeHub

    /// A hub with a model of a few thousand random parameters.
    init() throws {
        scratch = try Scratch()
        let folder = try scratch.model("source")
        var files: [String: FakeHub.File] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name))
            files[name] = FakeHub.File(bytes: Array(bytes), isLarge: name.hasSuffix(".safetensors"))
        }
        files["pytorch_model.bin"] = FakeHub.File(bytes: [0x80, 4], isLarge: true)
        hub = try FakeHub(files, id: "acme/tiny")
    }

    private func run(_ arguments: String..., token: String = "") throws -> BuiltProgram.Result {
        try BuiltProgram.run(
            ["models"] + arguments, workspace: scratch.workspace,
            environment: [
                "HF_ENDPOINT": hub.server.origin, "HF_HOME": scratch.path, "HF_TOKEN": token, "HF_HUB_OFFLINE": "",
                "no_proxy": "*",
            ])
    }

    @Test("a pulled model is known by name and can be used; a second pull fetches nothing")
    func whole() throws {
        let first = try run("pull", "acme/tiny", "--json")
        #expect(first.status == 0 && first.error.isEmpty, "\(first.error)")
        let events = first.jsonLines
        #expect(events.first?["event"]?.string == "start")
        #expect(events.first?["commit"]?.string == String(repeating: "a1", count: 20))
        #expect(events.filter { $0["event"]?.string == "file" }.count == events.first?["files"]?.int)
        let end = try #require(events.last)
        #expect(end["event"]?.string == "end" && end["status"]?.string == "done")
        #expect(end["family"]?.string == "llama" && end["usable"]?.bool == true)
        let folder = try #require(end["folder"]?.string)
        #expect(folder == scratch.workspace + "/models/acme--tiny")
        #expect(!FileManager.default.fileExists(atPath: folder + "/pytorch_model.bin"))
        #expect(try run("info", "acme--tiny", "--json").json?["family"]?.string == "llama")
        let again = try run("pull", "acme/tiny", "--json")
        #expect(again.jsonLines.last?["status"]?.string == "up_to_date")
        #expect(hub.requests("/store/model.safetensors").count == 1)
        let text = try BuiltProgram.run(
            ["generate", "--model", "acme/tiny", "--prompt", "the cat", "--max-tokens", "2"],
            workspace: scratch.workspace)
        #expect(text.status == 0, "\(text.error)")
    }

    @Test("an architecture that ftbench does not run is fetched, and told")
    func otherArchitecture() throws {
        hub.change { content in
            content.files["config.json"]?.bytes = Array(#"{"model_type":"mamba"}"#.utf8)
        }
        let result = try run("pull", "acme/tiny")
        #expect(result.status == 0, "\(result.error)")
        #expect(result.output.contains("cannot be used as it is") && result.output.contains("mamba"))
        #expect(try run("list").output.contains("acme--tiny"))
    }

    @Test("failures are one sentence with what to do, the end is told in JSON, and no token is shown")
    func failures() throws {
        hub.change { $0.token = "hf_right" }
        let wrong = try run("pull", "acme/tiny", "--json", token: "hf_wrong")
        #expect(wrong.status == 1 && wrong.errorLines.count == 1)
        #expect(wrong.jsonLines.last?["status"]?.string == "failed")
        #expect(wrong.error.contains("the token does not open it"), "\(wrong.error)")
        #expect(!(wrong.error + wrong.output).contains("hf_wrong"))
        #expect(try run("pull", "acme/tiny", token: "hf_right").status == 0)
        #expect(try run("pull", "acme//tiny").status == 64)
        #expect(try run("pull", "acme/tiny@v1", "--revision", "v2").status == 64)
        #expect(try run("pull", "acme/tiny", "--file", "").status == 64)
    }

    @Test("a name that is taken is refused before anything is fetched")
    func nameTaken() throws {
        _ = try run("add", scratch.path + "/source", "--name", "mine")
        let result = try run("pull", "acme/tiny", "--name", "mine")
        #expect(result.status == 1 && result.error.contains("--name"), "\(result.error)")
        #expect(hub.server.requests.isEmpty)
    }

    @Test("another folder and another name")
    func elsewhere() throws {
        let result = try run("pull", "acme/tiny", "--output", scratch.path + "/out", "--name", "mine")
        #expect(result.status == 0, "\(result.error)")
        #expect(FileManager.default.fileExists(atPath: scratch.path + "/out/model.safetensors"))
        #expect(try run("list").output.contains("mine"))
    }

    @Test("adding what is no folder, listing long names and forgetting say what they mean")
    func otherCommands() throws {
        let absent = try run("add", scratch.path + "/absent")
        #expect(absent.status == 1 && absent.error.contains("no folder") && absent.error.contains("models pull"))
        #expect(try run("add", scratch.path + "/source", "--name", "a/b").status == 64)
        let long = String(repeating: "n", count: 40)
        #expect(try run("add", scratch.path + "/source", "--name", long).status == 0)
        let columns = try run("list").output.split(separator: "\n").map { line in
            line.range(of: " llama ").map { line.distance(from: line.startIndex, to: $0.lowerBound) }
        }
        #expect(Set(columns).count == 1 && columns.first != .some(nil), "\(columns)")
        let forgotten = try run("remove", long)
        #expect(forgotten.status == 0 && forgotten.output.contains(scratch.path + "/source"))
        let shipped = try run("remove", "base-model")
        #expect(shipped.status == 1 && shipped.error.contains("ships with ftbench"), "\(shipped.error)")
    }
}
