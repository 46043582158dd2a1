import ArgumentParser
import Models
import OrderedJSON
import Tensors

struct TokenizerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenizer", abstract: "Learns the tokenizer from a corpus and writes its files.")

    @Option(help: "JSONL made by `corpus`.") var corpus: String
    @Option(help: "Number of tokens.") var vocabulary = SampleModel.vocabulary
    @Option(help: "Rows of the corpus to learn from.") var rows = 12_000
    @Option(help: "Folder to write to.") var out: String

    func run() throws {
        var texts: [String] = []
        for line in try lines(of: corpus).prefix(rows) {
            let row = try JSONValue(parsing: String(line))
            if let text = row["text"]?.string { texts.append(text) }
            for message in row["messages"]?.array ?? [] {
                if let content = message["content"]?.string { texts.append(content) }
            }
        }
        try write(try SampleTokenizer.train(on: texts, vocabulary: vocabulary), to: "tokenizer.json", in: out)
        try write(SampleTokenizer.configuration, to: "tokenizer_config.json", in: out)
        try write(SampleTokenizer.generation, to: "generation_config.json", in: out)
    }
}

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Writes config.json of the sample base model.")

    @Option(help: "Folder to write to.") var out: String

    func run() throws {
        try write(SampleModel.configuration, to: "config.json", in: out)
    }
}

struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Writes random start weights for the config.json in a folder.")

    @Option(help: "Seed of the weights.") var seed: UInt64 = 1
    @Option(help: "Folder with config.json; model.safetensors is written to it.") var out: String

    func run() throws {
        try Decoder.random(ModelConfiguration.load(folder: out), seed: seed).save(to: out, as: .bfloat16)
    }
}

struct CardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "card", abstract: "Writes the base model's card.")

    @Option(help: "Folder to write to.") var out: String

    func run() throws {
        try write(SampleModel.card, to: "README.md", in: out)
    }
}

struct DataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data", abstract: "Writes the sample data sets and their README.")

    @Option(help: "Folder to write to.") var out = "sample-data"
    @Option(help: "Seed of the generator; another one draws fresh rows of the same kind.")
    var seed = SampleFiles.seed

    func run() throws {
        for file in SampleFiles(seed: seed).all { try write(file.text, to: file.name, in: out) }
    }
}
