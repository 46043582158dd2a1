import Curation
import Datasets
import Foundation
import Generation
import OrderedJSON
import Recipes
import Records
import Runs
import Statistics
import Synchronization
import Tokenizers
import Training
import Workbench

extension EffectRunner {
    func perform(_ effect: CompareScreen.Effect) {
        switch effect {
        case .listContestants:
            background.async { [self] in
                report {
                    let sets = try workspace.datasets().map(\.name) + Self.shippedPromptSets()
                    inbox.post(.compare(.contestants(try contestants(), promptSets: sets)))
                }
            }
        case .loadPrompts(let source, let limit):
            reading.async { [self] in
                do {
                    inbox.post(.compare(.prompts(try prompts(source, limit: limit), name: source)))
                } catch {
                    inbox.post(.compare(.failed(Failure.text(of: error))))
                }
            }
        case .begin(let setup):
            keeping.async { [self] in
                do {
                    let id = try workspace.createComparison(
                        first: setup.first.label, second: setup.second.label,
                        settings: [
                            "prompt_set": .string(setup.promptSet), "temperature": .number(setup.temperature),
                            "top_p": .number(setup.topP), "max_tokens": .integer(setup.maxTokens),
                            "seed": .string("\(setup.seed)"),
                        ])
                    inbox.post(.compare(.session(id: id, pairs: [])))
                } catch {
                    inbox.post(.compare(.failed(Failure.text(of: error))))
                }
            }
        case .generate(let session, let setup, let prompts):
            let ticket = generationTicket.add(1, ordering: .relaxed).newValue
            generate(prompts[...], session, setup, ticket)
        case .cancelGeneration: generationTicket.add(1, ordering: .relaxed)
        case .vote(let pair, let vote):
            keeping.async { [self] in
                report {
                    try workspace.set(
                        vote.map {
                            VoteRecord(
                                verdict: .init(rawValue: $0.verdict.rawValue) ?? .skipped, note: $0.note,
                                wasBlind: $0.wasBlind,
                                secondsTaken: $0.secondsTaken)
                        }, onPair: pair)
                }
            }
        case .openSession(let id):
            keeping.async { [self] in report { inbox.post(.compare(.session(id: id, pairs: try pairs(of: id)))) } }
        }
    }

    /// Newest tuned model first, then the bases.
    private func contestants() throws -> [Contestant] {
        let entries = try ModelCatalogue(workspace: workspace).entries()
        let bases = entries.filter { $0.kind == .base }
        let names = Dictionary(bases.map { ($0.name, $0.path) }, uniquingKeysWith: { first, _ in first })
        let order = Dictionary(
            try workspace.runs().enumerated().map { ($0.element.id.rawValue, $0.offset) },
            uniquingKeysWith: { first, _ in first })
        let tuned = entries.filter { $0.kind == .adapter || $0.kind == .full }.enumerated().sorted { left, right in
            let a = order[String(left.element.name.prefix { $0 != "/" })] ?? .max
            let b = order[String(right.element.name.prefix { $0 != "/" })] ?? .max
            return a == b ? left.offset < right.offset : a < b
        }.map(\.element)
        let held = Self.shippedPromptSets().first
        return liveContestants(bases, held)
            + tuned.map { entry in
                let base = entry.base.flatMap { names[$0] } ?? ""
                let trained = entry.facts.first { $0.title == "trained on" }?.value ?? ""
                let isTriage = (trained as NSString).lastPathComponent.hasPrefix("triage")
                return Contestant(
                    label: entry.name, model: entry.kind == .adapter ? base : entry.path,
                    adapter: entry.kind == .adapter ? entry.path : nil, base: entry.base,
                    dataset: isTriage ? held : nil)
            } + bases.map { Contestant(label: $0.name, model: $0.path) }
    }

    /// The run of this process as it stands: it can be compared while it is paused, or between its steps.
    private func liveContestants(_ bases: [ModelEntry], _ held: String?) -> [Contestant] {
        guard let launch = state.withLock({ $0.launch }), host.snapshot?.phase.isLive == true else { return [] }
        let model = launch.request.recipe.model
        let base = bases.first { $0.path == model }?.name
        return [Contestant(label: "\(launch.id)/now", model: model, base: base, dataset: held, isLive: true)]
    }

