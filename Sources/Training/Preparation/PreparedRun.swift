public import Datasets
public import Foundation
public import Recipes

/// A row of the training or validation data that is not used, and why.
public struct DroppedRow: Sendable, Equatable {
    public enum Reason: String, Sendable, CaseIterable {
        case tooLong = "longer than the sequence"
        case nothingTrained = "no trained token"
        case template = "refused by the chat template"
        case maskUnknown = "answers cannot be told from the rest"
        case notTrainable = "of a kind that is not trained on"
    }
    /// Line in its file.
    public var line: Int
    public var reason: Reason
    public var detail: String
    public var isValidation: Bool
}

/// Recipe and data brought together: tokenised rows, what was left out, and the order of batches. A pure value that
/// no tensor is needed for, so that the Recipe screen, `plan` and `train` show and use the very same.
public struct PreparedRun: Sendable {
    public let recipe: Recipe
    public let text: ModelText
    public let sourceName: String
    public let train: [TokenizedExample]
    /// Line in the file of each training row; a row that was split stands there several times.
    public let trainLines: [Int]
    public let validation: [TokenizedExample]
    public let validationLines: [Int]
    public let dropped: [DroppedRow]
    /// Notes, warnings and errors about recipe and data together.
    public let problems: [RecipeProblem]
    public let plan: BatchPlan
    /// Held-out rows as batches, the same at every evaluation.
    public let validationBatches: [Batch]
    /// Hash of the rows' ids and masks, in order.
    public let rowsHash: String
    /// The clock of templates that write the date; kept in checkpoints, so that a run resumed another day sees the
    /// same rows.
    public let templateClock: Date

    /// Tokens of one pass over the training rows, and how many of them are trained.
    public let tokensPerEpoch: Int
    public let trainedTokensPerEpoch: Int
    public let cutRows: Int

    /// Updates of the first epoch; packing makes later ones differ by a few.
    public let stepsPerEpoch: Int
    /// Updates of the whole run.
    public let totalSteps: Int

    public var epochs: Double {
        recipe.maxSteps == nil ? recipe.epochs : Double(totalSteps) / Double(stepsPerEpoch)
    }

    public var warmupSteps: Int {
        if let steps = recipe.schedule.warmupSteps { return min(steps, totalSteps) }
        return LearningRateSchedule.warmupSteps(ratio: recipe.schedule.warmupRatio, of: totalSteps)
    }

    public var schedule: LearningRateSchedule {
        switch recipe.schedule.name {
        case .constant: .constant
        case .linear: .linear(to: recipe.schedule.minimumRatio)
        case .cosine: .cosine(to: recipe.schedule.minimumRatio)
        }
    }

    /// Rate of update number `step`, counted from 0, with the recipe's peak or another.
    public func learningRate(at step: Int, peak: Double? = nil) -> Double {
        schedule.rate(
            at: step, of: totalSteps, peak: peak ?? recipe.optimizer.learningRate, warmup: warmupSteps)
    }

    /// Tokenises the rows and plans the batches.
    ///
    /// - Throws: `TrainingError` when no row is usable or `too_long: stop` finds one too long, and what
    ///   `checkpoint`, called every few rows, throws to stop early.
    public init(
        recipe: Recipe, text: ModelText, data: DataSource, templateClock: Date = Date(),
        checkpoint: () throws -> Void = {}
    ) throws {
        self.templateClock = templateClock
        var rows = RowTokenizer(recipe: recipe, text: text, now: templateClock)
        let trainExamples: [Example]
        let heldExamples: [Example]
        if let given = data.validation {
            (trainExamples, heldExamples) = (data.train, given)
        } else {
            var share = 0.0
            if case .share(let value) = recipe.data.validation { share = value }
            let split = ValidationSplit.split(data.train, share: share, seed: recipe.seed)
            trainExamples = split.train.map { data.train[$0] }
            heldExamples = split.validation.map { data.train[$0] }
        }
        let train = try rows.tokenize(trainExamples, isValidation: false, checkpoint: checkpoint)
        let held = try rows.tokenize(heldExamples, isValidation: true, checkpoint: checkpoint)
        if recipe.data.tooLong == .stop {
            let lines = rows.dropped.filter { $0.reason == .tooLong }.map(\.line)
            guard lines.isEmpty else {
                throw TrainingError.rowsTooLong(
                    source: data.name, lines: lines, limit: recipe.batch.sequenceLength)
            }
        }
        guard !train.rows.isEmpty else {
            throw TrainingError.noUsableRow(
                source: data.name, read: trainExamples.count, reasons: rows.reasonCounts(isValidation: false))
        }
        self.recipe = recipe
        self.text = text
        sourceName = data.name
        self.train = train.rows
        trainLines = train.lines
        validation = held.rows
        validationLines = held.lines
        dropped = rows.dropped
        cutRows = (train.rows + held.rows).count { $0.wasCut }
        tokensPerEpoch = train.rows.reduce(0) { $0 + $1.count }
        trainedTokensPerEpoch = train.rows.reduce(0) { $0 + $1.trainedCount }
        plan = BatchPlan(
            lengths: train.rows.map(\.count), sequenceLength: recipe.batch.sequenceLength,
            packing: recipe.batch.packing, microBatchSize: recipe.batch.microBatchSize,
            gradientAccumulationSteps: recipe.batch.gradientAccumulationSteps, seed: recipe.seed)
        stepsPerEpoch = max(1, plan.stepCount(of: plan.order(epoch: 0)))
        totalSteps = recipe.maxSteps ?? max(1, plan.stepCount(epochs: recipe.epochs))
        validationBatches = Self.batches(
            held.rows, tokens: recipe.batch.sequenceLength * recipe.batch.microBatchSize)
        rowsHash = Self.hash(train.rows)
        problems = Self.problems(
            recipe: recipe, text: text, rows: rows, train: train.rows, held: held.rows,
            wantedValidation: !heldExamples.isEmpty || data.validation != nil)
    }

    /// The batches of the run from update number `step`, counted from 0, on.
    func batches(fromStep step: Int) -> BatchStream {
        BatchStream(plan: plan, sequences: train, cursor: plan.cursor(afterSteps: step))
    }

    /// Rows in order, as many to a batch as fit `tokens`; there is no padding, so lengths may mix.
    private static func batches(_ rows: [TokenizedExample], tokens: Int) -> [Batch] {
        var batches: [Batch] = []
        var batch = Batch()
        for (index, row) in rows.enumerated() {
            if !batch.ids.isEmpty, batch.count + row.count > tokens {
                batches.append(batch)
                batch = Batch()
            }
            batch.append(row, row: index)
        }
        if !batch.ids.isEmpty { batches.append(batch) }
        return batches
    }

    private static func hash(_ rows: [TokenizedExample]) -> String {
        var hash = ContentHash()
        for row in rows {
            hash.update(row.count)
            for (id, isTrained) in zip(row.ids, row.trained) {
                let word = UInt32(bitPattern: id) << 1 | (isTrained ? 1 : 0)
                hash.update([
                    UInt8(truncatingIfNeeded: word), UInt8(truncatingIfNeeded: word >> 8),
                    UInt8(truncatingIfNeeded: word >> 16), UInt8(truncatingIfNeeded: word >> 24),
                ])
            }
        }
        return hash.hex
    }
}
