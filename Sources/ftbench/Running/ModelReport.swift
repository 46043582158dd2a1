import Datasets
import Models
import OrderedJSON
import Tensors
import TerminalUI
import Tokenizers

/// What there is to know of a model folder, for `models info`, the Models screen and the workspace.
struct ModelReport {
    var folder: String
    var facts: ModelFacts
    var text: ModelText
    /// Oddities worth knowing before training.
    var notes: [String]

    /// With `loadsWeights` every tensor is mapped, too, and its shape checked.
    /// - Throws: errors that name the file and the remedy.
    static func read(folder: String, loadsWeights: Bool) throws -> ModelReport {
        let facts = try ModelFacts.read(folder: folder)
        let text = try ModelText.loadAny(folder)
        if loadsWeights { _ = try Decoder.load(folder: folder, trainable: false) }
        var notes: [String] = []
        if !text.hasTemplate { notes.append(FallbackFormat.note) }
        if text.endTokenIDs.isEmpty { notes.append("no end token is named: answers go on until --max-tokens") }
        let highest = Int(text.tokenizer.highestID)
        if highest >= facts.configuration.vocabularySize {
            notes.append(
                "the tokenizer has ids up to \(highest), the model only \(facts.configuration.vocabularySize) embeddings: "
                    + "text with those tokens cannot be used")
        }
        return ModelReport(folder: folder, facts: facts, text: text, notes: notes)
    }

    static func name(of type: ElementType?) -> String {
        switch type {
        case .float32: "float32"
        case .bfloat16: "bfloat16"
        case .float16: "float16"
        case .some(let other): other.rawValue
        case nil: "unknown"
        }
    }

    /// The stored type, a block format of GGUF by its name there (`Q4_K`).
    private var dtype: String {
        facts.elementType == nil ? facts.storedType ?? "unknown" : Self.name(of: facts.elementType)
    }

    var asJSON: JSONValue {
        let configuration = facts.configuration
        return [
            "path": .string(folder), "family": .string(facts.family.rawValue), "parameters": .integer(facts.parameters),
            "dtype": .string(dtype), "weight_bytes": .integer(facts.weightBytes),
            "context_length": .integer(facts.contextLength), "layers": .integer(configuration.layers),
            "hidden_size": .integer(configuration.hiddenSize), "heads": .integer(configuration.heads),
            "key_value_heads": .integer(configuration.keyValueHeads), "head_width": .integer(configuration.headWidth),
            "feed_forward": .integer(configuration.feedForward), "vocabulary": .integer(configuration.vocabularySize),
            "tied_embeddings": .bool(configuration.tiesEmbeddings),
            "rope_type": configuration.rope.map { .string($0.scaling.name) } ?? .null,
            "sliding_window": configuration.slidingWindow.map { .integer($0) } ?? .null,
            "tokenizer_hash": .string(text.tokenizerHash),
            "template_hash": .string(text.templateHash), "template": .optional(text.templateOrigin),
            "end_tokens": .array(text.endTokenIDs.map { .integer(Int($0)) }),
            "notes": .array(notes.map { .string($0) }),
        ]
    }

    func json(named name: String) -> JSONValue {
        var object: JSONObject = ["name": .string(name)]
        for (key, value) in asJSON.object ?? [:] { object[key] = value }
        return .object(object)
    }

    var summary: String {
        "\(facts.family.rawValue), \(NumberText.grouped(facts.parameters)) parameters, \(dtype), "
            + "context \(NumberText.grouped(facts.contextLength))"
    }

    /// How the model knows where a token stands, and how far each layer looks.
    private var positions: String {
        let configuration = facts.configuration
        var words = "a learned table"
        if let rope = configuration.rope {
            words = "rotary"
            if rope.rotatedWidth != configuration.headWidth {
                words += " on \(rope.rotatedWidth) of \(configuration.headWidth) columns"
            }
            words += ", theta \(NumberText.grouped(Int(min(rope.theta.rounded(), 1e15))))"
            if rope.scaling != .none { words += ", \(rope.scaling.name) scaling" }
        }
        let narrow = configuration.windows.count { $0 != nil }
        guard let window = configuration.slidingWindow else { return words }
        return words + "; a window of \(NumberText.grouped(window)) tokens "
            + "in \(narrow) of \(configuration.layers) layers"
    }

    var lines: [(String, String)] {
        let configuration = facts.configuration
        let ends = text.endTokenIDs.map { "\($0) \(text.tokenizer.token($0) ?? "?")" }.joined(separator: ", ")
        return [
            ("folder", folder), ("family", facts.family.rawValue),
            ("parameters", NumberText.grouped(facts.parameters)),
            ("stored as", "\(dtype), \(NumberText.bytes(facts.weightBytes))"),
            ("context", "\(NumberText.grouped(facts.contextLength)) tokens"),
            (
                "layers",
                "\(configuration.layers) of width \(configuration.hiddenSize), feed-forward \(configuration.feedForward)"
            ),
            (
                "heads",
                "\(configuration.heads) over \(configuration.keyValueHeads) key/value heads of width \(configuration.headWidth)"
            ),
            ("positions", positions),
            (
                "vocabulary",
                NumberText.grouped(configuration.vocabularySize)
                    + (configuration.tiesEmbeddings ? ", head tied to the embedding" : ", head of its own")
            ),
            ("end tokens", ends.isEmpty ? "none" : ends),
            ("chat template", text.templateOrigin ?? "none"),
            ("tokenizer hash", String(text.tokenizerHash.prefix(16))),
            ("template hash", String(text.templateHash.prefix(16))),
        ]
    }
}
