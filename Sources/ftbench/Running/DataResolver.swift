import Curation
import Datasets
import Foundation
import Recipes
import Records
import Training

/// Turns `data.train` and `data.validation` into examples: a file, or NAME or NAME@VERSION of the workspace.
/// A name alone stands for the rows that are not dropped.
struct DataResolver: Sendable {
    let workspace: Workspace?

    enum Source: Sendable {
        case file(String)
        /// A frozen state of a data set, kept as a file of its own.
        case version(name: String, label: String, path: String)
        /// A data set as it is curated at this moment.
        case current(DatasetRecord)
    }

    /// - Throws: `Failure` that says what was looked for where.
    func source(_ name: String) throws -> Source {
        let path = CommonOptions.absolute(name)
        if FileManager.default.fileExists(atPath: path) { return .file(path) }
        let parts = name.split(separator: "@", maxSplits: 1).map(String.init)
        if let workspace, let base = parts.first, let record = try workspace.dataset(named: base) {
            guard parts.count == 2 else { return .current(record) }
            let versions = try workspace.versions(of: record)
            guard let version = versions.first(where: { $0.contentHash.hasPrefix(parts[1]) }) else {
                let known =
                    versions.isEmpty ? "none was made yet" : "it has \(versions.map(\.label).joined(separator: ", "))"
                throw Failure("The data set '\(base)' has no version '\(parts[1])': \(known).")
            }
            return .version(name: record.name, label: version.label, path: version.path)
        }
        if let home = Shipped.home, FileManager.default.fileExists(atPath: "\(home)/\(name)") {
            return .file("\(home)/\(name)")
        }
        let known = try workspace?.datasets().map(\.name) ?? []
        throw Failure(
            "There is no data set '\(name)': no such file here, and none of that name in the workspace"
                + (known.isEmpty ? "" : " (it has \(known.joined(separator: ", ")))")
                + ". Give a path, or import one with: ftbench data import FILE")
    }

    /// The file a run reads, and the label it is known by. What is curated now is frozen first: a later decision
    /// changes no run.
    func settled(_ name: String) throws -> (path: String, label: String) {
        switch try source(name) {
        case .file(let path): return (path, path)
        case .version(let name, let label, let path): return (path, "\(name)@\(label)")
        case .current(let record):
            guard let workspace, let set = try workspace.curationSet(of: record) else {
                throw Failure("The data set '\(name)' could not be read from the workspace.")
            }
            let version = try workspace.freeze(set, of: record)
            return (version.path, "\(record.name)@\(version.label)")
        }
    }

    /// Reads the examples of a recipe; freezes nothing.
    func dataSource(for recipe: Recipe) throws -> DataSource {
        let train = try examples(recipe.data.train, split: "train")
        guard case .file(let name) = recipe.data.validation else {
            return DataSource(name: recipe.data.train, train: train)
        }
        return DataSource(name: recipe.data.train, train: train, validation: try examples(name, split: "validation"))
    }

    /// Of a folder with splits, only the one that is meant.
    private func examples(_ name: String, split: String) throws -> [Example] {
        switch try source(name) {
        case .file(let path), .version(_, _, let path):
            let rows = try DatasetFile.read(path: path)
            // A folder may call what is held out its test set.
            let known = Set(rows.files.compactMap(\.split))
            return rows.survivors(split: split == "validation" && !known.contains(split) ? "test" : split)
        case .current(let record):
            guard let set = try workspace?.curationSet(of: record) else {
                throw Failure("The data set '\(name)' could not be read from the workspace.")
            }
            return set.survivors
        }
    }
}
