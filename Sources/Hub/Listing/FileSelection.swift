/// Which files of a repository are fetched.
///
/// The small files that say what a model is always come along. Of the weights, `model.safetensors` or the shards that
/// its index names; files that match a pattern instead, when there are patterns. Never a pickle.
public struct FileSelection: Sendable, Equatable {
    public enum Kind: String, Sendable {
        case model, adapter, tokenizer
        /// What patterns asked for.
        case files
    }
    public var kind: Kind
    public var files: [RemoteFile]
    /// Names the shards, which are not in `files` before `addShards`.
    public var index: RemoteFile?

    static let indexName = "model.safetensors.index.json"
    static let mostFiles = 10_000

    /// - Throws: `HubError` when there is nothing that may be fetched, or a path is unsafe.
    public init(of all: [RemoteFile], patterns: [GlobPattern], repository: String) throws(HubError) {
        let companions = all.filter(Self.isCompanion)
        if !patterns.isEmpty {
            kind = .files
            files = companions + (try Self.matching(patterns, all)).filter { !Self.isCompanion($0) }
        } else {
            (kind, files, index) = try Self.weights(in: all, companions, repository)
        }
        guard files.count <= Self.mostFiles else {
            throw .badListing(address: repository, problem: "\(files.count) files would be fetched")
        }
        try SafePath.check(files.map(\.path))
    }

    private static func weights(
        in all: [RemoteFile], _ companions: [RemoteFile], _ repository: String
    ) throws(HubError) -> (Kind, [RemoteFile], index: RemoteFile?) {
        func root(_ name: String) -> RemoteFile? { all.first { $0.path == name } }
        var weights: [RemoteFile] = []
        var index: RemoteFile?
        var kind = Kind.model
        if let single = root("model.safetensors") {
            weights.append(single)
        } else if let found = root(indexName) {
            index = found
            weights.append(found)
        }
        if let adapter = root("adapter_model.safetensors"), root("adapter_config.json") != nil {
            if weights.isEmpty { kind = .adapter }
            weights.append(adapter)
        }
        if weights.isEmpty {
            weights = adaptersBelow(all)
            if !weights.isEmpty { kind = .adapter }
        }
        if weights.isEmpty {
            let others = all.filter { isWeightFile($0.path) && !isPickle($0.path) }
            let gguf = others.filter { $0.path.lowercased().hasSuffix(".gguf") }
            if !gguf.isEmpty { throw .onlyGGUF(repository: repository, files: gguf.map(\.path)) }
            if !others.isEmpty { throw .noWeightsByName(repository: repository, files: others.map(\.path)) }
            // The settings of a training are no weights.
            let pickles = all.filter { isPickle($0.path) && $0.name != "training_args.bin" }
            if !pickles.isEmpty { throw .onlyPickles(repository: repository, files: pickles.map(\.path)) }
            guard companions.contains(where: { isTokenizer($0.name) }) else {
                throw .nothingToFetch(repository: repository, files: all.map(\.path))
            }
            kind = .tokenizer
        }
        return (kind, companions + weights, index)
    }

    /// Adapters with a name of their own live one folder down.
    private static func adaptersBelow(_ all: [RemoteFile]) -> [RemoteFile] {
        let paths = Set(all.map(\.path))
        return all.filter { file in
            let parts = file.path.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2 else { return false }
            let siblings = ["adapter_config.json", "adapter_model.safetensors"].map { "\(parts[0])/\($0)" }
            return siblings.contains(file.path) && siblings.allSatisfy(paths.contains)
        }
    }

    private static func matching(
        _ patterns: [GlobPattern], _ all: [RemoteFile]
    ) throws(HubError) -> [RemoteFile] {
        var chosen: Set<RemoteFile> = []
        for pattern in patterns {
            let found = all.filter { pattern.matches($0.path) }
            guard !found.isEmpty else { throw .noMatch(pattern: pattern.text, files: all.map(\.path)) }
            let harmless = found.filter { !isPickle($0.path) }
            guard !harmless.isEmpty else {
                throw .picklesAskedFor(pattern: pattern.text, files: found.map(\.path))
            }
            chosen.formUnion(harmless)
        }
        return all.filter(chosen.contains)
    }

    /// Adds the shards that the index names.
    ///
    /// - Throws: `HubError.badIndex` when one is no plain name, no safetensors file, or not in the listing.
    mutating func addShards(_ names: [String], of all: [RemoteFile]) throws(HubError) {
        let known = Dictionary(all.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        let chosen = Set(files.map(\.path))
        for name in names where !chosen.contains(name) {
            guard !name.contains("/"), SafePath.problem(of: name) == nil, name.hasSuffix(".safetensors") else {
                throw .badIndex(
                    file: Self.indexName,
                    problem:
                        "it names the shard '\(HubError.harmless(name, limit: 60))', which is no .safetensors file "
                        + "beside it")
            }
            guard let shard = known[name] else {
                throw .badIndex(file: Self.indexName, problem: "its shard \(name) is not in the repository")
            }
            files.append(shard)
        }
        guard files.count <= Self.mostFiles else {
            throw .badIndex(file: Self.indexName, problem: "it names more than \(Self.mostFiles) shards")
        }
        try SafePath.check(files.map(\.path))
    }

    // MARK: Kinds of files

    private static let companionNames: Set<String> = [
        "config.json", "generation_config.json", "adapter_config.json", "tokenizer.json", "tokenizer_config.json",
        "special_tokens_map.json", "added_tokens.json", "chat_template.jinja", "chat_template.json", "vocab.json",
        "merges.txt", "vocab.txt", "vocab.bpe", "encoder.json", "tokenizer.model", "spiece.model",
        "sentencepiece.bpe.model", "tekken.json", "license", "license.txt", "license.md", "license.rst", "notice",
        "notice.txt", "use_policy.md", "readme.md", "quantize_config.json",
    ]

    /// Small files that are always fetched: from the top folder, and further chat templates.
    static func isCompanion(_ file: RemoteFile) -> Bool {
        guard file.isAtRoot else {
            return file.path.hasPrefix("additional_chat_templates/") && file.path.hasSuffix(".jinja")
                && file.path.split(separator: "/").count == 2
        }
        let name = file.path.lowercased()
        return companionNames.contains(name) || name.hasSuffix(".tiktoken") || name.hasPrefix("tokenizer.model.v")
    }

    static func isTokenizer(_ name: Substring) -> Bool {
        let names: Set<Substring> = [
            "tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "tekken.json", "spiece.model",
        ]
        return names.contains(name) || name.hasSuffix(".tiktoken")
    }

    /// Formats that are pickles, or hold them, or run code when opened by what made them.
    static func isPickle(_ path: String) -> Bool { pickleEndings.contains(ending(of: path)) }

    private static let pickleEndings: Set<Substring> = [
        "bin", "pt", "pth", "ckpt", "pkl", "pickle", "msgpack", "h5", "hdf5", "keras", "pb", "joblib", "dill", "npy",
        "npz", "nemo", "ptl", "pte", "torch", "t7", "mar", "ot", "distcp", "params", "pdparams", "pdiparams",
    ]

    private static func isWeightFile(_ path: String) -> Bool {
        ["safetensors", "gguf"].contains(ending(of: path))
    }

    private static func ending(of path: String) -> Substring {
        let lower = path.lowercased()
        return lower.lastIndex(of: ".").map { lower[lower.index(after: $0)...] } ?? ""
    }
}
