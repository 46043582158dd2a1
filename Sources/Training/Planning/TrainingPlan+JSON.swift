public import OrderedJSON
public import Recipes

extension TrainingPlan {
    /// What `ftbench plan --json` prints.
    public var asJSON: JSONValue {
        var members: JSONObject = [
            "can_start": .bool(canStart), "problems": .array(problems.map(\.asJSON)),
            "train_rows": .integer(trainRows), "validation_rows": .integer(validationRows),
            "dropped_rows": .integer(dropped.count), "cut_rows": .integer(cutRows),
            "rows_without_end": .integer(rowsWithoutEnd),
            "longest_row": .integer(longestRow), "tokens_per_epoch": .integer(tokensPerEpoch),
            "trained_tokens_per_epoch": .integer(trainedTokensPerEpoch), "tokens": .integer(totalTokens),
            "trained_tokens": .integer(trainedTokens), "steps": .integer(steps),
            "steps_per_epoch": .integer(stepsPerEpoch), "warmup_steps": .integer(warmupSteps),
            "trainable_parameters": .integer(trainableParameters), "parameters": .integer(totalParameters),
            "peak_memory_bytes": .integer(memory.total),
        ]
        var ledger: JSONObject = [:]
        for line in memory.lines { ledger[line.name] = .integer(line.bytes) }
        members["memory"] = .object(ledger)
        members["available_memory_bytes"] = availableBytes.map(JSONValue.integer) ?? .null
        members["seconds"] = time.map { .number($0.seconds) } ?? .null
        members["tokens_per_s"] = time.map { .number($0.tokensPerSecond) } ?? .null
        members["time_basis"] = time.map { .string($0.basis.text) } ?? .null
        members["disk_bytes"] = .integer(diskBytes)
        members["free_disk_bytes"] = freeDiskBytes.map(JSONValue.integer) ?? .null
        members["dropped"] = .array(
            dropped.map {
                .object([
                    "line": .integer($0.line), "reason": .string($0.reason.rawValue), "detail": .string($0.detail),
                ])
            })
        return .object(members)
    }
}

extension RecipeProblem {
    public var asJSON: JSONValue {
        .object([
            "key": .string(key), "line": line.map(JSONValue.integer) ?? .null, "severity": .string(severity.rawValue),
            "problem": .string(problem), "remedy": .string(remedy),
        ])
    }
}
