import Datasets
import Foundation
import OrderedJSON
import Testing

@testable import ftbench

@Suite(
    "Benchmarks of epochs, scaling and the start",
    .enabled(if: BuiltProgram.path != nil, Comment(rawValue: BuiltProgram.isMissing)))
struct BenchCommandTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func json(_ arguments: String...) throws -> JSONValue {
        let result = try BuiltProgram.run(arguments + ["--json"], workspace: scratch.workspace)
        #expect(result.status == 0, "\(result.error)")
        return try #require(result.json)
    }

    /// Four rows of instructions, one of them with an input, one too long to reach its answer in 250 tokens.
    private func instructions() throws -> String {
        let long = String(repeating: "question about the cat ", count: 40)
        let rows = [
            #"{"instruction":"the cat","input":"","output":"the dog"}"#,
            #"{"instruction":"the cat","input":"about the dog","output":"the question"}"#,
            #"{"instruction":"\#(long)","output":"never seen"}"#,
            #"{"instruction":"the dog","output":"the cat and the dog"}"#,
        ]
        return try scratch.file("rows.jsonl", rows.joined(separator: "\n") + "\n")
    }

    @Test("an epoch computes its rows and nothing else, packed or not")
    func epoch() throws {
        let data = try instructions()
        let tokenizer = try scratch.model() + "/tokenizer.json"
        var counts: [[Int?]] = []
        for packing in ["on", "off"] {
            let epoch = try json(
                "bench", "epoch", "--shape", "nano-llama", "--data", data, "--tokenizer", tokenizer, "--batch", "2",
                "--seq", "512", "--packing", packing)
            #expect(epoch["rows"]?.int == 4 && epoch["rows_dropped"]?.int == 0)
            #expect(epoch["padded_tokens"]?.int == epoch["real_tokens"]?.int, "no position is computed for nothing")
            let trained = try #require(epoch["trained_tokens"]?.int)
            #expect(trained > 4 && trained < (epoch["real_tokens"]?.int ?? 0))
            if packing == "off" { #expect(epoch["steps"]?.int == 2) }
            #expect(epoch["loss_mean"]?.double != nil && epoch["peak_gflops_per_s"]?.double != nil)
            counts.append([epoch["real_tokens"]?.int, epoch["trained_tokens"]?.int])
        }
        #expect(counts[0] == counts[1])
    }

    @Test("a row whose answer lies beyond the length is left out and counted")
    func cut() throws {
        let data = try instructions()
        let tokenizer = try scratch.model() + "/tokenizer.json"
        let epoch = try json(
            "bench", "epoch", "--shape", "nano-llama", "--data", data, "--tokenizer", tokenizer, "--seq", "250",
            "--rows", "3")
        #expect(epoch["rows"]?.int == 2 && epoch["rows_dropped"]?.int == 1, "\(epoch)")
    }

    @Test("rows are written in the Stanford template, with and without an input")
    func template() throws {
        let rows = try InstructionRows.read(try instructions(), limit: 2)
        guard case .completion(prompt: let bare, completion: let answer) = rows[0].content,
            case .completion(prompt: let full, completion: _) = rows[1].content
        else {
            Issue.record("a row of instructions is a prompt and its completion")
            return
        }
        #expect(answer == "the dog" && bare.hasSuffix("### Instruction:\nthe cat\n\n### Response:\n"))
        #expect(full.contains("paired with an input") && full.contains("### Input:\nabout the dog\n\n### Response:\n"))
        let odd = try scratch.file("odd.jsonl", "{\"text\":\"x\"}\n")
        #expect(throws: Failure.self) { try InstructionRows.read(odd, limit: 0) }
    }

    @Test("a long run is timed with its records, checkpoints and log")
    func longRun() throws {
        let scaling = try json("bench", "scaling", "--part", "steps", "--steps", "20,120")
        let steps = try #require(scaling["by_steps"])
        #expect(steps["records"]?.int == 120 && (steps["checkpoints"]?.int ?? 0) >= 2)
        #expect((steps["log_bytes"]?.int ?? 0) > 120 * 40)
        #expect(steps["lines"]?.array?.compactMap { $0["steps"]?.int } == [20, 120])
        #expect(scaling["by_threads"] == nil, "only the part that was asked for")
    }

    @Test("the start is timed on a workspace made for it")
    func start() throws {
        let start = try json(
            "bench", "start", "--examples", "50", "--runs", "2", "--train-rows", "12", "--shape", "nano-llama",
            "--repeats", "1", "--starts", "0")
        for key in ["first_screen_ms", "listed_ms"] { #expect(start[key]?.double != nil, "\(key)") }
        #expect(start["examples"]?.int == 50 && start["runs"]?.int == 2)
        #expect(!FileManager.default.fileExists(atPath: scratch.workspace), "its workspace is a temporary one")
    }

    @Test("products are timed with weights in blocks; rows that are no whole blocks are told, not computed")
    func products() throws {
        for weights in ["q4_0", "nf4"] {
            let gemm = try json(
                "bench", "gemm", "--shape", "tiny-3m", "--tokens", "8", "--seconds", "0.001", "--weights", weights)
            #expect(gemm["weights"]?.string == weights)
            let speeds = try #require(gemm["products"]?.array).map { $0["gflops_per_s"]?.double ?? 0 }
            #expect(speeds.count == 21 && speeds.allSatisfy { $0 >= 0 })
            let refused = try BuiltProgram.run(
                ["bench", "gemm", "--shape", "nano-llama", "--weights", weights], workspace: scratch.workspace)
            #expect(refused.status == 1 && refused.error.contains("no whole blocks"), "\(refused.error)")
        }
    }

    @Test(
        "wrong numbers are wrong usage",
        arguments: [
            ["epoch", "--data", "x"], ["epoch", "--data", "x", "--tokenizer", "y", "--batch", "0"],
            ["scaling", "--steps", "20,10"], ["scaling", "--lengths", "a"], ["start", "--examples", "0"],
            ["gemm", "--weights", "int3"],
        ])
    func usage(_ arguments: [String]) throws {
        let result = try BuiltProgram.run(["bench"] + arguments, workspace: scratch.workspace)
        #expect(result.status == 64, "\(result.error)")
    }
}
