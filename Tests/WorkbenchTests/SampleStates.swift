// swift-format-ignore-file: NeverForceUnwrap

import Curation
import Datasets
import Foundation
import Recipes
import Runs
import Statistics
import TerminalUI

@testable import Workbench

/// Every screen with something to show, the same on every machine.
extension Session {
    static let runID: RunID = "lora-3"

    static let recipe: Recipe = {
        var recipe = Recipe(model: "models/tiny-chat", data: .init(train: "alpaca-fr"))
        recipe.name = "support"
        return recipe
    }()

    static func point(_ step: Int, loss: Double? = nil) -> MetricPoint {
        // A curve with a wobble, without a random number.
        let wobble = Double((step * 7919) % 97) / 97 - 0.5
        return MetricPoint(
            step: step, loss: loss ?? 0.9 + 1.6 * Foundation.exp(-Double(step) / 40) + 0.12 * wobble,
            learningRate: 2e-4 * min(1, Double(step) / 10),
            gradientNorm: 0.8 + 0.4 * wobble, trainedTokens: step * 900, tokens: step * 1500,
            tokensPerSecond: 1200 + 40 * wobble,
            elapsedSeconds: Double(step) * 1.25, epoch: Double(step) / 100, residentBytes: 412_000_000)
    }

    static let facts = RunPlanFacts(
        totalSteps: 300, epochs: 3, trainRows: 400, validationRows: 20, tokensPerEpoch: 150_000,
        trainedTokensPerEpoch: 90_000,
        trainableParameters: 81_920, totalParameters: 4_200_000, resumedFromStep: 0)

    static func snapshot(_ phase: RunPhase = .training, step: Int = 120) -> RunSnapshot {
        var snapshot = RunSnapshot(id: runID, phase: phase)
        snapshot.facts = facts
        snapshot.latest = point(step)
        snapshot.secondsLeft = 225
        return snapshot
    }

    static func history(steps: Int = 120) -> RunHistoryValue {
        RunHistoryValue(
            points: (1...steps).map { point($0, loss: $0 == 57 ? .nan : $0 == 30 ? 9 : nil) },
            evaluations: [0, 40, 80, 120].map {
                EvaluationPoint(
                    step: $0, loss: 1 + 1.5 * Foundation.exp(-Double($0) / 40), tokens: 800, isBest: $0 == 120)
            },
            samples: [0, 40, 80].map {
                SampleText(step: $0, promptIndex: 0, prompt: "Write a haiku", text: "after \($0): 桜 falls")
            },
            checkpoints: [
                CheckpointRecord(step: 80, path: "/runs/lora-3/checkpoint-80", isBest: true, evaluationLoss: 1.2)
            ],
            notices: [RunNotice(.warning, step: 57, text: "loss is not finite; the step was left out")],
            recipe: recipe.yaml(comments: false))
    }

    mutating func train(_ phase: RunPhase = .training) {
        send(.snapshot(Self.snapshot(phase), isOwn: true))
        send(.train(.history(Self.runID, Self.history())))
        press("3")
    }

    mutating func plan(_ findings: [Preflight.Finding] = []) {
        press("2")
        send(.recipe(.restored(Self.recipe)))
        send(.recipe(.choices(models: ["models/tiny-chat", "models/tiny-code"], datasets: ["alpaca-fr", "dolly"])))
        var plan = Preflight()
        plan.findings = findings
        plan.memory = [
            .init(name: "weights", byteCount: 16_800_000), .init(name: "activations", byteCount: 42_000_000),
        ]
        plan.memoryAvailable = 8_000_000_000
        plan.seconds = 375
        plan.tokensPerSecond = 1200
        plan.rows = 400
        plan.validationRows = 20
        plan.totalTokens = 150_000
        plan.trainedTokens = 90_000
        plan.steps = 300
        plan.rowsTooLong = 2
        plan.diskBytes = 4_000_000
        plan.diskAvailable = 90_000_000_000
        plan.trainableParameters = 81_920
        for step in 0..<64 {
            let rise = Double(min(step, 8)) / 8
            plan.learningRates.append(rise * (1 - Double(step) / 80))
        }
        send(.recipe(.planned(revision: workbench.recipe.revision, plan)))
    }

