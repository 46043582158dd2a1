public import Foundation
import GRDB
public import OrderedJSON

/// A session in which completions of two models are judged.
public struct ComparisonRecord: Sendable, Equatable {
    public var id: Int
    /// Label of the model on the `first` side of every pair, such as `base` or `run-3/best`.
    public var first: String
    public var second: String
    public var settings: JSONValue
    public var createdAt: Date
    public var pairCount: Int
    public var voteCount: Int
}

/// What both models wrote for one prompt.
public struct CompletionPairRecord: Sendable, Equatable {
    public var id: Int
    public var ordinal: Int
    public var prompt: String
    public var first: String
    public var second: String
    /// Whether the first model stood on the left.
    public var firstIsLeft: Bool
    /// Tokens, seconds and stop reason of both.
    public var facts: JSONValue
    public var vote: VoteRecord?

    public init(ordinal: Int, prompt: String, first: String, second: String, firstIsLeft: Bool, facts: JSONValue) {
        id = 0
        self.ordinal = ordinal
        self.prompt = prompt
        self.first = first
        self.second = second
        self.firstIsLeft = firstIsLeft
        self.facts = facts
    }
}

/// A person's verdict on a pair, by model and not by side.
public struct VoteRecord: Sendable, Equatable {
    public enum Verdict: String, Sendable, CaseIterable { case first, second, tie, bothBad, skipped }
    public var verdict: Verdict
    public var note: String
    public var wasBlind: Bool
    public var secondsTaken: Double

    public init(verdict: Verdict, note: String, wasBlind: Bool, secondsTaken: Double) {
        self.verdict = verdict
        self.note = note
        self.wasBlind = wasBlind
        self.secondsTaken = secondsTaken
    }
}

extension Workspace {
    public func createComparison(
        first: String, second: String, settings: JSONValue, at time: Date = Date()
    ) throws -> Int {
        try write { db in
            try db.execute(
                sql: "INSERT INTO comparison (first, second, settings, createdAt) VALUES (?, ?, ?, ?)",
                arguments: [first, second, settings.serialized(), time.timeIntervalSince1970])
            return Int(db.lastInsertedRowID)
        }
    }

    /// Newest first.
    public func comparisons() throws -> [ComparisonRecord] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT comparison.*, COUNT(completionPair.id) AS pairs, COUNT(vote.pairId) AS votes
                    FROM comparison
                    LEFT JOIN completionPair ON completionPair.comparisonId = comparison.id
                    LEFT JOIN vote ON vote.pairId = completionPair.id
                    GROUP BY comparison.id ORDER BY comparison.id DESC
                    """
            ).map { row in
                ComparisonRecord(
                    id: row["id"], first: row["first"], second: row["second"],
                    settings: (try? JSONValue(parsing: row["settings"] as String)) ?? .object([:]),
                    createdAt: Date(timeIntervalSince1970: row["createdAt"]), pairCount: row["pairs"],
                    voteCount: row["votes"])
            }
        }
    }

    /// Keeps a pair, replacing one with the same ordinal (and its vote); returns its id.
    public func keep(_ pair: CompletionPairRecord, in comparison: Int) throws -> Int {
        try write { db in
            try db.execute(
                sql: "DELETE FROM completionPair WHERE comparisonId = ? AND ordinal = ?",
                arguments: [comparison, pair.ordinal])
            try db.execute(
                sql: """
                    INSERT INTO completionPair (comparisonId, ordinal, prompt, first, second, firstIsLeft, facts)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    comparison, pair.ordinal, pair.prompt, pair.first, pair.second, pair.firstIsLeft,
                    pair.facts.serialized(),
                ])
            return Int(db.lastInsertedRowID)
        }
    }

    public func pairs(of comparison: Int) throws -> [CompletionPairRecord] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT completionPair.*, vote.verdict, vote.note, vote.wasBlind, vote.secondsTaken
                    FROM completionPair LEFT JOIN vote ON vote.pairId = completionPair.id
                    WHERE comparisonId = ? ORDER BY ordinal
                    """,
                arguments: [comparison]
            ).map { row in
                var pair = CompletionPairRecord(
                    ordinal: row["ordinal"], prompt: row["prompt"], first: row["first"], second: row["second"],
                    firstIsLeft: row["firstIsLeft"],
                    facts: (try? JSONValue(parsing: row["facts"] as String)) ?? .object([:]))
                pair.id = row["id"]
                if let verdict = (row["verdict"] as String?).flatMap(VoteRecord.Verdict.init(rawValue:)) {
                    pair.vote = VoteRecord(
                        verdict: verdict, note: row["note"], wasBlind: row["wasBlind"],
                        secondsTaken: row["secondsTaken"])
                }
                return pair
            }
        }
    }

    /// Records a vote, or takes it back when `vote` is nil.
    public func set(_ vote: VoteRecord?, onPair pair: Int, at time: Date = Date()) throws {
        try write { db in
            try db.execute(sql: "DELETE FROM vote WHERE pairId = ?", arguments: [pair])
            guard let vote else { return }
            try db.execute(
                sql: """
                    INSERT INTO vote (pairId, verdict, note, wasBlind, secondsTaken, createdAt)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    pair, vote.verdict.rawValue, vote.note, vote.wasBlind, vote.secondsTaken,
                    time.timeIntervalSince1970,
                ])
        }
    }
}