    /// Held-out sets that ship with the program.
    private static func shippedPromptSets() -> [String] {
        ["triage-test.jsonl"].compactMap { Shipped.sample($0) }
    }

    private func prompts(_ source: String, limit: Int) throws -> [ComparePrompt] {
        let examples: [Example]
        if let record = try workspace.dataset(named: source), let set = try workspace.curationSet(of: record) {
            examples = set.survivors
        } else {
            examples = try DatasetFile.read(path: CommonOptions.absolute(source)).survivors
        }
        // Spread over the whole set: its start is rarely like the rest.
        let stride = max(1, examples.count / max(1, limit))
        return Swift.stride(from: 0, to: examples.count, by: stride).prefix(limit).compactMap {
            examples[$0].promptTurns
        }
        .enumerated().map {
            ComparePrompt(ordinal: $0.offset, turns: $0.element.turns, reference: $0.element.reference)
        }
    }

    private func pairs(of session: Int) throws -> [ComparePair] {
        try workspace.pairs(of: session).map { record in
            let prompt = (try? JSONValue(parsing: record.prompt)).map {
                ComparePrompt(ordinal: record.ordinal, json: $0)
            }
            var pair = ComparePair(
                prompt: prompt ?? ComparePrompt(ordinal: record.ordinal, turns: [], reference: nil),
                firstIsLeft: record.firstIsLeft)
            pair.first = record.first
            pair.second = record.second
            pair.firstFacts = CompletionFacts(json: record.facts["first"])
            pair.secondFacts = CompletionFacts(json: record.facts["second"])
            pair.pairID = record.id
            pair.vote = record.vote.map {
                PairVote(
                    verdict: Verdict(rawValue: $0.verdict.rawValue) ?? .skipped, note: $0.note, wasBlind: $0.wasBlind,
                    secondsTaken: $0.secondsTaken)
            }
            return pair
        }
    }

    // MARK: Generating

    /// One pair at a time, one side at a time: a run that trains goes on between the answers.
    private func generate(_ prompts: ArraySlice<ComparePrompt>, _ session: Int, _ setup: CompareSetup, _ ticket: Int) {
        guard let prompt = prompts.first else {
            inbox.post(.compare(.idle(problem: nil)))
            return
        }
        guard generationTicket.load(ordering: .relaxed) == ticket else { return idle(ticket) }
        complete(prompt, setup, isFirst: true, ticket) { [self] first in
            complete(prompt, setup, isFirst: false, ticket) { [self] second in
                keeping.async { [self] in
                    keep(prompt, first, second, session, setup)
                    generate(prompts.dropFirst(), session, setup, ticket)
                }
            }
        }
    }

    private func idle(_ ticket: Int) {
        // A newer request speaks for itself.
        if generationTicket.load(ordering: .relaxed) == ticket + 1 { inbox.post(.compare(.idle(problem: nil))) }
    }

    private struct Completion: Sendable {
        var text: String
        var facts: CompletionFacts
    }

    private func complete(
        _ prompt: ComparePrompt, _ setup: CompareSetup, isFirst: Bool, _ ticket: Int,
        then next: @escaping @Sendable (Completion) -> Void
    ) {
        let contestant = isFirst ? setup.first : setup.second
        host.perform { [self] session in
            try session.withWeights(try weights(of: contestant, session)) { decoder, text in
                let messages = prompt.turns.map { ChatMessage(role: $0.role, content: $0.text) }
                let ids = try text.promptIDs(messages: messages)
                let settings = SamplingSettings(
                    temperature: setup.temperature, topP: setup.topP, maxTokens: setup.maxTokens,
                    seed: setup.seed &+ UInt64(prompt.ordinal))
                var written = text.tokenizer.makeStreamingDecoder(skipSpecialTokens: true)
                var whole = ""
                var lastShown = ContinuousClock.now
                let result = try Generator(decoder).generate(
                    prompt: ids, settings: settings, endTokens: Set(text.endTokenIDs)
                ) { id in
                    whole += written.append(id)
                    if ContinuousClock.now - lastShown > .milliseconds(50) {
                        lastShown = .now
                        inbox.post(.compare(.text(ordinal: prompt.ordinal, isFirst: isFirst, whole)))
                    }
                    return generationTicket.load(ordering: .relaxed) == ticket
                }
                whole += written.finish()
                let facts = CompletionFacts(
                    tokens: result.ids.count, seconds: result.promptSeconds + result.seconds, stop: result.stop.rawValue
                )
                return Completion(text: whole, facts: facts)
            }
        } completion: { [self] result in
            switch result {
            case .success(let completion):
                guard generationTicket.load(ordering: .relaxed) == ticket else { return idle(ticket) }
                inbox.post(.compare(.text(ordinal: prompt.ordinal, isFirst: isFirst, completion.text)))
                inbox.post(.compare(.completed(ordinal: prompt.ordinal, isFirst: isFirst, completion.facts)))
                next(completion)
            case .failure(let error):
                inbox.post(.compare(.idle(problem: "\(contestant.label): \(Failure.text(of: error))")))
            }
        }
    }

