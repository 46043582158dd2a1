public import Recipes

extension RecipeScreen {
    public enum Message: Sendable {
        /// Names that `model` and `data.train` can take.
        case choices(models: [String], datasets: [String])
        /// Values that fit a model and a data set; nil when one of them cannot be read.
        case starting(model: String, data: String, StartingValues?)
        /// The preflight of the recipe with this revision; older answers are dropped.
        case planned(revision: Int, Preflight)
        /// A recipe to edit: read from a file, or cloned from a run.
        case loaded(Recipe, name: String, problems: [String])
        /// The recipe as last left, at start.
        case restored(Recipe)
        case saved(path: String)
        /// The run is being prepared; the Train screen comes to the front.
        case started
        case failed(String)
    }

    public enum Effect: Sendable, Equatable {
        /// Answered by `choices`.
        case listChoices
        /// Restores what `keep` kept; answered by `restored` if there was anything.
        case restore
        /// Keeps the recipe in the workspace, so that the next start shows it again.
        case keep(Recipe)
        /// Looks at a model and a data set for values to begin with; always answered by `starting`.
        case fit(model: String, data: String)
        /// Answered by `planned`; a newer one cancels it.
        case plan(Recipe, revision: Int)
        /// Answered by `started` or `failed`.
        case start(Recipe)
        case save(Recipe, path: String)
        /// Answered by `loaded` or `failed`.
        case open(path: String)
    }
}

/// What a recipe will cost and what is wrong with it, before anything starts.
public struct Preflight: Sendable, Equatable {
    public struct Finding: Sendable, Equatable {
        public enum Level: Int, Sendable, Comparable {
            case note, warning, error
            public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
        }
        public var level: Level
        /// Dotted key of the recipe field it concerns, or empty.
        public var key: String
        public var text: String
        public var remedy: String
        public init(_ level: Level, key: String = "", text: String, remedy: String = "") {
            self.level = level
            self.key = key
            self.text = text
            self.remedy = remedy
        }
    }

    public var findings: [Finding] = []
    /// Bytes per class: weights, adapter, gradients, optimiser, activations, workspace.
    public var memory: [MemoryItem] = []
    public var memoryAvailable = 0
    public var seconds: Double?
    public var tokensPerSecond: Double?
    public var rows = 0
    public var validationRows = 0
    public var totalTokens = 0
    public var trainedTokens = 0
    public var steps = 0
    public var rowsTooLong = 0
    public var rowsWithoutTrainedToken = 0
    public var rowsEndTokenUntrained = 0
    public var diskBytes = 0
    public var diskAvailable = 0
    public var trainableParameters = 0
    /// The planned learning rate at up to 64 evenly spaced steps, from the function that trains.
    public var learningRates: [Double] = []

    public init() {}

    public struct MemoryItem: Sendable, Equatable {
        public var name: String
        public var byteCount: Int
        public init(name: String, byteCount: Int) {
            self.name = name
            self.byteCount = byteCount
        }
    }

    public var memoryBytes: Int { memory.reduce(0) { $0 + $1.byteCount } }
    public var canStart: Bool { !findings.contains { $0.level == .error } }
}
