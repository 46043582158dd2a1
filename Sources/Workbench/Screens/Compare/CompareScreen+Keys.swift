import Foundation
import Statistics
import TerminalUI

extension CompareScreen {
    enum Action: Sendable {
        case start, models, second, prompts, sampling, seed, length
        case voteA, voteB, tie, bothBad, skip, note, undo, redo
        case next, previous, nextUnvoted, reveal, blind, difference, sync, wrap, tally, regenerate, own, down, up, pane,
            zoom
    }

    private static let inSetup: @Sendable (CompareScreen) -> String? = {
        $0.stage == .setup ? nil : "m leaves this session to choose models"
    }

    private static let canVote: @Sendable (CompareScreen) -> String? = { screen in
        guard screen.stage == .session, let pair = screen.pair else { return "start a session first: Enter" }
        return pair.isComplete ? nil : "both answers must be complete first"
    }

    private static let inSession: @Sendable (CompareScreen) -> String? = {
        $0.stage == .session ? nil : "start a session first: Enter"
    }

    static let keys = KeyTable<CompareScreen, Action>([
        KeyBinding(
            .enter, id: "start", title: "start the session", hint: Hint("start", long: "start", rank: 1),
            action: .start,
            refusal: { screen in
                if screen.stage == .session { return "the session is running; a b t x vote" }
                guard let setup = screen.setup else { return "no models to compare: train one (2), or add one (6)" }
                if setup.first == setup.second { return "both sides are \(setup.first.label); m and n choose others" }
                return setup.promptSet.isEmpty ? "p chooses where the prompts come from" : nil
            }),
        KeyBinding(
            "a", id: "a", title: "A is better", hint: Hint("A", long: "A", rank: 2), action: .voteA, refusal: canVote),
        KeyBinding(
            "b", id: "b", title: "B is better", hint: Hint("B", long: "B", rank: 2), action: .voteB, refusal: canVote),
        KeyBinding(
            "t", id: "tie", title: "tie", hint: Hint("tie", long: "tie", rank: 2), action: .tie, refusal: canVote),
        KeyBinding(
            "x", id: "both-bad", title: "both bad", hint: Hint("both bad", long: "both bad", rank: 2), action: .bothBad,
            refusal: canVote),
        KeyBinding(
            "s", id: "skip", title: "skip", hint: Hint("skip", long: "skip", rank: 3), action: .skip, refusal: inSession
        ),
        KeyBinding("c", id: "note", title: "write a note with the vote", action: .note, refusal: inSession),
        KeyBinding(
            "u", id: "undo", title: "take the last vote back", hint: Hint("undo", long: "undo", rank: 4), action: .undo,
            refusal: { $0.undoStack.isEmpty ? "no vote to take back" : nil }),
        KeyBinding(
            "U", id: "redo", title: "cast it again", action: .redo,
            refusal: { $0.redoStack.isEmpty ? "nothing taken back" : nil }),
        KeyBinding(.right, "l", "]", id: "next", title: "next pair", action: .next, refusal: inSession),
        KeyBinding(.left, "h", "[", id: "previous", title: "previous pair", action: .previous, refusal: inSession),
        KeyBinding(
            "n", id: "next-open", title: "next pair without a vote; before a session: the second model",
            action: .nextUnvoted),
        KeyBinding(
            "R", id: "reveal", title: "show the names (votes from then on are no longer blind)",
            hint: Hint("reveal", long: "reveal", rank: 5), action: .reveal, refusal: inSession),
        KeyBinding(
            "B", id: "blind", title: "blind or not, for a new session", action: .blind, refusal: inSetup),
        KeyBinding(
            "=", id: "difference", title: "words that differ", hint: Hint("diff", long: "diff", rank: 6),
            action: .difference, refusal: inSession),
        KeyBinding("S", id: "sync", title: "scroll both sides together", action: .sync, refusal: inSession),
        KeyBinding("w", id: "wrap", title: "wrap long lines", action: .wrap),
        KeyBinding(
            "L", id: "tally", title: "the tally by model (shown after the reveal)", action: .tally, refusal: inSession),
        KeyBinding("r", id: "generate", title: "generate what is missing", action: .regenerate, refusal: inSession),
        KeyBinding(
            "i", id: "own", title: "ask a prompt of your own", action: .own,
            refusal: { $0.setup == nil ? "choose models first" : nil }),
        KeyBinding(
            "m", id: "models", title: "choose the models", hint: Hint("models", long: "models", rank: 7),
            action: .models),
        KeyBinding(
            "p", id: "prompts", title: "choose the prompts", hint: Hint("prompts", long: "prompts", rank: 8),
            action: .prompts, refusal: inSetup),
        KeyBinding(
            "o", id: "sampling", title: "greedy, or sampled at temperature 0.7", action: .sampling, refusal: inSetup),
        KeyBinding(
            "+", id: "longer", title: "longer answers: 64, 128, 256, 512 tokens", action: .length, refusal: inSetup),
        KeyBinding(.tab, id: "pane", title: "the other side", action: .pane, refusal: inSession),
        KeyBinding("z", id: "zoom", title: "one side over the whole width", action: .zoom, refusal: inSession),
        KeyBinding(.down, "j", .pageDown, id: "down", title: "scroll down", action: .down),
        KeyBinding(.up, "k", .pageUp, id: "up", title: "scroll up", action: .up),
    ])

