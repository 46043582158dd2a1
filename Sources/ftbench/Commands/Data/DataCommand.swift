import ArgumentParser

/// Curation without the screen.
struct DataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data", abstract: "Import, check, curate and export data sets.",
        discussion: """
            A data set is named by its name in the workspace, or by the path of a file, which is then looked at and
            left alone. A source file is never changed: decisions are kept in the workspace.
            """,
        subcommands: [
            DataImport.self, DataList.self, DataInfo.self, DataShow.self, DataCheckCommand.self, DataDedupe.self,
            DataSplit.self, DataVersions.self, DataDiff.self, DataExport.self,
        ],
        defaultSubcommand: DataList.self)
}
