import GRDB

extension DatabaseMigrator {
    /// Which side a completion was shown on is kept with the pair, so that a preference for one side can be tested.
    mutating func registerComparisons() {
        registerMigration("2026-11 comparisons") { db in
            try db.execute(
                sql: """
                    CREATE TABLE comparison (
                        id INTEGER PRIMARY KEY,
                        first TEXT NOT NULL,
                        second TEXT NOT NULL,
                        settings TEXT NOT NULL,
                        createdAt REAL NOT NULL
                    );

                    CREATE TABLE completionPair (
                        id INTEGER PRIMARY KEY,
                        comparisonId INTEGER NOT NULL REFERENCES comparison(id) ON DELETE CASCADE,
                        ordinal INTEGER NOT NULL,
                        prompt TEXT NOT NULL,
                        first TEXT NOT NULL,
                        second TEXT NOT NULL,
                        firstIsLeft INTEGER NOT NULL,
                        facts TEXT NOT NULL,
                        UNIQUE (comparisonId, ordinal)
                    );

                    CREATE TABLE vote (
                        pairId INTEGER PRIMARY KEY REFERENCES completionPair(id) ON DELETE CASCADE,
                        verdict TEXT NOT NULL,
                        note TEXT NOT NULL,
                        wasBlind INTEGER NOT NULL,
                        secondsTaken REAL NOT NULL,
                        createdAt REAL NOT NULL
                    );
                    """)
        }
    }
}
