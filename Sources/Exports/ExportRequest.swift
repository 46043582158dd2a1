/// What other tools a model is written for.
public enum ExportFormat: String, Sendable, CaseIterable {
    /// The adapter alone, as PEFT loads it.
    case peft
    /// The adapter alone, as MLX loads it.
    case mlx
    /// A whole model folder, as transformers loads it; the adapter becomes part of the weights.
    case safetensors
    /// One file for llama.cpp and what is built on it.
    case gguf
}

/// What is to be written where.
public struct ExportRequest: Sendable, Equatable {
    /// The folder of the model, or of the base model.
    public var model: String
    /// The adapter's folder; nil exports the model as it is.
    public var adapter: String?
    public var format: ExportFormat
    /// How numbers are stored; nil is the format's usual: as they came for safetensors, F16 for GGUF, F32 for an
    /// adapter alone.
    public var type: ExportType?
    /// Bytes of one safetensors file at most.
    public var maxShardBytes: Int
    /// GGUF only: the adapter alone, to be put on a base model that the other tool has.
    public var adapterOnly: Bool
    /// The name of the pre-tokeniser, for a tokenizer that is not recognised.
    public var preTokenizer: String?
    /// What the file calls the model; nil takes the folder's name.
    public var name: String?
    /// The folder or file to write.
    public var output: String
    /// Whether what is there already may be replaced.
    public var replaces: Bool
    /// The largest difference of logits that merging may bring; nil takes what rounding to the type may cost.
    public var mergeBound: Float?

    public init(
        model: String, adapter: String? = nil, format: ExportFormat, type: ExportType? = nil,
        maxShardBytes: Int = 5_000_000_000, adapterOnly: Bool = false, preTokenizer: String? = nil,
        name: String? = nil, output: String, replaces: Bool = false, mergeBound: Float? = nil
    ) {
        self.model = model
        self.adapter = adapter
        self.format = format
        self.type = type
        self.maxShardBytes = maxShardBytes
        self.adapterOnly = adapterOnly
        self.preTokenizer = preTokenizer
        self.name = name
        self.output = output
        self.replaces = replaces
        self.mergeBound = mergeBound
    }
}

/// What would make an export fail, or what differs afterwards.
public struct ExportProblem: Sendable, Equatable, CustomStringConvertible {
    public var what: String
    public var remedy: String
    /// Whether the export is refused.
    public var isError: Bool

    public static func error(_ what: String, _ remedy: String) -> ExportProblem {
        ExportProblem(what: what, remedy: remedy, isError: true)
    }

    public static func warning(_ what: String, _ remedy: String = "") -> ExportProblem {
        ExportProblem(what: what, remedy: remedy, isError: false)
    }

    public var description: String { remedy.isEmpty ? what + "." : "\(what). \(remedy)" }
}

/// A file that an export writes.
public struct ExportedFile: Sendable, Equatable {
    /// Beneath the output folder; for one file, its name.
    public var name: String
    public var bytes: Int

    public init(name: String, bytes: Int) {
        self.name = name
        self.bytes = bytes
    }
}

/// Why an export was not done. Nothing of it is left behind.
public enum ExportError: Error, Equatable, CustomStringConvertible {
    case refused([ExportProblem])
    case notFinite(key: String)

    public var description: String {
        switch self {
        case .refused(let problems):
            problems.count == 1
                ? "The export is not possible: \(problems[0])"
                : "The export is not possible, for \(problems.count) reasons:\n"
                    + problems.map { "  \($0)" }.joined(separator: "\n")
        case .notFinite(let key):
            "'\(key)' holds values that are no numbers (NaN or infinity). The model is damaged: go back to an earlier "
                + "checkpoint."
        }
    }
}
