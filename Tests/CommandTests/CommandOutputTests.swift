import Foundation
import OrderedJSON
import Testing

/// Fields that scripts rely on.
@Suite("Commands and their JSON", .enabled(if: BuiltProgram.path != nil, Comment(rawValue: BuiltProgram.isMissing)))
struct CommandOutputTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func json(_ arguments: String...) throws -> JSONObject {
        let result = try BuiltProgram.run(arguments + ["--json"], workspace: scratch.workspace)
        #expect(result.status == 0, "\(arguments): \(result.error)")
        return try #require(result.json?.object, "\(result.output)")
    }

    @Test("text to ids and back, with the model's own tokenizer")
    func tokens() throws {
        let model = try scratch.model()
        let text = "the cat – and the dog"
        let ids = try #require(try json("tokenize", "--model", model, "--text", text)["ids"]?.array).compactMap(\.int)
        #expect(!ids.isEmpty)
        let list = ids.map(String.init).joined(separator: ",")
        #expect(try json("detokenize", "--model", model, "--ids", list)["text"]?.string == text)
    }

    @Test("generating is greedy unless asked otherwise, and a seed draws the same tokens again")
    func generating() throws {
        let model = try scratch.model()
        let greedy = try json("generate", "--model", model, "--prompt", "the cat", "--max-tokens", "6")
        #expect(
            try json("generate", "--model", model, "--prompt", "the cat", "--max-tokens", "6")["ids"] == greedy["ids"])
        for key in ["text", "ids", "prompt_tokens", "tokens_per_s", "stop"] { #expect(greedy[key] != nil, "\(key)") }
        #expect((greedy["ids"]?.array?.count ?? 99) <= 6)
        #expect(["end", "length", "context"].contains(greedy["stop"]?.string))
        let drawn = try json(
            "generate", "--model", model, "--prompt", "the cat", "--max-tokens", "8", "--temperature", "3", "--seed",
            "5")
        let again = try json(
            "generate", "--model", model, "--prompt", "the cat", "--max-tokens", "8", "--temperature", "3", "--seed",
            "5")
        let other = try json(
            "generate", "--model", model, "--prompt", "the cat", "--max-tokens", "8", "--temperature", "3", "--seed",
            "6")
        #expect(drawn["ids"] == again["ids"])
        #expect(drawn["ids"] != other["ids"])
    }

    @Test("a recipe is fitted to model and data, and the file of it can start")
    func fittedRecipe() throws {
        let data = BuiltProgram.repository + "/sample-data/triage.jsonl"
        let file = scratch.path + "/begin.yaml"
        let fitted = try json("recipe", "--model", "base-model", "--data", data, "--out", file)
        let values = (fitted["values"]?.array ?? []).map { ($0["key"]?.string, $0["value"]?.string) }
        #expect(values.contains { $0 == ("optimizer.learning_rate", "0.002") }, "\(values)")
        #expect(fitted["rows"]?.int == 806 && (fitted["parameters"]?.int ?? 0) < 20_000_000)
        #expect((fitted["values"]?.array ?? []).allSatisfy { $0["reason"]?.string?.isEmpty == false })
        let plan = try json("plan", file)
        #expect((150...500).contains(plan["steps"]?.int ?? 0), "\(plan["steps"] ?? .null)")
        let missing = try BuiltProgram.run(
            ["recipe", "--model", "no-such-model", "--data", data], workspace: scratch.workspace)
        #expect(missing.status == 1 && missing.errorLines.count == 1 && missing.output.isEmpty)
    }

    @Test("what streams is what JSON gives")
    func streaming() throws {
        let model = try scratch.model()
        let whole = try json("generate", "--model", model, "--prompt", "the dog", "--max-tokens", "12")
        let streamed = try BuiltProgram.run(
            ["generate", "--model", model, "--prompt", "the dog", "--max-tokens", "12"], workspace: scratch.workspace)
        #expect(streamed.output == (whole["text"]?.string ?? "") + "\n")
    }

    @Test("messages are answered through the model's template")
    func answering() throws {
        let model = try scratch.model()
        let messages = try scratch.file("m.json", #"{"messages":[{"role":"user","content":"the cat"}]}"#)
        let rendered = try json("render", "--model", model, "--messages", messages, "--generation-prompt", "--tokens")
        #expect(rendered["text"]?.string == "user: the cat\nassistant: ")
        let answer = try json("generate", "--model", model, "--messages", messages, "--max-tokens", "2")
        #expect(answer["prompt_tokens"]?.int == rendered["ids"]?.array?.count)
    }

    @Test("rendering marks the trained tokens, the end token among them")
    func masks() throws {
        let messages = try scratch.file(
            "m.json", #"[{"role":"user","content":"the cat"},{"role":"assistant","content":"answer"}]"#)
        let rendered = try json("render", "--model", try scratch.model(), "--messages", messages, "--tokens")
        #expect(rendered["text"]?.string == "user: the cat\nassistant: answer</s>\n")
        let ids = (rendered["ids"]?.array ?? []).compactMap(\.int)
        let trained = (rendered["trained"]?.array ?? []).compactMap(\.bool)
        #expect(ids.count == trained.count && trained.first == false)
        #expect(zip(ids, trained).contains { $0 == 1 && $1 }, "the end token is trained")
    }

    @Test("messages reach a template as the JSON they are")
    func rawMessages() throws {
        let template = try scratch.file(
            "t.jinja",
            "{% for m in messages %}{{ m.content is none }} {{ m.tool_calls[0].function.arguments }}{% endfor %}|{{ tools is none }}"
        )
        let messages = try scratch.file(
            "m.json",
            #"[{"role":"assistant","content":null,"tool_calls":[{"function":{"name":"f","arguments":"{\"a\": 1}"}}]}]"#)
        #expect(
            try json("render", "--template", template, "--messages", messages)["text"]?.string == "True {\"a\": 1}|True"
        )
    }

    @Test("scores: the first token has none, the mean is of the others")
    func scoring() throws {
        let score = try json("score", "--model", try scratch.model(), "--text", "the cat and the dog")
        let values = try #require(score["logprobs"]?.array)
        #expect(values.count == score["ids"]?.array?.count && values.first == .null)
        let numbers = values.dropFirst().compactMap(\.double)
        #expect(numbers.count == values.count - 1 && numbers.allSatisfy { $0 < 0 })
        let mean = try #require(score["mean_nll"]?.double)
        #expect(abs(mean + numbers.reduce(0, +) / Double(numbers.count)) < 1e-9)
        #expect(abs(try #require(score["perplexity"]?.double) - exp(mean)) < 1e-6 * exp(mean))
    }

    @Test("models are added, listed, inspected and forgotten")
    func models() throws {
        let model = try scratch.model()
        #expect(try json("models", "add", model, "--name", "small")["name"]?.string == "small")
        let listed = try json("models", "list")["models"]?.array ?? []
        #expect(listed.contains { $0["name"]?.string == "small" })
        let info = try json("models", "info", "small")
        #expect(
            info["family"]?.string == "llama" && info["dtype"]?.string == "float32"
                && info["context_length"]?.int == 128)
        #expect((info["parameters"]?.int ?? 0) > 1000)
        #expect(info["tokenizer_hash"]?.string?.isEmpty == false && info["template_hash"]?.string?.isEmpty == false)
        _ = try json("models", "remove", "small")
        #expect(FileManager.default.fileExists(atPath: model + "/config.json"))
        #expect(try BuiltProgram.run(["models", "info", "small"], workspace: scratch.workspace).status == 1)
    }

    @Test("the twin of the step benchmark prints its fields")
    func benchStep() throws {
        let step = try json(
            "bench", "step", "--shape", "nano-llama", "--method", "lora", "--seq", "32", "--batch", "2", "--steps", "2",
            "--warmup",
            "1", "--dtype", "bf16", "--checkpointing")
        for key in [
            "tokens_per_s", "step_ms", "step_ms_min", "step_ms_max", "peak_rss_mb", "gflops_per_s", "threads",
            "other_cpu",
            "trainable_params", "loss_first", "loss_last", "cpu_per_wall",
        ] {
            #expect(step[key]?.double != nil || step[key] == .null, "\(key)")
        }
        let isNative = ["avx512bf16", "amx"].contains(step["instruction_set"]?.string)
        #expect(step["arithmetic"]?.string == (isNative ? "bf16 products" : "fp32"))
        #expect(step["dtype"]?.string == "bf16")
        #expect((step["tokens_per_s"]?.double ?? 0) > 0)
        let gpt2 = try BuiltProgram.run(["bench", "step", "--shape", "gpt2-124m"], workspace: scratch.workspace)
        #expect(gpt2.status == 1 && gpt2.error.contains("llama"))
    }

    @Test("the demo goes round the whole loop and reports what it measured")
    func demo() throws {
        let model = try scratch.model(context: 1024)
        let report = try json(
            "demo", "--quick", "--model", model, "--rows", "2", "--set", "max_steps=2", "--set",
            "batch.sequence_length=1024", "--set", "batch.micro_batch_size=1")
        for key in ["base_score", "tuned_score", "train_seconds", "tokens_per_s"] {
            #expect(report[key]?.double != nil, "\(key)")
        }
        #expect(report["uncurated_score"] == .null && report["steps"]?.int == 2 && report["test_rows"]?.int == 2)
        #expect((report["rows"]?.int ?? 0) > (report["curated_rows"]?.int ?? .max))
        #expect((report["flaws"]?["dup"]?.int ?? 0) > 0)
        #expect(!FileManager.default.fileExists(atPath: scratch.workspace), "its workspace is a temporary one")
    }

    @Test("an instruction set that cannot run here is reported, and the best is used")
    func instructionSet() throws {
        let unknown = ["FTBENCH_ISA": "avx1024"]
        let doctor = try BuiltProgram.run(["doctor"], workspace: scratch.workspace, environment: unknown)
        #expect(doctor.output.contains("FTBENCH_ISA=avx1024 cannot run here"))
        let bench = try BuiltProgram.run(
            ["bench", "gemm", "--shape", "nano-llama", "--tokens", "4", "--seconds", "0.001", "--json"],
            workspace: scratch.workspace, environment: unknown)
        #expect(bench.status == 0 && bench.error.contains("Choose one of portable"))
        #expect(bench.json?["instruction_set"]?.string.map { $0 != "avx1024" } == true)
    }

    @Test("doctor reports machine, terminal, workspace and what ships")
    func doctor() throws {
        let report = try json("doctor")
        #expect((report["machine"]?["cores"]?.int ?? 0) > 0)
        #expect(report["machine"]?["instruction_set"]?.string?.isEmpty == false)
        #expect(report["terminal"]?["is_terminal"]?.bool == false)
        #expect(report["workspace"]?["exists"]?.bool == false)
        #expect(report["shipped"]?["sample_data"]?.bool == true)
        #expect(!FileManager.default.fileExists(atPath: scratch.workspace), "looking makes nothing")
    }
}
