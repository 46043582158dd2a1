import Foundation

/// The files that make a tokenizer: which of them a path stands for, and their bytes.
enum TokenizerFiles {
    /// Beyond any published file (34 MB), small enough to hold in memory.
    private static let largestFile = 256 << 20

    enum Source {
        case json(String)
        /// A sentencepiece model or a tiktoken file, told apart by their content.
        case model(String)
        case bytePair(vocabulary: String, merges: String)
        case wordPiece(String)

        var files: [String] {
            switch self {
            case .json(let file), .model(let file), .wordPiece(let file): [file]
            case .bytePair(let vocabulary, let merges): [vocabulary, merges]
            }
        }
    }

    /// What a folder or a file gives; nil when there is nothing.
    static func source(of path: String) -> (source: Source, folder: String, isFolder: Bool)? {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return nil }
        if isFolder.boolValue { return inFolder(path).map { ($0, path, true) } }
        let folder = (path as NSString).deletingLastPathComponent
        return (ofFile(path), folder.isEmpty ? "." : folder, false)
    }

    private static func inFolder(_ folder: String) -> Source? {
        func path(_ name: String) -> String? {
            let path = folder + "/" + name
            return FileManager.default.fileExists(atPath: path) ? path : nil
        }
        if let file = path("tokenizer.json") { return .json(file) }
        for name in ["tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "spm.model", "qwen.tiktoken"] {
            if let file = path(name) { return .model(file) }
        }
        if let vocabulary = path("vocab.json"), let merges = path("merges.txt") {
            return .bytePair(vocabulary: vocabulary, merges: merges)
        }
        if let file = path("vocab.txt") { return .wordPiece(file) }
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        let others = names.filter { $0.hasSuffix(".tiktoken") || $0.hasSuffix(".model") }
        return others.count == 1 ? .model(folder + "/" + others[0]) : nil
    }

    private static func ofFile(_ path: String) -> Source {
        let exists = FileManager.default.fileExists(atPath:)
        if path.hasSuffix(".model") || path.hasSuffix(".tiktoken") { return .model(path) }
        if path.hasSuffix("vocab.json") {
            let merges = path.dropLast("vocab.json".count) + "merges.txt"
            if exists(String(merges)) { return .bytePair(vocabulary: path, merges: String(merges)) }
        }
        if path.hasSuffix("merges.txt") {
            let vocabulary = path.dropLast("merges.txt".count) + "vocab.json"
            if exists(String(vocabulary)) { return .bytePair(vocabulary: String(vocabulary), merges: path) }
        }
        return path.hasSuffix(".txt") ? .wordPiece(path) : .json(path)
    }

    /// nil when the file is not there.
    static func bytes(_ path: String) throws(TokenizerError) -> [UInt8]? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int ?? 0
        guard size <= largestFile else {
            throw TokenizerError(
                file: path,
                what: "it is \(size >> 20) MiB, more than the \(largestFile >> 20) MiB that a tokenizer may be",
                remedy: "Check that this is a file of a tokenizer.")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw TokenizerError(file: path, what: "it cannot be read", remedy: "Check its permissions.")
        }
        return [UInt8](data)
    }
}
