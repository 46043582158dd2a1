import Foundation
import Runs
import Statistics
import TerminalUI

/// Two models' completions side by side: blind, sides shuffled, judged by keyboard.
public struct CompareScreen: ScreenState {
    enum Stage: Sendable { case setup, session }
    enum Choosing: Sendable { case first, second, prompts }

    var stage: Stage = .setup
    var contestants: [Contestant] = []
    var setup: CompareSetup?
    /// Data sets to take prompts from.
    var promptSets: [String] = []
    var choosing: (what: Choosing, cursor: ListCursor)?
    /// A run or adapter to select when the contestants arrive.
    var awaited: String?

    var sessionID: Int?
    var pairs: [ComparePair] = []
    var index = 0
    var isGenerating = false
    var isPreparing = false
    var isBlind = true
    /// Names shown: what is voted now is no longer blind.
    var isRevealed = false
    var showsDifference = false
    var showsTally = false
    var wraps = true
    var leftScroll = 0
    var rightScroll = 0
    var syncsScroll = true
    var isRightFocused = false
    var isZoomed = false
    /// When the pair on screen could first be judged.
    var shownSince: Date?
    /// Votes in order, for undo.
    var undoStack: [(index: Int, before: PairVote?)] = []
    var redoStack: [(index: Int, after: PairVote?)] = []
    var pendingNote = ""
    var problem: String?

    public init() {}

    var isBusy: Bool { isGenerating || isPreparing }

    mutating func appear(_ context: ScreenContext) -> Effects {
        stage == .setup || pairs.isEmpty ? [.compare(.listContestants)] : []
    }

    mutating func tick(_ context: ScreenContext) -> Effects {
        if let pair, pair.isComplete, shownSince == nil { shownSince = context.now }
        return []
    }

    // MARK: Entering from other screens

    mutating func choose(run: RunID, _ context: ScreenContext) -> Effects {
        awaited = run.rawValue
        stage = .setup
        return []
    }

    mutating func choose(adapter path: String, _ context: ScreenContext) -> Effects {
        awaited = path
        stage = .setup
        return []
    }

    // MARK: Messages

    mutating func receive(_ message: Message, _ context: ScreenContext) -> Effects {
        switch message {
        case .contestants(let list, let sets):
            contestants = list
            promptSets = sets
            arrange()
        case .prompts(let prompts, let name):
            guard var setup else { return [] }
            guard !prompts.isEmpty else {
                isPreparing = false
                return [.say(Notice(.error, "\(name) has no row with a prompt; p chooses another set"))]
            }
            setup.promptSet = name
            self.setup = setup
            pairs = prompts.map {
                ComparePair(prompt: $0, firstIsLeft: ComparePair.isFirstLeft(seed: setup.seed, ordinal: $0.ordinal))
            }
            return [.compare(.begin(setup))]
        case .session(let id, let kept):
            return resume(id, kept)
        case .text(let ordinal, let isFirst, let text):
            update(ordinal) { pair in
                if isFirst { pair.first = text } else { pair.second = text }
            }
        case .completed(let ordinal, let isFirst, let facts):
            update(ordinal) { pair in
                if isFirst { pair.firstFacts = facts } else { pair.secondFacts = facts }
            }
            if let pair, pair.isComplete, shownSince == nil { shownSince = context.now }
        case .kept(let ordinal, let id):
            update(ordinal) { $0.pairID = id }
        case .idle(let text):
            isGenerating = false
            isPreparing = false
            if let text { return fail(text) }
        case .failed(let text):
            return fail(text)
        }
        return []
    }

    private mutating func fail(_ text: String) -> Effects {
        isGenerating = false
        isPreparing = false
        problem = text
        return [.say(Notice(.error, text))]
    }

    private mutating func resume(_ id: Int, _ kept: [ComparePair]) -> Effects {
        sessionID = id
        isPreparing = false
        problem = nil
        for pair in kept {
            if let at = pairs.firstIndex(where: { $0.prompt.ordinal == pair.prompt.ordinal }) {
                pairs[at] = pair
            } else {
                pairs.append(pair)
            }
        }
        stage = .session
        index = pairs.firstIndex { $0.vote == nil } ?? 0
        isRevealed = !isBlind
        undoStack = []
        redoStack = []
        show(index)
        return generate()
    }

