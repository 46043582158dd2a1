import ArgumentParser
import Datasets
import Foundation
import Generation
import Models
import OrderedJSON
import TerminalUI
import Tokenizers

/// Completes a text or answers messages.
struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Complete a text or answer messages.",
        discussion: """
            --prompt is continued as it stands, with the begin token the tokenizer itself would add; --messages goes
            through the model's chat template. Without --json the text streams to standard output as it is made.
            """)

    @OptionGroup var options: CommonOptions
    @Option(help: "Model folder or a model of the workspace.") var model: String
    @Option(help: "PEFT folder, or a run of the workspace (RUN, RUN/best, RUN/last, RUN/STEP).") var adapter: String?
    @Option(help: "Text to continue.") var prompt: String?
    @Option(help: "JSON file with messages to answer.") var messages: String?
    @Option(name: .customLong("max-tokens"), help: "Stop after this many tokens.") var maxTokens = 256
    @Option(help: "0 is greedy: always the likeliest token.") var temperature = 0.0
    @Option(name: .customLong("top-p"), help: "Keep the likeliest tokens that together reach this probability.")
    var topP = 1.0
    @Option(name: .customLong("top-k"), help: "Keep this many of the likeliest tokens; 0 keeps all.") var topK = 0
    @Option(help: "The same seed draws the same tokens.") var seed: UInt64 = 0

    func validate() throws {
        if (prompt == nil) == (messages == nil) { throw ValidationError("Give one of --prompt and --messages.") }
        if maxTokens < 1 { throw ValidationError("--max-tokens takes a number from 1, not \(maxTokens).") }
        if !(0...100).contains(temperature) {
            throw ValidationError("--temperature takes a number from 0 to 100, not \(temperature).")
        }
        if !(topP > 0 && topP <= 1) {
            throw ValidationError("--top-p takes a number above 0 and up to 1, not \(topP).")
        }
        if topK < 0 { throw ValidationError("--top-k takes a number from 0, not \(topK).") }
    }

    func run() throws {
        options.applyThreads()
        let loaded = try LoadedModel.load(model: model, adapter: adapter, things: try NamedThings.forText(options))
        let ids = try promptIDs(loaded.text)
        guard !ids.isEmpty else {
            throw Failure("The prompt is empty and \(loaded.folder) has no begin token. Give some text to continue.")
        }
        if ids.count >= loaded.decoder.configuration.contextLength {
            throw Failure(
                "The prompt has \(ids.count) tokens and the model's context holds "
                    + "\(loaded.decoder.configuration.contextLength). Shorten the prompt.")
        }
        let settings = SamplingSettings(
            temperature: temperature, topP: topP, topK: topK, maxTokens: maxTokens, seed: seed)
        var stream = loaded.text.tokenizer.makeStreamingDecoder()
        let made = try Generator(loaded.decoder).generate(
            prompt: ids, settings: settings, endTokens: loaded.endTokens,
            onToken: { id in
                if !options.json { Output.piece(stream.append(id)) }
                return true
            })
        if options.json {
            Output.json([
                "text": .string(loaded.text.tokenizer.decode(made.ids)),
                "ids": .array(made.ids.map { .integer(Int($0)) }),
                "prompt_tokens": .integer(made.promptTokens), "tokens": .integer(made.ids.count),
                "tokens_per_s": .finite(made.tokensPerSecond), "prompt_seconds": .finite(made.promptSeconds),
                "stop": .string(made.stop.rawValue),
            ])
        } else {
            Output.line(stream.finish())
            if Output.errorIsTerminal {
                Output.standardError(
                    "\(made.promptTokens) + \(made.ids.count) tokens, "
                        + "\(NumberText.grouped(Int(made.tokensPerSecond))) tokens/s, stopped by \(Self.reason(made.stop))"
                )
            }
        }
    }

    private func promptIDs(_ text: ModelText) throws -> [Int32] {
        if let prompt { return text.promptIDs(text: prompt) }
        let conversation = try Conversation(path: messages ?? "")
        return try conversation.promptIDs(text)
    }

    static func reason(_ stop: GeneratedTokens.StopReason) -> String {
        switch stop {
        case .end: "an end token"
        case .length: "--max-tokens"
        case .context: "the model's context, which is full"
        case .cancelled: "you"
        }
    }
}
