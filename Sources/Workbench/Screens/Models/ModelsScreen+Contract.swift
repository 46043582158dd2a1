extension ModelsScreen {
    public enum Message: Sendable {
        case list([ModelEntry])
        /// A folder was added; select it.
        case added(String)
        /// How the pull stands, a few times a second.
        case pulling(PullState)
        /// The pull is over: done, failed or stopped. `added` is the name to select.
        case pullEnded(Notice, added: String?)
        case failed(String)
    }

    public enum Effect: Sendable, Equatable {
        /// Answered by `list`.
        case list
        /// Answered by `added` and `list`, or `failed`.
        case add(path: String)
        /// Fetches `OWNER/NAME` from the hub and adds it. Answered by `pulling` and at last `pullEnded`.
        case pull(repository: String)
        /// Stops the pull; what has come is kept. Answered by `pullEnded`.
        case cancelPull
        /// Forgets the name; the folder stays.
        case remove(name: String)
    }
}

/// A model on its way here.
public struct PullState: Sendable, Equatable {
    /// As it was asked for.
    public var repository: String
    /// 0 to 1; nil while it is not known how much comes.
    public var fraction: Double?
    /// Such as `312 MiB of 2.6 GiB  34 MiB/s  left 1m07s`, or why it waits.
    public var detail: String
    public init(repository: String, fraction: Double? = nil, detail: String) {
        self.repository = repository
        self.fraction = fraction
        self.detail = detail
    }
}

/// A base model of the workspace, or an adapter or checkpoint of a run below it.
public struct ModelEntry: Sendable, Equatable {
    public enum Kind: String, Sendable { case base, adapter, full, broken }
    public var name: String
    public var kind: Kind
    public var path: String
    /// Name of the base model an adapter belongs to.
    public var base: String?
    public var parameters: Int?
    public var elementType: String?
    public var byteCount: Int?
    public var contextLength: Int?
    /// Title and value, in the order to show: family, layers, template, end tokens, hashes, lineage…
    public var facts: [(title: String, value: String)]
    /// Why a broken one is.
    public var problem: String?
    public var evaluationLoss: Double?

    public init(
        name: String, kind: Kind, path: String, base: String? = nil, parameters: Int? = nil,
        elementType: String? = nil, byteCount: Int? = nil, contextLength: Int? = nil,
        facts: [(title: String, value: String)] = [], problem: String? = nil, evaluationLoss: Double? = nil
    ) {
        self.name = name
        self.kind = kind
        self.path = path
        self.base = base
        self.parameters = parameters
        self.elementType = elementType
        self.byteCount = byteCount
        self.contextLength = contextLength
        self.facts = facts
        self.problem = problem
        self.evaluationLoss = evaluationLoss
    }

    public static func == (left: ModelEntry, right: ModelEntry) -> Bool {
        left.name == right.name && left.kind == right.kind && left.path == right.path && left.base == right.base
            && left.problem == right.problem && left.evaluationLoss == right.evaluationLoss
            && left.facts.elementsEqual(right.facts) { $0 == $1 }
    }
}