    /// A run that was live when it was chosen may have ended since: then what it left stands for it.
    private func weights(of contestant: Contestant, _ session: EngineSession) throws -> EngineSession.Weights {
        if let adapter = contestant.adapter { return .adapter(folder: adapter, base: contestant.model) }
        guard contestant.isLive else { return .base(folder: contestant.model) }
        if session.live != nil { return .live(withAdapter: true) }
        let output = workspace.runFolder(String(contestant.label.prefix { $0 != "/" })) + "/output"
        if FileManager.default.fileExists(atPath: output + "/adapter_config.json") {
            return .adapter(folder: output, base: contestant.model)
        }
        guard FileManager.default.fileExists(atPath: output + "/config.json") else {
            throw Failure("the run has ended and left no output; m chooses another model")
        }
        return .base(folder: output)
    }

    private func keep(
        _ prompt: ComparePrompt, _ first: Completion, _ second: Completion, _ session: Int, _ setup: CompareSetup
    ) {
        report {
            let id = try workspace.keep(
                CompletionPairRecord(
                    ordinal: prompt.ordinal, prompt: prompt.asJSON.serialized(), first: first.text, second: second.text,
                    firstIsLeft: ComparePair.isFirstLeft(seed: setup.seed, ordinal: prompt.ordinal),
                    facts: ["first": first.facts.asJSON, "second": second.facts.asJSON]),
                in: session)
            inbox.post(.compare(.kept(ordinal: prompt.ordinal, pairID: id)))
        }
    }
}

// MARK: Values in the records

extension Example {
    /// Every turn up to the last answer, and that answer; nil for a row that asks nothing.
    fileprivate var promptTurns: (turns: [ComparePrompt.Turn], reference: String?)? {
        switch content {
        case .chat(let messages, _):
            guard let last = messages.lastIndex(where: \.isAnswer), last > 0 else { return nil }
            return (messages[..<last].map { .init(role: $0.role, text: $0.content) }, messages[last].content)
        case .completion(let prompt, let completion): return ([.init(role: "user", text: prompt)], completion)
        case .preference(let prompt, let chosen, _):
            return (prompt.map { .init(role: $0.role, text: $0.content) }, chosen.last?.content)
        case .feedback(let prompt, let completion, let isWanted):
            return (
                prompt.map { .init(role: $0.role, text: $0.content) }, isWanted ? completion.last?.content : nil
            )
        case .steps(let prompt, _, _): return (prompt.map { .init(role: $0.role, text: $0.content) }, nil)
        case .text, .tokens: return nil
        }
    }
}

extension ComparePrompt {
    fileprivate init(ordinal: Int, json: JSONValue) {
        let turns = (json["turns"]?.array ?? []).compactMap { turn -> Turn? in
            guard let role = turn["role"]?.string, let text = turn["text"]?.string else { return nil }
            return Turn(role: role, text: text)
        }
        self.init(ordinal: ordinal, turns: turns, reference: json["reference"]?.string)
    }

    fileprivate var asJSON: JSONValue {
        [
            "turns": .array(turns.map { .object(["role": .string($0.role), "text": .string($0.text)]) }),
            "reference": .optional(reference),
        ]
    }
}

extension CompletionFacts {
    fileprivate init?(json: JSONValue?) {
        guard let json, let tokens = json["tokens"]?.int else { return nil }
        self.init(tokens: tokens, seconds: json["seconds"]?.double ?? 0, stop: json["stop"]?.string ?? "end")
    }

    fileprivate var asJSON: JSONValue {
        ["tokens": .integer(tokens), "seconds": .number(seconds), "stop": .string(stop)]
    }
}
