import ArgumentParser
import Datasets
import Foundation
import Generation
import Models
import OrderedJSON
import TerminalUI
import Tokenizers

/// How likely a model finds a text, token by token.
struct ScoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "score", abstract: "Log-probability of each token of a text.",
        discussion: "The first token follows nothing, so it has no probability: its entry is null.")

    @OptionGroup var options: CommonOptions
    @Option(help: "Model folder or a model of the workspace.") var model: String
    @Option(help: "PEFT folder, or a run of the workspace (RUN, RUN/best, RUN/last, RUN/STEP).") var adapter: String?
    @Option(help: "The text; the tokenizer adds its own begin token.") var text: String?
    @Option(help: "Token ids as they are, separated by commas or spaces.") var ids: String?

    func validate() throws {
        if (text == nil) == (ids == nil) { throw ValidationError("Give one of --text and --ids.") }
        if let ids, try IDList.parse(ids).isEmpty { throw ValidationError("--ids needs at least one id.") }
    }

    func run() throws {
        options.applyThreads()
        let loaded = try LoadedModel.load(model: model, adapter: adapter, things: try NamedThings.forText(options))
        let list = try ids.map(IDList.parse) ?? loaded.text.promptIDs(text: text ?? "")
        guard !list.isEmpty else { throw Failure("The text has no token to score. Give some text.") }
        let values = try Generator(loaded.decoder).tokenLogProbabilities(list).map(Double.init)
        let mean = values.isEmpty ? nil : -values.reduce(0, +) / Double(values.count)
        if options.json {
            Output.json([
                "ids": .array(list.map { .integer(Int($0)) }),
                "logprobs": .array([.null] + values.map { .finite($0) }),
                "mean_nll": mean.map { .finite($0) } ?? .null, "perplexity": mean.map { .finite(exp($0)) } ?? .null,
            ])
            return
        }
        for (place, id) in list.enumerated() {
            let shown = (loaded.text.tokenizer.token(id) ?? "?").paddedToCells(24)
            Output.line(
                "\(String(id).paddedToCells(8)) \(shown) "
                    + (place == 0 ? "–" : NumberText.fixed(values[place - 1], decimals: 4)))
        }
        if let mean {
            Output.line(
                "mean negative log-likelihood \(NumberText.fixed(mean, decimals: 4)) nats, perplexity "
                    + NumberText.fixed(exp(mean), decimals: 3))
        }
    }
}