    /// Asks for every pair that is not complete, the one on screen first.
    mutating func generate() -> Effects {
        guard let sessionID, let setup, !isGenerating else { return [] }
        let ahead = pairs[index...] + pairs[..<index]
        let missing = ahead.filter { !$0.isComplete }.map(\.prompt)
        guard !missing.isEmpty else { return [] }
        isGenerating = true
        return [.compare(.generate(session: sessionID, setup: setup, prompts: missing))]
    }

    mutating func cancel(_ context: ScreenContext) -> Effects {
        isPreparing = false
        return [.compare(.cancelGeneration), .say(Notice(.info, "stopped generating; r goes on"))]
    }

    private mutating func update(_ ordinal: Int, _ change: (inout ComparePair) -> Void) {
        guard let at = pairs.firstIndex(where: { $0.prompt.ordinal == ordinal }) else { return }
        change(&pairs[at])
    }

    /// Fills in what has not been chosen: the newest tuned model against its base.
    private mutating func arrange() {
        var tuned = contestants.first { $0.base != nil }
        if let awaited {
            tuned =
                contestants.first { $0.adapter == awaited || $0.model == awaited }
                ?? contestants.first { $0.label.hasPrefix(awaited + "/") } ?? tuned
        }
        let isStale = setup.map {
            $0.first == $0.second || !contestants.contains($0.first) || !contestants.contains($0.second)
        }
        guard isStale ?? true || awaited != nil else { return }
        awaited = nil
        guard let second = tuned ?? contestants.last,
            let first = contestants.first(where: { $0.label == second.base }) ?? contestants.first
        else { return }
        let set = second.dataset ?? setup?.promptSet ?? promptSets.first ?? ""
        setup = CompareSetup(first: first, second: second, promptSet: set)
    }

    // MARK: Reading

    var pair: ComparePair? { pairs.indices.contains(index) ? pairs[index] : nil }
    var votedCount: Int { pairs.count { $0.vote != nil } }

    var tally: VoteTally {
        VoteTally(
            pairs.compactMap { pair in
                pair.vote.map {
                    JudgedPair(
                        verdict: $0.verdict, firstIsLeft: pair.firstIsLeft, firstLength: pair.firstFacts?.tokens ?? 0,
                        secondLength: pair.secondFacts?.tokens ?? 0, wasBlind: $0.wasBlind)
                }
            })
    }

    mutating func show(_ next: Int) {
        index = max(0, min(next, pairs.count - 1))
        leftScroll = 0
        rightScroll = 0
        showsDifference = false
        shownSince = nil
        pendingNote = pair?.vote?.note ?? ""
    }

    var position: String {
        stage == .session && !pairs.isEmpty ? "pair \(index + 1)/\(pairs.count)" : ""
    }

    var summary: String {
        guard stage == .session else { return "" }
        var parts = [isRevealed ? "names shown" : "blind · sides shuffled (seed \(setup?.seed ?? 0))"]
        parts.append("voted \(votedCount) of \(pairs.count)")
        if isGenerating { parts.append("\(pairs.count { $0.isComplete }) ready") }
        return parts.joined(separator: " · ")
    }

    var copyText: String? {
        guard let pair else { return nil }
        return "\(pair.prompt.turns.map(\.text).joined(separator: "\n"))\n\nA: \(pair.left)\n\nB: \(pair.right)"
    }
}

extension ComparePair {
    var isComplete: Bool { firstFacts != nil && secondFacts != nil }
    var left: String { firstIsLeft ? first : second }
    var right: String { firstIsLeft ? second : first }
    var leftFacts: CompletionFacts? { firstIsLeft ? firstFacts : secondFacts }
    var rightFacts: CompletionFacts? { firstIsLeft ? secondFacts : firstFacts }
}
