import ArgumentParser
import Foundation
import OrderedJSON
import Tensors
import TerminalUI

/// Whether twice the threads, more steps and longer sequences cost what they should.
struct ScalingBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scaling", abstract: "Threads, steps and sequence length against what arithmetic predicts.",
        discussion: """
            threads: the same step with one thread and with all, in processes of their own that take turns; speedup is
            the ratio of the medians.
            steps: one run of a tiny model, its records, checkpoints, measurements and log included; each line has the
            cost of a token over the last thousand of that many steps, and its ratio to the first one's.
            length: the same number of tokens in longer and longer sequences; predicted is the speed of the first length
            times the ratio of the counted floating-point operations.
            """)

    enum Part: String, ExpressibleByArgument, CaseIterable { case threads, steps, length }

    @OptionGroup var options: CommonOptions
    @Option(parsing: .upToNextOption, help: "threads, steps, length; all of them when left out.") var part: [Part] = []
    @Option(help: "Shape for threads and length.") var shape = "smollm2-135m"
    @Option(help: "fp32 or bf16, for threads and length.") var dtype = StepBench.Precision.bf16
    @Option(help: "lora or full, for threads and length.") var method = StepBench.Method.lora
    @Option(help: "Sequences of a step, for threads.") var batch = 4
    @Option(help: "Tokens of a sequence, for threads.") var seq = 512
    @Option(help: "Pairs of measurements, for threads.") var repeats = 3
    @Option(help: "Timed steps of each measurement, for threads and length.") var timed = 2
    @Option(help: "Shape of the run, for steps.") var stepShape = "nano-llama"
    @Option(help: "Numbers of steps with commas between, rising; the extended mode is 1000,10000,100000.")
    var steps = "1000,10000"
    @Option(help: "Tokens of a sequence, rising, with commas between.") var lengths = "256,512,1024,2048,4096,8192"
    @Option(help: "Tokens of a step, for length: as many sequences as fit, at least one.") var tokens = 2048

    private func numbers(_ text: String) -> [Int]? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        let numbers = parts.compactMap { $0 }
        guard numbers.count == parts.count, !numbers.isEmpty, numbers[0] >= 1,
            zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 }), (numbers.last ?? 0) <= 10_000_000
        else { return nil }
        return numbers
    }

    func validate() throws {
        for (name, value) in [
            ("batch", batch), ("seq", seq), ("repeats", repeats), ("timed", timed), ("tokens", tokens),
        ] where value < 1 {
            throw ValidationError("--\(name) takes a number from 1, not \(value).")
        }
        for (name, text) in [("steps", steps), ("lengths", lengths)] where numbers(text) == nil {
            throw ValidationError("--\(name) takes rising numbers with commas between, not '\(text)'.")
        }
        if (numbers(steps)?[0] ?? 0) < 10 { throw ValidationError("--steps begins with 10 or more.") }
    }

    func run() throws {
        options.applyThreads()
        let parts = part.isEmpty ? Part.allCases : part
        var object: JSONObject = ["engine": "ftbench", "threads": .integer(Processor.threads)]
        var text: [String] = []
        for part in Part.allCases where parts.contains(part) {
            switch part {
            case .threads: object["by_threads"] = try overThreads(&text)
            case .steps: object["by_steps"] = try overSteps(&text)
            case .length: object["by_length"] = try overLengths(&text)
            }
        }
        Output.endProgress()
        if options.json { return Output.json(.object(object)) }
        text.forEach(Output.line)
    }

    // MARK: Threads

    private func step(_ more: [String]) throws -> JSONValue {
        let common = [
            "bench", "step", "--json", "--shape", shape, "--dtype", dtype.rawValue, "--method", method.rawValue,
            "--steps", "\(timed)", "--warmup", "1",
        ]
        return try OwnProcess.json(common + more)
    }

    private func overThreads(_ text: inout [String]) throws -> JSONValue {
        let all = Processor.threads
        guard all > 1 else {
            text.append("threads: this machine has one; nothing to compare")
            return .null
        }
        var rates: [Int: [Double]] = [:]
        var other = 0.0
        for turn in 0..<repeats {
            for threads in turn % 2 == 0 ? [1, all] : [all, 1] {
                Output.progress("\(threads) threads, turn \(turn + 1) of \(repeats)")
                let line = try step(["--threads", "\(threads)", "--batch", "\(batch)", "--seq", "\(seq)"])
                rates[threads, default: []].append(line["tokens_per_s"]?.double ?? 0)
                other = max(other, (line["other_cpu"]?.double ?? 0) + (line["steal"]?.double ?? 0))
            }
        }
        let one = rates[1]?.median ?? 0
        let many = rates[all]?.median ?? 0
        text.append(
            "threads: \(NumberText.fixed(one, decimals: 1)) tokens/s with 1, \(NumberText.fixed(many, decimals: 1)) with "
                + "\(all): \(NumberText.fixed(many / max(one, 1e-9), decimals: 2)) times")
        text += BenchNotes.lines(otherCPU: other)
        return [
            "shape": .string(shape), "dtype": .string(dtype.rawValue), "batch": .integer(batch), "seq": .integer(seq),
            "tokens_per_s_1": .number(one), "tokens_per_s": .number(many), "compared_threads": .integer(all),
            "speedup": .number((many / max(one, 1e-9)).rounded(places: 3)), "other_cpu": .number(other),
        ]
    }

    // MARK: Steps

    private func overSteps(_ text: inout [String]) throws -> JSONValue {
        let marks = numbers(steps) ?? []
        let run = try LongRun(shape: try BenchShape.named(stepShape), steps: marks.last ?? 10)
        let times = try run.stepTimes { Output.progress("step \($0) of \(marks.last ?? 0)") }
        guard let first = marks.first else { return .null }
        var lines: [JSONValue] = []
        let base = times.nanosecondsPerToken(upTo: first)
        for mark in marks {
            let cost = times.nanosecondsPerToken(upTo: mark)
            text.append(
                "steps: \(mark): \(NumberText.fixed(cost, decimals: 0)) ns a token, "
                    + "\(NumberText.fixed(cost / base, decimals: 3)) times that at \(first)")
            lines.append([
                "steps": .integer(mark), "ns_per_token": .finite(cost.rounded(places: 1)),
                "ratio": .finite((cost / base).rounded(places: 3)),
                "median_step_us": .finite(times.medianMicroseconds(upTo: mark).rounded(places: 1)),
                "rss_mb": .finite(times.residentMegabytes(at: mark).rounded(places: 1)),
            ])
        }
        return [
            "shape": .string(stepShape), "tokens_per_step": .integer(times.tokensPerStep),
            "records": .integer(times.recorded), "checkpoints": .integer(times.checkpoints),
            "log_bytes": .integer(times.logBytes), "lines": .array(lines),
        ]
    }

    // MARK: Length

    private func overLengths(_ text: inout [String]) throws -> JSONValue {
        let model = try BenchShape.named(shape)
        var lines: [JSONValue] = []
        var base: (rate: Double, operations: Double)?
        for length in numbers(lengths) ?? [] where length <= model.context {
            let sequences = max(1, tokens / length)
            Output.progress("\(sequences) sequences of \(length) tokens")
            let line = try step(["--batch", "\(sequences)", "--seq", "\(length)"])
            let rate = line["tokens_per_s"]?.double ?? 0
            let operations = try LongRun.operationsPerToken(model, method: method, length: length)
            let predicted = base.map { $0.rate * $0.operations / operations } ?? rate
            if base == nil { base = (rate, operations) }
            text.append(
                "length: \(sequences) x \(length): \(NumberText.fixed(rate, decimals: 1)) tokens/s, "
                    + "\(NumberText.fixed(predicted, decimals: 1)) by arithmetic, "
                    + "\(NumberText.fixed(rate / max(predicted, 1e-9), decimals: 2)) of it")
            lines.append([
                "seq": .integer(length), "batch": .integer(sequences), "tokens_per_s": .number(rate),
                "predicted_tokens_per_s": .finite(predicted.rounded(places: 1)),
                "ratio": .finite((rate / max(predicted, 1e-9)).rounded(places: 3)),
                "gflops_per_s": .finite((rate * operations * 1e-9).rounded(places: 1)),
                "peak_rss_mb": line["peak_rss_mb"] ?? .null, "other_cpu": line["other_cpu"] ?? .null,
            ])
        }
        return ["shape": .string(shape), "dtype": .string(dtype.rawValue), "lines": .array(lines)]
    }
}

/// This program, started again to measure with memory and threads of its own.
enum OwnProcess {
    /// The last JSON object that it prints.
    static func json(_ arguments: [String]) throws -> JSONValue {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try ScreenBench.ownPath())
        process.arguments = arguments
        let output = Pipe()
        let error = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = error
        try process.run()
        // Standard error is one message; standard output is read first.
        let printed = output.fileHandleForReading.readDataToEndOfFile()
        let message = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let line = printed.split(separator: UInt8(ascii: "\n")).last
        guard process.terminationStatus == 0, let line, let value = try? JSONValue(parsing: line) else {
            throw Failure(
                "ftbench \(arguments.joined(separator: " ")) ended with status \(process.terminationStatus): "
                    + message.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        return value
    }
}
