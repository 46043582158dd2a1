import Datasets
import Recipes

extension PreparedRun {
    /// What a person should know about these rows before the run.
    static func problems(
        recipe: Recipe, text: ModelText, rows: RowTokenizer, train: [TokenizedExample], held: [TokenizedExample],
        wantedValidation: Bool
    ) -> [RecipeProblem] {
        var found = recipe.problems() + (RunExport(recipe)?.problems(folder: nil) ?? [])
        for (reason, dropped) in Dictionary(grouping: rows.dropped, by: \.reason).sorted(by: {
            $0.key.rawValue < $1.key.rawValue
        }) {
            let lines = dropped.prefix(8).map { String($0.line) }.joined(separator: ", ")
            found.append(
                RecipeProblem(
                    key: reason == .tooLong ? "batch.sequence_length" : "data.train",
                    problem: "\(dropped.count) rows left out: \(reason.rawValue) (lines \(lines)"
                        + (dropped.count > 8 ? ", …)" : ")"),
                    remedy: Self.remedy(reason), severity: .warning))
        }
        let cut = (train + held).count { $0.wasCut }
        if cut > 0 {
            found.append(
                RecipeProblem(
                    key: "data.too_long", problem: "\(cut) rows are cut to \(recipe.batch.sequenceLength) tokens",
                    remedy: "Raise batch.sequence_length, or set data.too_long to drop.", severity: .warning))
        }
        let openEnded = train.count { !$0.endTokenTrained }
        if openEnded > 0, recipe.data.trainOn != .everything {
            found.append(
                RecipeProblem(
                    key: "data.train_on",
                    problem: "\(openEnded) of \(train.count) rows do not end a trained answer in a trained end token",
                    remedy: "A model trained so may not stop: check the chat template and the end token on the Data"
                        + " screen (t).", severity: .warning))
        }
        if text.endTokenIDs.isEmpty {
            found.append(
                RecipeProblem(
                    key: "model", problem: "the model names no end token",
                    remedy: "Set eos_token in tokenizer_config.json.", severity: .warning))
        }
        if !text.hasTemplate, train.contains(where: { $0.maskSource == .roleHeadings }) {
            found.append(
                RecipeProblem(key: "model", problem: FallbackFormat.note, remedy: "", severity: .note))
        }
        if wantedValidation, held.isEmpty {
            found.append(
                RecipeProblem(
                    key: "data.validation", problem: "no held-out row is left, so no held-out loss is measured",
                    remedy: "Hold out more rows.", severity: .warning))
        }
        return found
    }

    private static func remedy(_ reason: DroppedRow.Reason) -> String {
        switch reason {
        case .tooLong: "Raise batch.sequence_length, or set data.too_long to truncate or split."
        case .nothingTrained: "Look at these rows with the loss mask on the Data screen (t)."
        case .template: "Correct the order of the roles in these rows."
        case .maskUnknown: "Use data.train_on: last_answer or everything."
        case .notTrainable: "Import the set with another shape, or leave these rows out."
        }
    }
}
