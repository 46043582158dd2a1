import ArgumentParser
import Dispatch
import Foundation
import OrderedJSON
import Synchronization
import TerminalUI
import Tokenizers

/// Text to ids and back, measured as the script for the Hugging Face library measures it: a row of a JSONL file is one
/// text (its strings joined by line breaks), any other file is one text; the first pass is reported apart, then the
/// ways take turns and the median of each counts.
struct TokenizeBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize", abstract: "Time a tokenizer on texts: encoding, decoding, loading.",
        discussion: "Special tokens are not added, and are written when decoding.")

    @OptionGroup var options: CommonOptions
    @Option(help: "A tokenizer file, model folder, or a model of the workspace.") var tokenizer: String
    @Option(parsing: .upToNextOption, help: "JSONL files (a text a row) or other files (one text each).")
    var data: [String]
    @Option(help: "Passes over the data after the first.") var repeats = 5

    func validate() throws {
        if repeats < 1 { throw ValidationError("--repeats takes a number from 1, not \(repeats).") }
        if data.isEmpty { throw ValidationError("--data needs at least one file.") }
    }

    func run() throws {
        let threads = max(options.threads ?? 1, 1)
        let path = try NamedThings.forText(options).modelPath(tokenizer)
        var start = ContinuousClock.now
        let tokenizer = try Tokenizer.load(path: path)
        let loading = (ContinuousClock.now - start) / .seconds(1)
        let texts = try data.flatMap(BenchTexts.read)
        guard !texts.isEmpty else { throw Failure("The files hold no text. Give files with text to --data.") }
        let size = texts.reduce(0) { $0 + $1.utf8.count }

        start = .now
        let ids = Self.spread(texts, threads) { tokenizer.encode($0, addSpecialTokens: false) }
        let cold = (ContinuousClock.now - start) / .seconds(1)
        let tokens = ids.reduce(0) { $0 + $1.count }
        let decoded = Self.spread(ids, threads) { tokenizer.decode($0, skipSpecialTokens: false) }
        let same = zip(decoded, texts).count { $0.utf8.elementsEqual($1.utf8) }

        var encoding: [Double] = []
        var decoding: [Double] = []
        let counters = MachineCounters()
        for _ in 0..<repeats {
            encoding.append(Self.time { Self.spread(texts, threads) { tokenizer.encode($0, addSpecialTokens: false) } })
            decoding.append(Self.time { Self.spread(ids, threads) { tokenizer.decode($0, skipSpecialTokens: false) } })
        }
        let counted = counters.stop()
        func figures(_ times: [Double]) -> JSONValue {
            let median = max(times.median ?? 0, 1e-9)
            return [
                "tokens_per_s": .integer(Int((Double(tokens) / median).rounded())),
                "mb_per_s": .number((Double(size) / median * 1e-6).rounded(places: 3)),
                "ms": .number((median * 1e3).rounded(places: 1)),
                "ms_min": .number(((times.min() ?? 0) * 1e3).rounded(places: 1)),
                "ms_max": .number(((times.max() ?? 0) * 1e3).rounded(places: 1)),
            ]
        }
        let encode = figures(encoding)
        let object: JSONObject = [
            "engine": "ftbench", "threads": .integer(threads), "texts": .integer(texts.count), "bytes": .integer(size),
            "tokens": .integer(tokens), "best": "encode", "tokens_per_s": encode["tokens_per_s"] ?? .null,
            "mb_per_s": encode["mb_per_s"] ?? .null, "encode": encode, "decode": figures(decoding),
            "first_pass_tokens_per_s": .integer(Int((Double(tokens) / max(cold, 1e-9)).rounded())),
            "load_s": .number(loading.rounded(places: 3)), "decoded_equal_texts": .integer(same),
            "vocab": .integer(tokenizer.vocabularySize), "repeats": .integer(repeats),
            "peak_rss_mb": .number(MachineCounters.peakMegabytes),
            "cpu_per_wall": .number(counted.cpuPerWall.rounded(places: 2)),
            "kernel_cpu_share": .number(counted.kernelShare.rounded(places: 3)),
            "other_cpu": counted.otherCPU.map { .number($0.rounded(places: 3)) } ?? .null,
            "steal": counted.steal.map { .number($0.rounded(places: 3)) } ?? .null,
        ]
        if options.json { return Output.json(.object(object)) }
        Output.line("\(texts.count) texts, \(size) bytes, \(tokens) tokens, threads \(threads)")
        for way in ["encode", "decode"] {
            let figures = object[way] ?? .null
            Output.line(
                "  \(way.paddedToCells(16)) \(figures["tokens_per_s"]?.serialized() ?? "") tokens/s, "
                    + "\(figures["mb_per_s"]?.serialized() ?? "") MB/s")
        }
        for key in ["first_pass_tokens_per_s", "load_s", "decoded_equal_texts", "peak_rss_mb"] {
            Output.line("  \(key.paddedToCells(24)) \(object[key]?.serialized() ?? "")")
        }
        BenchNotes.lines(otherCPU: counted.otherCPU, steal: counted.steal).forEach(Output.line)
    }

    private static func time(_ body: () -> some Any) -> Double {
        let start = ContinuousClock.now
        _ = body()
        return (ContinuousClock.now - start) / .seconds(1)
    }

    /// Maps the items in their order, a run of neighbours on each thread.
    private static func spread<Item: Sendable, Result: Sendable>(
        _ items: [Item], _ threads: Int, _ body: @Sendable (Item) -> Result
    ) -> [Result] {
        guard threads > 1, items.count > 1 else { return items.map(body) }
        let length = (items.count + threads - 1) / threads
        let parts = Parts<Result>(count: threads)
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            let range = min(thread * length, items.count)..<min((thread + 1) * length, items.count)
            parts.put(items[range].map(body), at: thread)
        }
        return parts.joined()
    }
}

/// Results of several threads, put together in order.
private final class Parts<Element: Sendable>: Sendable {
    private let values: Mutex<[[Element]]>

    init(count: Int) { values = Mutex(Array(repeating: [], count: count)) }

    func put(_ part: [Element], at index: Int) { values.withLock { $0[index] = part } }
    func joined() -> [Element] { values.withLock { $0.flatMap { $0 } } }
}

enum BenchTexts {
    /// The texts of a file, none of them empty.
    static func read(_ path: String) throws -> [String] {
        guard path.hasSuffix(".jsonl") else { return [try TextFile.read(path)].filter { !$0.isEmpty } }
        var texts: [String] = []
        try JSONLines.forEach(in: path) { object, _ in
            let text = strings(.object(object)).filter { !$0.isEmpty }.joined(separator: "\n")
            if !text.isEmpty { texts.append(text) }
        }
        return texts
    }

    private static func strings(_ value: JSONValue) -> [String] {
        switch value {
        case .string(let text): [text]
        case .array(let values): values.flatMap(strings)
        case .object(let members): members.values.flatMap(strings)
        default: []
        }
    }
}
