import Foundation
import OrderedJSON
import Testing

@Suite("Exit status and messages", .enabled(if: BuiltProgram.path != nil, Comment(rawValue: BuiltProgram.isMissing)))
struct UsageTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func run(_ arguments: String...) throws -> BuiltProgram.Result {
        try BuiltProgram.run(arguments, workspace: scratch.workspace)
    }

    /// One message that names the place, and nothing that looks like a crash.
    private func expectMessage(_ result: BuiltProgram.Result, naming place: String, _ remedy: String, lines: Int = 1) {
        #expect(result.status == 1, "\(result.error)")
        #expect(result.errorLines.count == lines, "\(result.error)")
        #expect(result.error.hasPrefix("ftbench: "), "\(result.error)")
        #expect(result.error.contains(place) && result.error.contains(remedy), "\(result.error)")
        for word in ["Fatal", "Stack", "NSCocoaErrorDomain", "Error Domain"] {
            #expect(!result.error.contains(word), "\(result.error)")
        }
    }

    @Test(
        "wrong usage ends with 64 and changes nothing",
        arguments: [
            ["generate"], ["generate", "--model", "m"], ["score", "--model", "m", "--text", "a", "--ids", "1"],
            ["data", "import"], ["data", "show", "x", "--row", "0"], ["--threads", "0", "doctor"],
            ["generate", "--model", "m", "--prompt", "x", "--temperature", "-1"],
            ["data", "import", "f", "--shape", "odd"],
            ["score", "--model", "m", "--ids", "1,x"], ["bench", "step", "--steps", "0"],
            ["render", "--template", "t", "--messages", "m", "--now", "yesterday"],
        ])
    func usage(arguments: [String]) throws {
        let result = try BuiltProgram.run(arguments, workspace: scratch.workspace)
        #expect(result.status == 64, "\(result.error)")
        #expect(!FileManager.default.fileExists(atPath: scratch.workspace))
    }

    @Test("without a terminal the workbench says so in one line and names the demo")
    func noTerminal() throws {
        let result = try BuiltProgram.run([], workspace: scratch.workspace)
        #expect(result.status == 1)
        #expect(result.errorLines.count == 1 && result.error.contains("ftbench demo"), "\(result.error)")
    }

    @Test("data files that cannot be used are refused by name")
    func badData() throws {
        expectMessage(
            try run("data", "import", try scratch.file("empty.jsonl", "")), naming: "empty.jsonl", "one JSON object")
        expectMessage(try run("data", "import", scratch.path + "/absent.jsonl"), naming: "absent.jsonl", "No such file")
        let pointer = try scratch.file(
            "lfs.jsonl",
            "version https://git-lfs.github.com/spec/v1\noid sha256:\(String(repeating: "0", count: 64))\nsize 12\n")
        expectMessage(try run("data", "import", pointer), naming: "lfs.jsonl", "git lfs pull")
        expectMessage(
            try run("data", "import", try scratch.file("odd.jsonl", "{\"a\":1}\n{\"a\":2}\n")), naming: "odd.jsonl",
            "'a'")
        expectMessage(
            try run("data", "import", try scratch.file("none.jsonl", "{not json\n[1]\n")), naming: "none.jsonl", "line")
        expectMessage(try run("data", "show", "nothing-here"), naming: "nothing-here", "ftbench data import")
    }

    @Test("lines that are no UTF-8 or no JSON are left out with their number; the others come in")
    func partlyBadData() throws {
        var bytes = Array(Scratch.rows[0].utf8) + [0x0A]
        bytes += Array(#"{"messages":[{"role":"user","content":""#.utf8) + [0xFF, 0xFE] + Array("\"}]}\n".utf8)
        bytes += Array("{broken\n".utf8) + Array(Scratch.rows[1].utf8) + [0x0A]
        let result = try run("data", "import", try scratch.file("mixed.jsonl", bytes: bytes), "--json")
        #expect(result.status == 0, "\(result.error)")
        #expect(result.json?["imported_rows"]?.int == 2)
        #expect(result.json?["lines_left_out"]?.int == 2)
        #expect((result.json?["problems"]?.array ?? []).compactMap { $0["line"]?.int } == [2, 3])
    }

    @Test("models that cannot be used are refused by name, with the file at fault")
    func badModels() throws {
        expectMessage(
            try run("generate", "--model", "no-such", "--prompt", "x"), naming: "no-such", "ftbench models add")
        let model = try scratch.model()
        let weights = model + "/model.safetensors"
        let whole = try Data(contentsOf: URL(fileURLWithPath: weights))
        try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: weights))
        expectMessage(try run("generate", "--model", model, "--prompt", "x"), naming: "model.safetensors", ".")
        try Data("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n".utf8).write(
            to: URL(fileURLWithPath: weights))
        expectMessage(try run("models", "add", model), naming: "model.safetensors", "git lfs pull")
        try Data([255, 255, 255, 255, 255, 255, 255, 127, 0]).write(to: URL(fileURLWithPath: weights))
        expectMessage(try run("models", "info", model), naming: "model.safetensors", ".")
        _ = try scratch.file("model/config.json", #"{"architectures":["MambaForCausalLM"],"model_type":"mamba"}"#)
        expectMessage(try run("models", "info", model), naming: "mamba", "llama")
        expectMessage(
            try run("generate", "--model", try scratch.model("second"), "--prompt", "x", "--adapter", "gone"),
            naming: "gone",
            "adapter")
    }

    @Test("a misspelt key of a recipe is refused with the key that was meant")
    func misspeltKey() throws {
        let recipe = try scratch.file(
            "r.yaml", "model: m\ndata: {train: d.jsonl}\noptimizer: {learning_rat: 1.0e-4}\n")
        let result = try run("train", recipe)
        #expect(result.status == 1)
        #expect(result.error.contains("learning_rat") && result.error.contains("learning_rate"), "\(result.error)")
        #expect(result.error.contains("line 3") || result.error.contains(":3"), "\(result.error)")
        let plan = try run("plan", recipe, "--json")
        #expect(plan.status == 1)
        #expect(
            (plan.json?["problems"]?.array ?? []).contains { $0["key"]?.string?.contains("learning_rat") == true },
            "\(plan.output)")
    }

    @Test("a workspace that cannot be made or written is named, and another one suggested")
    func badWorkspace() throws {
        let file = try scratch.file("a-file", "x")
        let data = try scratch.dataset()
        expectMessage(
            try BuiltProgram.run(["data", "import", data], workspace: file + "/below"), naming: "a-file",
            "--workspace DIR")
        guard geteuid() != 0 else { return }
        let locked = scratch.path + "/locked"
        try FileManager.default.createDirectory(atPath: locked, withIntermediateDirectories: true)
        chmod(locked, 0o500)
        defer { chmod(locked, 0o700) }
        expectMessage(
            try BuiltProgram.run(["data", "import", data], workspace: locked), naming: "locked", "--workspace DIR")
    }

    @Test("a database that is none is named")
    func damagedDatabase() throws {
        _ = try scratch.file("workspace/workspace.sqlite", String(repeating: "this is no database. ", count: 400))
        expectMessage(try run("data", "list"), naming: "workspace.sqlite", "--workspace DIR")
        let doctor = try run("doctor", "--json")
        #expect(doctor.status == 1)
        #expect((doctor.json?["failures"]?.array ?? []).count == 1)
    }

    @Test("what a template refuses is its own message and status 1")
    func refusal() throws {
        let messages = try scratch.file("m.json", #"[{"role":"clown","content":"honk"}]"#)
        let result = try run("render", "--model", try scratch.model(), "--messages", messages)
        #expect(result.status == 1)
        #expect(result.errorLines == ["ftbench: no clowns here"], "\(result.error)")
    }
}
