import GRDB

extension DatabaseMigrator {
    /// Every migration, in order. A shipped one never changes; a new one goes at the end, in a file of its own.
    static var workspace: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerModelsAndDatasets()
        migrator.registerRuns()
        migrator.registerComparisons()
        return migrator
    }
}