    var capturesKeys: Bool { choosing != nil }

    mutating func type(_ key: Key, _ context: ScreenContext) -> Effects {
        guard var open = choosing else { return [] }
        switch key {
        case .escape, .control("c"), "q": choosing = nil
        case .enter:
            choosing = nil
            choose(open.what, open.cursor.selected)
        default:
            _ = open.cursor.handle(key, height: max(1, context.height - 8))
            choosing = open
        }
        return []
    }

    private mutating func choose(_ what: Choosing, _ selected: Int) {
        switch what {
        case .prompts:
            guard promptSets.indices.contains(selected) else { return }
            setup?.promptSet = promptSets[selected]
        case .first, .second:
            guard contestants.indices.contains(selected) else { return }
            let picked = contestants[selected]
            if setup == nil { setup = CompareSetup(first: picked, second: picked, promptSet: promptSets.first ?? "") }
            if what == .first { setup?.first = picked } else { setup?.second = picked }
        }
    }

    mutating func perform(_ action: Action, _ context: ScreenContext) -> Effects {
        switch action {
        case .start:
            guard let setup else { return [] }
            isPreparing = true
            problem = nil
            pairs = []
            index = 0
            undoStack = []
            redoStack = []
            isRevealed = !isBlind
            return [.compare(.loadPrompts(source: setup.promptSet, limit: 120))]
        case .models:
            if stage == .session {
                stage = .setup
                return [.compare(.cancelGeneration), .compare(.listContestants)]
            }
            choosing = (.first, ListCursor(count: contestants.count))
        case .second: choosing = (.second, ListCursor(count: contestants.count))
        case .prompts: choosing = (.prompts, ListCursor(count: promptSets.count))
        case .sampling:
            let isSampled = (setup?.temperature ?? 0) > 0
            setup?.temperature = isSampled ? 0 : 0.7
        case .length:
            let lengths = [64, 128, 256, 512]
            let at = lengths.firstIndex(of: setup?.maxTokens ?? 128) ?? 1
            setup?.maxTokens = lengths[(at + 1) % lengths.count]
        case .seed: setup?.seed += 1
        case .voteA: return vote(pair?.firstIsLeft == true ? .first : .second, "A", context)
        case .voteB: return vote(pair?.firstIsLeft == true ? .second : .first, "B", context)
        case .tie: return vote(.tie, "tie", context)
        case .bothBad: return vote(.bothBad, "both bad", context)
        case .skip:
            if pair?.pairID == nil {
                show(index + 1)
                return []
            }
            return vote(.skipped, "skipped", context)
        case .note: return [.prompt(Prompt(.voteNote, title: "note", text: pendingNote, hint: "kept with the vote"))]
        case .undo: return undo()
        case .redo: return redo()
        case .next: show(index + 1)
        case .previous: show(index - 1)
        case .nextUnvoted:
            if stage == .setup { return perform(.second, context) }
            if let next = (pairs.indices.filter { $0 > index } + pairs.indices.filter { $0 < index }).first(where: {
                pairs[$0].vote == nil
            }) {
                show(next)
            } else {
                return [.say(Notice(.done, "every pair has a vote; R shows the names"))]
            }
        case .reveal:
            isRevealed = true
            showsTally = true
        case .blind: isBlind.toggle()
        case .difference: showsDifference.toggle()
        case .sync: syncsScroll.toggle()
        case .wrap: wraps.toggle()
        case .tally: showsTally.toggle()
        case .regenerate: return generate()
        case .own: return [.prompt(Prompt(.ownPrompt, title: "prompt", hint: "what both models should answer"))]
        case .pane: isRightFocused.toggle()
        case .zoom: isZoomed.toggle()
        case .down: scroll(1)
        case .up: scroll(-1)
        }
        return []
    }

