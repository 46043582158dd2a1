import Foundation
import Models
import OrderedJSON
import Tensors
import Tokenizers

/// The program that was built beside the tests, run as a person runs it.
struct BuiltProgram {
    /// Nil when only the tests were built.
    static let path: String? = {
        guard let test = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
            return nil
        }
        var folder = URL(fileURLWithPath: test).deletingLastPathComponent()
        for _ in 0..<3 {
            let candidate = folder.appendingPathComponent("ftbench").path
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder), !isFolder.boolValue {
                return candidate
            }
            folder = folder.deletingLastPathComponent()
        }
        return nil
    }()

    static let isMissing = "the program ftbench is not beside the tests: build it with swift build --product ftbench"

    struct Result {
        var status: Int32
        var output: String
        var error: String

        /// Lines on standard error.
        var errorLines: [String] { error.split(separator: "\n").map(String.init) }

        var json: JSONValue? { try? JSONValue(parsing: output) }
        var jsonLines: [JSONValue] { output.split(separator: "\n").compactMap { try? JSONValue(parsing: String($0)) } }
    }

    /// Runs with a workspace and no terminal.
    static func run(_ arguments: [String], workspace: String, environment extra: [String: String] = [:]) throws
        -> Result
    {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path ?? "/nonexistent")
        process.arguments = arguments
        var environment = ProcessInfo.processInfo.environment
        environment["FTBENCH_WORKSPACE"] = workspace
        environment["FTBENCH_HOME"] = Self.repository
        for (key, value) in extra { environment[key] = value }
        process.environment = environment
        let output = Pipe()
        let error = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = error
        try process.run()
        // Standard error is short here; standard output may be long and is read first.
        let out = output.fileHandleForReading.readDataToEndOfFile()
        let err = error.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Result(
            status: process.terminationStatus, output: String(decoding: out, as: UTF8.self),
            error: String(decoding: err, as: UTF8.self))
    }

    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
}

/// A folder of its own for each test, removed with the value.
final class Scratch {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "ftbench-command-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var workspace: String { path + "/workspace" }

    func file(_ name: String, _ text: String) throws -> String {
        try file(name, bytes: Array(text.utf8))
    }

    func file(_ name: String, bytes: [UInt8]) throws -> String {
        let file = path + "/" + name
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    /// Rows of a chat set.
    static let rows = (1...12).map { number in
        #"{"messages":[{"role":"user","content":"question \#(number) about the cat and the dog"},"#
            + #"{"role":"assistant","content":"answer \#(number)"}]}"#
    }

    func dataset(_ name: String = "chats.jsonl") throws -> String {
        try file(name, Self.rows.joined(separator: "\n") + "\n")
    }

    /// A model folder of a few thousand random parameters with tokenizer and template.
    func model(_ name: String = "model", context: Int = 128) throws -> String {
        let folder = path + "/" + name
        var trainer = ByteLevelBPETrainer(vocabularySize: 300, specialTokens: ["<s>", "</s>"])
        trainer.add("user: question about the cat and the dog assistant: answer", count: 5)
        let json = try trainer.train()
        let tokenizer = try Tokenizer(json: json, named: "small")
        let configuration = try ModelConfiguration(
            json: [
                "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 16, "num_hidden_layers": 2,
                "num_attention_heads": 2, "num_key_value_heads": 1, "intermediate_size": 24,
                "vocab_size": .integer(tokenizer.vocabularySize), "max_position_embeddings": .integer(context),
                "rms_norm_eps": 1e-5,
                "rope_theta": 10000.0, "tie_word_embeddings": true, "hidden_act": "silu", "bos_token_id": 0,
                "eos_token_id": 1,
            ], file: "config.json")
        try Decoder.random(configuration, seed: 3).save(to: folder, as: .float32)
        _ = try file(name + "/tokenizer.json", json.serialized())
        let template =
            "{% for m in messages %}{% if m.role == 'clown' %}{{ raise_exception('no clowns here') }}{% endif %}"
            + "{{ m.role }}: {{ m.content }}{% if m.role == 'assistant' %}{{ eos_token }}{% endif %}{{ '\\\\n' }}{% endfor %}"
            + "{% if add_generation_prompt %}assistant: {% endif %}"
        _ = try file(
            name + "/tokenizer_config.json", #"{"bos_token":"<s>","eos_token":"</s>","chat_template":"\#(template)"}"#)
        return folder
    }
}
