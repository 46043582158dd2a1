import Curation
import Evaluation
import Foundation
import OrderedJSON
import Runs
import Statistics
import Training

/// All that the demo measured.
struct DemoFindings {
    var model: String
    var check: DataCheck
    var acts: [String]
    var rowsBefore: Int
    var rowsAfter: Int
    var plan: TrainingPlan
    var base: SuiteResult
    var tuned: SuiteResult
    var curated: DemoRun
    var uncurated: (run: DemoRun, result: SuiteResult)?
    var seconds: Double

    var asJSON: JSONValue {
        var flaws: JSONObject = [:]
        for finding in check.findings { flaws[finding.signal.rawValue] = .integer(finding.rows.count) }
        return [
            "model": .string(model), "base_score": Self.share(base), "tuned_score": Self.share(tuned),
            "uncurated_score": uncurated.map { Self.share($0.result) } ?? .null, "base_interval": Self.interval(base),
            "tuned_interval": Self.interval(tuned),
            "uncurated_interval": uncurated.map { Self.interval($0.result) } ?? .null,
            "test_rows": .integer(base.answers.count), "p_value": .finite(base.paired(with: tuned).pValue),
            "uncurated_p_value": uncurated.map { .finite($0.result.paired(with: tuned).pValue) } ?? .null,
            "fields": Self.fields(tuned), "base_fields": Self.fields(base),
            "train_seconds": .finite(curated.seconds), "tokens_per_s": .finite(curated.tokensPerSecond),
            "steps": .integer(curated.points.count),
            "trained_tokens": .integer(curated.points.last?.trainedTokens ?? 0),
            "first_loss": .finite(curated.points.first?.loss ?? .nan),
            "last_loss": .finite(curated.points.last?.loss ?? .nan),
            "best_eval_loss": .finite(curated.bestEvaluation?.loss ?? .nan),
            "uncurated_train_seconds": uncurated.map { .finite($0.run.seconds) } ?? .null,
            "rows": .integer(rowsBefore), "curated_rows": .integer(rowsAfter), "flaws": .object(flaws),
            "planned_seconds": plan.time.map { .finite($0.seconds) } ?? .null, "total_seconds": .finite(seconds),
        ]
    }

    private static func share(_ result: SuiteResult) -> JSONValue { .finite(result.exact.share ?? .nan) }

    private static func interval(_ result: SuiteResult) -> JSONValue {
        let interval = result.exact.interval()
        return [.number(interval.lowerBound), .number(interval.upperBound)]
    }

    private static func fields(_ result: SuiteResult) -> JSONValue {
        var object: JSONObject = [:]
        for field in result.fields { object[field.name] = .finite(field.share.share ?? .nan) }
        return .object(object)
    }
}