    private mutating func scroll(_ lines: Int) {
        if syncsScroll || !isRightFocused { leftScroll = max(0, leftScroll + lines) }
        if syncsScroll || isRightFocused { rightScroll = max(0, rightScroll + lines) }
    }

    mutating func answer(_ purpose: Prompt.Purpose, _ text: String?, _ context: ScreenContext) -> Effects {
        guard let text else { return [] }
        switch purpose {
        case .voteNote:
            pendingNote = text
            guard var vote = pair?.vote, let id = pair?.pairID else {
                return [.say(Notice(.info, "the note goes with the next vote"))]
            }
            vote.note = text
            pairs[index].vote = vote
            return [.compare(.vote(pairID: id, vote))]
        case .ownPrompt where !text.isEmpty:
            return ask(text)
        default: return []
        }
    }

    /// A prompt of one's own joins the session, or begins one.
    private mutating func ask(_ text: String) -> Effects {
        guard let setup else { return [] }
        let ordinal = (pairs.map(\.prompt.ordinal).max() ?? -1) + 1
        let prompt = ComparePrompt(ordinal: ordinal, turns: [.init(role: "user", text: text)], reference: nil)
        let pair = ComparePair(prompt: prompt, firstIsLeft: ComparePair.isFirstLeft(seed: setup.seed, ordinal: ordinal))
        if stage == .session {
            pairs.append(pair)
            show(pairs.count - 1)
            return generate()
        }
        pairs = [pair]
        isPreparing = true
        isRevealed = !isBlind
        return [.compare(.begin(setup))]
    }

    // MARK: Votes

    private mutating func vote(_ verdict: Verdict, _ name: String, _ context: ScreenContext) -> Effects {
        guard let pair, let id = pair.pairID else {
            return [.say(Notice(.warning, "this pair is still being kept; try again in a moment"))]
        }
        let seconds = shownSince.map { max(0, context.now.timeIntervalSince($0)) } ?? 0
        let vote = PairVote(verdict: verdict, note: pendingNote, wasBlind: !isRevealed, secondsTaken: seconds)
        undoStack.append((index, pair.vote))
        redoStack = []
        pairs[index].vote = vote
        let place = index
        if let next = pairs.indices.first(where: { $0 > index && pairs[$0].vote == nil }) { show(next) }
        return [.compare(.vote(pairID: id, vote)), .say(Notice(.done, "pair \(place + 1): \(name) · u undo"))]
    }

    private mutating func undo() -> Effects {
        guard let last = undoStack.popLast(), pairs.indices.contains(last.index) else { return [] }
        redoStack.append((last.index, pairs[last.index].vote))
        return restore(last.index, last.before, "vote on pair \(last.index + 1) taken back")
    }

    private mutating func redo() -> Effects {
        guard let last = redoStack.popLast(), pairs.indices.contains(last.index) else { return [] }
        undoStack.append((last.index, pairs[last.index].vote))
        return restore(last.index, last.after, "vote on pair \(last.index + 1) cast again")
    }

    private mutating func restore(_ at: Int, _ vote: PairVote?, _ text: String) -> Effects {
        pairs[at].vote = vote
        show(at)
        guard let id = pairs[at].pairID else { return [] }
        return [.compare(.vote(pairID: id, vote)), .say(Notice(.info, text))]
    }

    mutating func back(_ context: ScreenContext) -> Effects {
        if showsTally {
            showsTally = false
        } else if showsDifference {
            showsDifference = false
        } else if isZoomed {
            isZoomed = false
        } else if isGenerating {
            return cancel(context)
        } else if stage == .session {
            stage = .setup
        }
        return []
    }
}
