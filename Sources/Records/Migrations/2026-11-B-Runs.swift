import GRDB

extension DatabaseMigrator {
    /// SQLite stores NaN as NULL: `metricPoint.loss` and `.gradientNorm` are nullable for that reason alone.
    mutating func registerRuns() {
        registerMigration("2026-11 runs") { db in
            try db.execute(
                sql: """
                    CREATE TABLE run (
                        id TEXT PRIMARY KEY NOT NULL,
                        recipe TEXT NOT NULL,
                        phase TEXT NOT NULL,
                        detail TEXT,
                        facts TEXT,
                        outcome TEXT,
                        lineage TEXT NOT NULL DEFAULT '{}',
                        note TEXT NOT NULL DEFAULT '',
                        isArchived INTEGER NOT NULL DEFAULT 0,
                        createdAt REAL NOT NULL,
                        updatedAt REAL NOT NULL
                    );

                    CREATE TABLE metricPoint (
                        runId TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,
                        step INTEGER NOT NULL,
                        loss REAL,
                        learningRate REAL NOT NULL,
                        gradientNorm REAL,
                        trainedTokens INTEGER NOT NULL,
                        tokens INTEGER NOT NULL,
                        tokensPerSecond REAL NOT NULL,
                        elapsedSeconds REAL NOT NULL,
                        epoch REAL NOT NULL,
                        residentBytes INTEGER NOT NULL,
                        PRIMARY KEY (runId, step)
                    ) WITHOUT ROWID;

                    CREATE TABLE evaluationPoint (
                        runId TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,
                        step INTEGER NOT NULL,
                        loss REAL,
                        tokens INTEGER NOT NULL,
                        isBest INTEGER NOT NULL,
                        PRIMARY KEY (runId, step)
                    ) WITHOUT ROWID;

                    CREATE TABLE sampleText (
                        runId TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,
                        step INTEGER NOT NULL,
                        promptIndex INTEGER NOT NULL,
                        prompt TEXT NOT NULL,
                        text TEXT NOT NULL,
                        PRIMARY KEY (runId, step, promptIndex)
                    ) WITHOUT ROWID;

                    CREATE TABLE checkpoint (
                        runId TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,
                        path TEXT NOT NULL,
                        step INTEGER NOT NULL,
                        isBest INTEGER NOT NULL,
                        evaluationLoss REAL,
                        createdAt REAL NOT NULL,
                        PRIMARY KEY (runId, path)
                    ) WITHOUT ROWID;

                    CREATE TABLE runNotice (
                        id INTEGER PRIMARY KEY,
                        runId TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,
                        level TEXT NOT NULL,
                        step INTEGER NOT NULL,
                        text TEXT NOT NULL,
                        time REAL NOT NULL
                    );
                    CREATE INDEX runNoticeByRun ON runNotice (runId, id);

                    CREATE TABLE runCommand (
                        id INTEGER PRIMARY KEY,
                        runId TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,
                        command TEXT NOT NULL,
                        createdAt REAL NOT NULL,
                        takenAt REAL
                    );
                    CREATE INDEX runCommandWaiting ON runCommand (runId, id) WHERE takenAt IS NULL;
                    """)
        }
    }
}
