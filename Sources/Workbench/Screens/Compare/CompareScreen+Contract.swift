public import Statistics

extension CompareScreen {
    public enum Message: Sendable {
        /// Everything that can be compared (bases, adapters, checkpoints; newest tuned model first), and the data
        /// sets to take prompts from.
        case contestants([Contestant], promptSets: [String])
        /// Prompts of a set, ready to show.
        case prompts([ComparePrompt], name: String)
        /// An earlier or a new session with the pairs kept of it so far.
        case session(id: Int, pairs: [ComparePair])
        /// Text of one side of a pair as it grows; `isFirst` is by model, not by side.
        case text(ordinal: Int, isFirst: Bool, String)
        /// One side is complete.
        case completed(ordinal: Int, isFirst: Bool, CompletionFacts)
        /// Both sides are complete and kept in the records under this id.
        case kept(ordinal: Int, pairID: Int)
        /// Generation ended: all asked for, cancelled, or (with a text) failed.
        case idle(problem: String?)
        case failed(String)
    }

    public enum Effect: Sendable, Equatable {
        /// Answered by `contestants`.
        case listContestants
        /// `source`: a data set of the workspace (its held-out or kept rows) or a file; answered by `prompts`.
        case loadPrompts(source: String, limit: Int)
        /// Answered by `session`.
        case begin(CompareSetup)
        /// Generates these pairs in order, streaming `text`; answered by `completed`, `kept` and `idle`.
        /// Works while a run is paused, with its model still loaded; asks the run to pause when it is training.
        case generate(session: Int, setup: CompareSetup, prompts: [ComparePrompt])
        case cancelGeneration
        /// Keeps, or with nil takes back, a vote.
        case vote(pairID: Int, PairVote?)
        /// Answered by `session`.
        case openSession(Int)
    }
}

/// A model as Compare sees it: a base, or a base with an adapter or checkpoint.
public struct Contestant: Sendable, Equatable, Hashable {
    /// `base-model`, `run-3/best`: what stands on the screen after the reveal.
    public var label: String
    /// Folder of the base model.
    public var model: String
    /// Folder of the adapter; nil for a base or a fully fine-tuned model.
    public var adapter: String?
    /// Label of the base it was tuned from; nil for a base.
    public var base: String?
    /// Data set to offer prompts from.
    public var dataset: String?
    /// The weights of the run that is live, as they are at the moment.
    public var isLive: Bool
    public init(
        label: String, model: String, adapter: String? = nil, base: String? = nil, dataset: String? = nil,
        isLive: Bool = false
    ) {
        self.label = label
        self.base = base
        self.model = model
        self.adapter = adapter
        self.dataset = dataset
        self.isLive = isLive
    }
}

public struct CompareSetup: Sendable, Equatable {
    public var first: Contestant
    public var second: Contestant
    public var temperature: Double = 0
    public var topP: Double = 1
    public var maxTokens = 128
    public var seed: UInt64 = 42
    public var promptSet: String
    public init(first: Contestant, second: Contestant, promptSet: String) {
        self.first = first
        self.second = second
        self.promptSet = promptSet
    }
}

public struct ComparePrompt: Sendable, Equatable {
    public var ordinal: Int
    /// Role and text of every turn up to the answer.
    public var turns: [Turn]
    /// The answer of the data set, hidden while blind.
    public var reference: String?
    public init(ordinal: Int, turns: [Turn], reference: String?) {
        self.ordinal = ordinal
        self.turns = turns
        self.reference = reference
    }

    public struct Turn: Sendable, Equatable {
        public var role: String
        public var text: String
        public init(role: String, text: String) {
            self.role = role
            self.text = text
        }
    }
}

public struct CompletionFacts: Sendable, Equatable {
    public var tokens: Int
    public var seconds: Double
    /// `end`, `length` or `cancelled`.
    public var stop: String
    public init(tokens: Int, seconds: Double, stop: String) {
        self.tokens = tokens
        self.seconds = seconds
        self.stop = stop
    }
}

public struct PairVote: Sendable, Equatable {
    public var verdict: Verdict
    public var note: String
    public var wasBlind: Bool
    public var secondsTaken: Double
    public init(verdict: Verdict, note: String, wasBlind: Bool, secondsTaken: Double) {
        self.verdict = verdict
        self.note = note
        self.wasBlind = wasBlind
        self.secondsTaken = secondsTaken
    }
}

/// Both completions for one prompt, as far as they have come.
public struct ComparePair: Sendable, Equatable {
    public var prompt: ComparePrompt
    public var first = ""
    public var second = ""
    public var firstFacts: CompletionFacts?
    public var secondFacts: CompletionFacts?
    /// Drawn from the session's seed and the ordinal, so that a restart shows the same sides.
    public var firstIsLeft: Bool
    /// Set once the pair is complete and kept.
    public var pairID: Int?
    public var vote: PairVote?
    public init(prompt: ComparePrompt, firstIsLeft: Bool) {
        self.prompt = prompt
        self.firstIsLeft = firstIsLeft
    }

    /// Side of the first model for a session's seed: a fair coin by hashing, no generator to keep.
    public static func isFirstLeft(seed: UInt64, ordinal: Int) -> Bool {
        var x = seed &+ 0x9E37_79B9_7F4A_7C15 &* UInt64(bitPattern: Int64(ordinal &+ 1))
        x = (x ^ (x >> 30)) &* 0xBF58_476D_1CE4_E5B9
        x = (x ^ (x >> 27)) &* 0x94D0_49BB_1331_11EB
        return (x ^ (x >> 31)) & 1 == 0
    }
}
