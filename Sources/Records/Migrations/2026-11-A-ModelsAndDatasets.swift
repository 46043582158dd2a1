import GRDB

extension DatabaseMigrator {
    /// Examples are copied in, so that a source file that moves or changes takes no decision with it.
    /// Decisions live in the journal alone; `dataset.counts` repeats its result for lists of data sets.
    mutating func registerModelsAndDatasets() {
        registerMigration("2026-11 models and datasets") { db in
            try db.execute(
                sql: """
                    CREATE TABLE setting (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;

                    CREATE TABLE model (
                        id INTEGER PRIMARY KEY,
                        name TEXT NOT NULL UNIQUE,
                        path TEXT NOT NULL,
                        facts TEXT NOT NULL,
                        addedAt REAL NOT NULL
                    );

                    CREATE TABLE dataset (
                        id INTEGER PRIMARY KEY,
                        name TEXT NOT NULL UNIQUE,
                        path TEXT NOT NULL,
                        contentHash TEXT NOT NULL,
                        byteCount INTEGER NOT NULL,
                        shape TEXT NOT NULL,
                        mapping TEXT NOT NULL,
                        report TEXT NOT NULL,
                        rowCount INTEGER NOT NULL,
                        counts TEXT NOT NULL DEFAULT '{}',
                        importedAt REAL NOT NULL
                    );

                    CREATE TABLE example (
                        datasetId INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
                        position INTEGER NOT NULL,
                        content TEXT NOT NULL,
                        PRIMARY KEY (datasetId, position)
                    ) WITHOUT ROWID;

                    CREATE TABLE journalEntry (
                        datasetId INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
                        sequence INTEGER NOT NULL,
                        detail TEXT NOT NULL,
                        PRIMARY KEY (datasetId, sequence)
                    ) WITHOUT ROWID;

                    CREATE TABLE datasetVersion (
                        id INTEGER PRIMARY KEY,
                        datasetId INTEGER NOT NULL REFERENCES dataset(id) ON DELETE CASCADE,
                        label TEXT NOT NULL,
                        contentHash TEXT NOT NULL,
                        rowCount INTEGER NOT NULL,
                        path TEXT NOT NULL,
                        createdAt REAL NOT NULL,
                        UNIQUE (datasetId, label)
                    );
                    """)
        }
    }
}
