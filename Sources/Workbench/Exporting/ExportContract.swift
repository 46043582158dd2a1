public import Runs

/// What an export is about: a model of the Models screen, or a run.
public struct ExportSource: Sendable, Equatable {
    public enum Place: Sendable, Equatable {
        case folders(model: String, adapter: String?)
        case run(RunID)
    }
    /// As the screen calls it: `lora-3/best`.
    public var name: String
    public var place: Place
    /// Whether there is an adapter that could be exported alone or merged.
    public var hasAdapter: Bool

    public init(name: String, place: Place, hasAdapter: Bool) {
        self.name = name
        self.place = place
        self.hasAdapter = hasAdapter
    }
}

/// What to write where; the words are those that `ftbench export` takes.
public struct ExportOrder: Sendable, Equatable {
    public enum Format: String, Sendable, CaseIterable { case peft, mlx, safetensors, gguf }

    public var source: ExportSource
    public var format: Format
    /// gguf: the adapter without its base.
    public var adapterOnly: Bool
    /// `f16`, `q4_k_m`…; nil keeps what the weights are stored as.
    public var type: String?
    /// `500MB`, `5GB`, `2GiB`.
    public var shardSize: String
    /// gguf: the pre-tokeniser's name; nil when it is to be recognised.
    public var preTokenizer: String?
    /// Folder or file.
    public var output: String
    public var replaces: Bool
    /// The name under which the result joins the models of the workspace; nil leaves it outside.
    public var modelName: String?

    public init(
        source: ExportSource, format: Format, adapterOnly: Bool = false, type: String? = nil,
        shardSize: String = "5GB", preTokenizer: String? = nil, output: String, replaces: Bool = false,
        modelName: String? = nil
    ) {
        self.source = source
        self.format = format
        self.adapterOnly = adapterOnly
        self.type = type
        self.shardSize = shardSize
        self.preTokenizer = preTokenizer
        self.output = output
        self.replaces = replaces
        self.modelName = modelName
    }
}

/// An export rehearsed: everything but the writing.
public struct ExportCheck: Sendable, Equatable {
    public struct File: Sendable, Equatable {
        public var name: String
        public var byteCount: Int
        public init(name: String, byteCount: Int) {
            self.name = name
            self.byteCount = byteCount
        }
    }
    public struct Problem: Sendable, Equatable {
        public var what: String
        public var remedy: String
        /// Whether it stands in the way.
        public var isError: Bool
        public init(_ what: String, remedy: String = "", isError: Bool = true) {
            self.what = what
            self.remedy = remedy
            self.isError = isError
        }
    }
    public var files: [File]
    public var problems: [Problem]
    /// The largest difference of a logit that merging brings; nil when nothing is merged.
    public var mergeDifference: Double?

    public init(files: [File] = [], problems: [Problem] = [], mergeDifference: Double? = nil) {
        self.files = files
        self.problems = problems
        self.mergeDifference = mergeDifference
    }

    public var byteCount: Int { files.reduce(0) { $0 + $1.byteCount } }
    public var isPossible: Bool { !problems.contains(where: \.isError) }
}

/// An export on its way to the disk.
public struct ExportProgress: Sendable, Equatable {
    /// What is written, by the last part of its path.
    public var name: String
    public var fraction: Double?
    /// Such as `312 MiB of 2.6 GiB  340 MiB/s  left 7s`.
    public var detail: String
    public init(name: String, fraction: Double? = nil, detail: String) {
        self.name = name
        self.fraction = fraction
        self.detail = detail
    }
}

public enum ExportMessage: Sendable {
    /// What was chosen last, as it was kept, and where exports and models of this workspace belong.
    case recalled(String?, exports: String, models: String)
    case checked(ExportCheck, revision: Int)
    case writing(ExportProgress)
    /// The last word: done, failed or stopped. `model` joined the workspace.
    case ended(Notice, model: String?)
}

public enum ExportEffect: Sendable, Equatable {
    /// Opens the dialog; answered by the workbench itself.
    case open(ExportSource, merging: Bool)
    /// Answered by `recalled`.
    case recall
    /// Rehearses on the engine's queue; a newer one makes it moot. Answered by `checked`.
    case check(ExportOrder, revision: Int)
    /// Nobody waits for the check any more.
    case forget
    /// Answered by `writing` and at last `ended`.
    case write(ExportOrder)
    /// Stops the writing; nothing of it is left. Answered by `ended`.
    case cancel
}
