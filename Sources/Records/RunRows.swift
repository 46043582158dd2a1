import GRDB
import Runs

extension MetricPoint {
    init(row: Row) {
        self.init(
            step: row["step"], loss: row["loss"] ?? .nan, learningRate: row["learningRate"],
            gradientNorm: row["gradientNorm"] ?? .nan, trainedTokens: row["trainedTokens"], tokens: row["tokens"],
            tokensPerSecond: row["tokensPerSecond"], elapsedSeconds: row["elapsedSeconds"], epoch: row["epoch"],
            residentBytes: row["residentBytes"])
    }

    func insert(_ db: Database, run: String) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO metricPoint (runId, step, loss, learningRate, gradientNorm, trainedTokens, tokens,
                    tokensPerSecond, elapsedSeconds, epoch, residentBytes)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            run, step, loss, learningRate, gradientNorm, trainedTokens, tokens, tokensPerSecond, elapsedSeconds,
            epoch, residentBytes,
        ])
    }
}

extension EvaluationPoint {
    init(row: Row) {
        self.init(step: row["step"], loss: row["loss"] ?? .nan, tokens: row["tokens"], isBest: row["isBest"])
    }
}

extension SampleText {
    init(row: Row) {
        self.init(step: row["step"], promptIndex: row["promptIndex"], prompt: row["prompt"], text: row["text"])
    }
}

extension CheckpointRecord {
    init(row: Row) {
        self.init(
            step: row["step"], path: row["path"], isBest: row["isBest"], evaluationLoss: row["evaluationLoss"])
    }
}

extension RunNotice {
    init(row: Row) {
        self.init(Level(rawValue: row["level"]) ?? .info, step: row["step"], text: row["text"])
    }
}
