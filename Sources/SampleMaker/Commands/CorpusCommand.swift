import ArgumentParser
import OrderedJSON

struct CorpusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "corpus", abstract: "Writes pre-training text as JSONL.")

    enum Form: String, CaseIterable, ExpressibleByArgument {
        case text, documents
    }

    @Option(help: "Number of documents, of about 50 tokens each.") var documents = 200_000
    @Option(help: "Seed of the generator.") var seed: UInt64 = 1
    @Option(help: "text: rows of several documents, chat markers included; documents: one a row, messages or text.")
    var form = Form.text
    @Option(help: "Most bytes of a row of several documents.") var length = 600
    @Option(help: "File to write.") var out: String

    func run() throws {
        let corpus = Corpus(seed: seed)
        var text = ""
        switch form {
        case .documents:
            for index in 0..<documents { text += corpus.document(index).row.serialized() + "\n" }
        case .text:
            for row in corpus.rows(documents: documents, length: length) {
                text += JSONValue.object(["text": .string(row)]).serialized() + "\n"
            }
        }
        try write(text, to: out)
    }
}
