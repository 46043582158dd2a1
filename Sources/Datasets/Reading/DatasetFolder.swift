import Foundation

/// The data files of a folder, in order.
struct DatasetFolder {
    struct File {
        var path: String
        /// Within the folder.
        var name: String
        var split: String?
        /// What `dataset_info.json` says about it.
        var entry: LlamaFactoryEntry?
    }

    let path: String
    let files: [File]

    private static let tables: Set<String> = ["jsonl", "ndjson", "json", "csv", "tsv", "tab", "psv", "parquet"]
    private static let texts: Set<String> = ["txt", "text"]
    /// Files that lie beside data and are none.
    private static let others: Set<String> = [
        "dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json", "config.json",
        "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.json",
        "package.json", "requirements.txt", "readme.txt", "license.txt",
    ]
    private static let most = 10_000

    /// Nil when the path is no folder.
    init?(path given: String, choices: ReadingChoices) throws(DatasetError) {
        var isFolder: ObjCBool = false
        let manager = FileManager.default
        // The description stands for the folder it describes.
        let isDescription =
            (given as NSString).lastPathComponent == "dataset_info.json" && LlamaFactoryEntry.all(inFile: given) != nil
        let parent = (given as NSString).deletingLastPathComponent
        let path = !isDescription ? given : parent.isEmpty ? "." : parent
        guard manager.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else { return nil }
        self.path = path
        var found: [File] = []
        var arrows = 0
        var names: [String] = []
        for case let name as String in manager.enumerator(atPath: path) ?? .init() {
            let parts = name.split(separator: "/")
            if parts.contains(where: { $0.hasPrefix(".") || $0.hasPrefix("__") }) { continue }
            names.append(name)
            if names.count > Self.most {
                throw .nothingInFolder(path: path, reason: "it holds more than \(Self.most) files. Name one of them")
            }
        }
        let entries = LlamaFactoryEntry.all(inFile: path + "/dataset_info.json")
        for name in names.sorted(by: Self.precedes) {
            let file = (name as NSString).lastPathComponent
            let full = path + "/" + name
            guard manager.fileExists(atPath: full, isDirectory: &isFolder), !isFolder.boolValue else { continue }
            let ending = FormatGuess.ending(of: file)
            if ending == "arrow" { arrows += 1 }
            if let entries {
                let entry = entries.first { $0.file == name }
                if let entry { found.append(File(path: full, name: name, split: Self.split(of: name), entry: entry)) }
                continue
            }
            guard Self.tables.contains(ending) || Self.texts.contains(ending),
                !Self.others.contains(file.lowercased())
            else { continue }
            found.append(File(path: full, name: name, split: Self.split(of: name)))
        }
        // Text files beside tables are their licence or read-me.
        if found.contains(where: { Self.tables.contains(FormatGuess.ending(of: $0.name)) }) {
            found.removeAll { Self.texts.contains(FormatGuess.ending(of: $0.name)) && $0.entry == nil }
        }
        if let split = choices.split {
            let splits = Set(found.compactMap(\.split)).sorted()
            found.removeAll { $0.split != split }
            if found.isEmpty {
                throw .nothingInFolder(
                    path: path,
                    reason: "no file of the split '\(split)'"
                        + (splits.isEmpty ? "" : "; it has \(splits.joined(separator: ", "))"))
            }
        }
        if found.isEmpty {
            throw .nothingInFolder(
                path: path,
                reason: arrows > 0
                    ? "its \(arrows) Arrow files are not read. Write them as Parquet first (in Python: "
                        + "datasets.load_from_disk(FOLDER).to_parquet(NEW))"
                    : "no JSONL, JSON, CSV, TSV, Parquet or text file lies in it")
        }
        files = found
    }

    /// By code point, so that the order is the same everywhere.
    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    /// The split that a path names as a word of its own: `data/train-00000-of-00002.parquet`, `validation.jsonl`,
    /// `test/part-1.csv`.
    static func split(of name: String) -> String? {
        let words = name.lowercased().split { !$0.isLetter }
        for word in words.reversed() {
            switch word {
            case "train", "training": return "train"
            case "validation", "valid", "val", "dev", "eval": return "validation"
            case "test", "testing": return "test"
            default: continue
            }
        }
        return nil
    }

    // MARK: Reading

    func read(
        mapping: ColumnMapping?, choices: ReadingChoices, progress: ((Double) -> Bool)?
    ) throws(DatasetError) -> ImportedRows {
        var all: ImportedRows?
        var failures: [(name: String, error: DatasetError)] = []
        var hash = ContentHash()
        for (index, file) in files.enumerated() {
            do {
                let rows = try DatasetFile.readOne(
                    path: file.path, file: file.name, mapping: mapping ?? file.entry?.mapping, choices: choices,
                    progress: progress.map { tell in { tell((Double(index) + $0) / Double(files.count)) } })
                hash.update(file.name)
                hash.update(rows.hash.hex)
                let summary = ImportedFile(
                    name: file.name, split: file.split, rows: rows.examples.count, problems: rows.problems.count,
                    format: rows.format, shape: rows.shape)
                if var known = all {
                    known.append(rows)
                    known.files.append(summary)
                    all = known
                } else {
                    var first = rows
                    first.files = [summary]
                    all = first
                }
            } catch {
                if case .cancelled = error { throw .cancelled(path: path) }
                failures.append((file.name, error))
            }
        }
        guard var all else {
            if let only = failures.first, files.count == 1 { throw only.error }
            throw .nothingInFolder(
                path: path,
                reason: failures.first.map { "none of \(files.count) files can be used. The first: \($0.error)" } ?? "")
        }
        all.path = path
        all.hash = hash
        for (name, error) in failures {
            all.problems.append(
                RowProblem(kind: .unreadable, file: name, line: 0, reason: "none of its rows is used: \(error)"))
        }
        return all
    }
}

extension ImportedRows {
    /// Takes the rows of another file; the mapping and format shown are those of the file with most rows.
    fileprivate mutating func append(_ other: ImportedRows) {
        for (place, decision) in other.decisions { decisions[examples.count + place] = decision }
        let most = files.map(\.rows).max() ?? 0
        if other.examples.count > most {
            (mapping, detection, format) = (other.mapping, other.detection, other.format)
        }
        examples += other.examples
        problems += other.problems
        blankLines += other.blankLines
        bytes += other.bytes
        for note in other.notes where !notes.contains(note) { notes.append(note) }
    }
}
