import ArgumentParser

/// Makes everything the sample needs that is not learned: text, tokenizer, start weights, data sets, cards.
@main
struct SampleMaker: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "SampleMaker",
        abstract: "Makes the sample base model's text, tokenizer and start weights, and the sample data sets.",
        subcommands: [
            CorpusCommand.self, TokenizerCommand.self, ConfigCommand.self, InitCommand.self, DataCommand.self,
            CardCommand.self,
        ])
}
