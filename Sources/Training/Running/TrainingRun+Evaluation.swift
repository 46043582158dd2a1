import Autograd
import Datasets
import Foundation
import Generation
import Recipes
public import Runs
import Tensors
import Tokenizers

extension TrainingRun {
    /// Mean loss over the held-out rows, weighted by tokens; nil when none are held out.
    ///
    /// Changes no weight and draws no random number, so a run evaluated often and one never evaluated train alike.
    ///
    /// - Throws: `TrainingError.nonFinite` when the loss is not a number.
    public func evaluate() throws -> EvaluationPoint? {
        guard !prepared.validationBatches.isEmpty else { return nil }
        let started = ContinuousClock.now
        var sum = 0.0
        var tokens = 0
        var quiet = pass(nil, microBatch: 0)
        quiet.isTraining = false
        for batch in prepared.validationBatches {
            guard let part = SupervisedLoss.of(batch, decoder, in: quiet) else { continue }
            let partSum = Double(part.sum.value.item)
            guard partSum.isFinite else { throw nonFiniteHeldOutLoss(batch, in: quiet) }
            sum += partSum
            tokens += part.tokens
        }
        throughput.add(pauseFreeSeconds: seconds(since: started))
        state.elapsedSeconds = throughput.seconds
        guard tokens > 0 else { return nil }
        let loss = sum / Double(tokens)
        let isBest = loss < (state.bestEvaluation?.loss ?? .infinity)
        let point = EvaluationPoint(step: state.step, loss: loss, tokens: tokens, isBest: isBest)
        state.latestEvaluation = point
        if isBest { state.bestEvaluation = point }
        return point
    }

    /// What the model writes now for the recipe's fixed prompts, greedily.
    public func samples() throws -> [SampleText] {
        var texts: [SampleText] = []
        for (index, prompt) in recipe.evaluation.prompts.enumerated() {
            let started = ContinuousClock.now
            let text = try sample(prompt)
            throughput.add(pauseFreeSeconds: seconds(since: started))
            texts.append(SampleText(step: state.step, promptIndex: index, prompt: prompt, text: text))
        }
        return texts
    }

    private func sample(_ prompt: String) throws -> String {
        let text = prepared.text
        let ids =
            text.hasTemplate
            ? try text.promptIDs(messages: [ChatMessage(role: "user", content: prompt)]) : text.promptIDs(text: prompt)
        guard !ids.isEmpty else { return "" }
        let made = try Generator(decoder).generate(
            prompt: ids, settings: SamplingSettings(temperature: 0, maxTokens: recipe.evaluation.maxTokens),
            endTokens: Set(text.endTokenIDs))
        return text.tokenizer.decode(made.ids)
    }
}