    static let contestants = [
        Contestant(label: "tiny-chat", model: "/models/tiny-chat"),
        Contestant(
            label: "lora-3/best", model: "/models/tiny-chat", adapter: "/runs/lora-3/best", base: "tiny-chat",
            dataset: "alpaca-fr"),
    ]

    /// In a session of six pairs, all complete.
    mutating func compare() {
        press("4")
        send(.compare(.contestants(Self.contestants, promptSets: ["alpaca-fr", "dolly"])))
        press("<cr>")
        let prompts = (0..<6).map {
            ComparePrompt(
                ordinal: $0, turns: [.init(role: "user", text: "Question \($0): why is the sky blue?")],
                reference: "Rayleigh.")
        }
        send(.compare(.prompts(prompts, name: "alpaca-fr")))
        send(.compare(.session(id: 1, pairs: [])))
        for ordinal in 0..<6 {
            for isFirst in [true, false] {
                let text =
                    isFirst
                    ? "Base answer \(ordinal): it is scattered."
                    : "Tuned answer \(ordinal): short waves are scattered more."
                send(.compare(.text(ordinal: ordinal, isFirst: isFirst, text)))
                send(
                    .compare(
                        .completed(
                            ordinal: ordinal, isFirst: isFirst, CompletionFacts(tokens: 12, seconds: 0.8, stop: "end")))
                )
            }
            send(.compare(.kept(ordinal: ordinal, pairID: 100 + ordinal)))
        }
        send(.compare(.idle(problem: nil)))
    }

    mutating func listRuns() {
        press("5")
        var other = Self.recipe
        other.lora.r = 32
        let entries = [
            RunEntry(
                id: Self.runID, phase: .finished, recipe: Self.recipe.yaml(), facts: Self.facts, note: "best so far",
                createdAt: Self.start, latest: Self.point(300),
                bestEvaluation: EvaluationPoint(step: 280, loss: 1.021, tokens: 800, isBest: true),
                hasCheckpoint: true),
            RunEntry(
                id: "lora-2", phase: .interrupted, recipe: other.yaml(), facts: Self.facts,
                createdAt: Self.start.addingTimeInterval(-4_000), latest: Self.point(120), hasCheckpoint: true),
        ]
        send(.runs(.list(entries)))
        send(.runs(.history(Self.runID, Self.history())))
    }

    mutating func listModels() {
        press("6")
        send(
            .models(
                .list([
                    ModelEntry(
                        name: "tiny-chat", kind: .base, path: "/models/tiny-chat", parameters: 4_200_000,
                        elementType: "F32",
                        byteCount: 16_800_000, contextLength: 2048,
                        facts: [("family", "llama"), ("layers", "6"), ("template", "tokenizer_config.json")]),
                    ModelEntry(
                        name: "lora-3/best", kind: .adapter, path: "/runs/lora-3/best", base: "tiny-chat",
                        parameters: 81_920,
                        elementType: "F32", byteCount: 330_000, evaluationLoss: 1.021),
                    ModelEntry(
                        name: "torn", kind: .broken, path: "/models/torn",
                        problem: "model.safetensors ends early; copy it again"),
                ])))
    }

    /// A set that is hard to draw: wide, joined, right-to-left and control characters, long lines, nothing at all.
    static let awkward: [Example] = [
        example("東京の天気を三行で説明してください東京の天気を三行で説明してください", "晴れ", source: "日本"),
        example("👩‍👩‍👧‍👦👍🏽🇫🇷e\u{301}\u{200B}", "\u{202E}abc\u{202C}\u{FEFF}", source: "emoji"),
        example("\u{1b}[2J\u{9b}31m\u{07}\r\n\t\ttabs", String(repeating: "x", count: 3_000)),
        example("", ""),
        Example(content: .text(String(repeating: "word ", count: 800)), line: 5),
        Example(content: .completion(prompt: "2 + 2 =\n", completion: " 4"), line: 6),
        Example(
            content: .preference(
                prompt: [ChatMessage(role: "user", content: "hi")],
                chosen: [ChatMessage(role: "assistant", content: "hello")],
                rejected: [ChatMessage(role: "assistant", content: "go away")]), line: 7),
        Example(content: .chat([], tools: nil), line: 8),
    ]
}
