extension Recipe {
    /// What the fields say together; each by itself was checked when it was read.
    public func problems() -> [RecipeProblem] {
        var found: [RecipeProblem] = []
        if precision == .bf16 {
            found.append(
                RecipeProblem(
                    key: "precision",
                    problem: "matrix products round to bf16 where the processor can, and weights are saved so",
                    remedy: "Nothing to do; use fp32 to keep every bit.", severity: .note))
        }
        if optimizer.learningRate == 0 {
            found.append(
                RecipeProblem(
                    key: "optimizer.learning_rate", problem: "0 trains nothing", remedy: "Use 1e-4 to 5e-4 for lora.",
                    severity: .warning))
        }
        if let steps = maxSteps, let warmup = schedule.warmupSteps, warmup >= steps, warmup > 0 {
            found.append(
                RecipeProblem(
                    key: "schedule.warmup_steps", problem: "the run ends after \(steps) steps, before the peak rate",
                    remedy: "Use fewer than max_steps.", severity: .warning))
        }
        if case .file(let file) = data.validation, file == data.train {
            found.append(
                RecipeProblem(
                    key: "data.validation", problem: "it is the training file, so the held-out loss would say nothing",
                    remedy: "Use a share such as 0.1, or another file.", severity: .error))
        }
        if let name, !Self.isRunName(name) {
            found.append(
                RecipeProblem(
                    key: "name", problem: "\"\(name)\" cannot name a folder",
                    remedy: "Use letters, digits, - _ and . (not first), at most 100.", severity: .error))
        }
        if evaluation.everySteps > 0, data.validation == .share(0), evaluation.prompts.isEmpty {
            found.append(
                RecipeProblem(
                    key: "evaluation.every_steps", problem: "no row is held out and there is no prompt to complete",
                    remedy: "Set data.validation to a share such as 0.1.", severity: .note))
        }
        return found
    }

    /// Whether `name` can be the name of a run and of its folder.
    public static func isRunName(_ name: String) -> Bool {
        guard let first = name.first, first != ".", name.utf8.count <= 100 else { return false }
        return name.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || ("0"..."9").contains($0) || "-_.".unicodeScalars.contains($0)
        }
    }
}
