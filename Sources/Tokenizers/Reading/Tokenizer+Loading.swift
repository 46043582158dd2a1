import OrderedJSON

extension Tokenizer {
    /// Reads the tokenizer of a model's folder, or one from a file of it.
    ///
    /// Taken is the first of: `tokenizer.json`; a sentencepiece model or tiktoken file (`tokenizer.model`,
    /// `spiece.model`, `*.tiktoken`); `vocab.json` with `merges.txt`; `vocab.txt`. `tokenizer_config.json`,
    /// `special_tokens_map.json` and `added_tokens.json` beside it count for a folder, and for every file but a
    /// tokenizer.json, which says everything itself. Errors name the file and what to do.
    public static func load(path: String) throws(TokenizerError) -> Tokenizer {
        guard let (source, folder, isFolder) = TokenizerFiles.source(of: path) else {
            throw TokenizerError(
                file: path, what: "there is no such file, or no tokenizer in it",
                remedy: "Point to a model folder that holds a tokenizer.json, tokenizer.model, vocab.json with "
                    + "merges.txt, or vocab.txt.")
        }
        func bytes(_ file: String) throws(TokenizerError) -> [UInt8] {
            guard let bytes = try TokenizerFiles.bytes(file) else {
                throw TokenizerError(file: file, what: "there is no such file", remedy: "Check the path.")
            }
            return bytes
        }
        switch source {
        case .json(let file):
            var parts = try parts(bytes: try bytes(file), named: file)
            if isFolder { parts.refine(by: try TokenizerConfiguration(folder: folder)) }
            return try Tokenizer(parts)
        case .model(let file):
            let configuration = try TokenizerConfiguration(folder: folder)
            let content = try bytes(file)
            if TiktokenFile.recognizes(content) {
                return try Tokenizer(try TiktokenFile(bytes: content, named: file).parts(configuration))
            }
            return try Tokenizer(try SentencePieceModel(bytes: content, named: file).parts(configuration))
        case .bytePair(let vocabulary, let merges):
            return try Tokenizer(
                try VocabularyFiles.bytePair(
                    vocabulary: (try bytes(vocabulary), vocabulary), merges: (try bytes(merges), merges),
                    try TokenizerConfiguration(folder: folder)))
        case .wordPiece(let file):
            return try Tokenizer(
                try VocabularyFiles.wordPiece(try bytes(file), file, try TokenizerConfiguration(folder: folder)))
        }
    }

    /// The files that `load` takes the vocabulary of a folder or file from; empty when there are none.
    public static func files(ofTokenizerAt path: String) -> [String] {
        TokenizerFiles.source(of: path)?.source.files ?? []
    }

    /// Takes the bytes of a `tokenizer.json`; errors call it by the name given.
    public convenience init(bytes: [UInt8], named name: String) throws(TokenizerError) {
        try self.init(try Self.parts(bytes: bytes, named: name))
    }

    /// Takes the bytes of a sentencepiece `tokenizer.model` alone.
    public convenience init(sentencePiece bytes: [UInt8], named name: String) throws(TokenizerError) {
        try self.init(try SentencePieceModel(bytes: bytes, named: name).parts(TokenizerConfiguration()))
    }

    /// Takes the bytes of a tiktoken file alone; special tokens are those of the published vocabulary of that size.
    public convenience init(tiktoken bytes: [UInt8], named name: String) throws(TokenizerError) {
        try self.init(try TiktokenFile(bytes: bytes, named: name).parts(TokenizerConfiguration()))
    }

    private static func parts(bytes: [UInt8], named name: String) throws(TokenizerError) -> TokenizerParts {
        if let file = TokenizerFileReader.read(bytes) {
            return try TokenizerParts(json: file.json, entries: file.entries, named: name)
        }
        let json: JSONValue
        do {
            json = try JSONValue(parsing: bytes)
        } catch {
            throw TokenizerError(
                file: name, what: "it is not valid JSON: \(error)",
                remedy: "The file is damaged or was cut off while being copied; fetch it again.")
        }
        return try TokenizerParts(json: json, entries: nil, named: name)
    }
}

extension TokenizerParts {
    /// What transformers makes of a tokenizer.json when it loads the whole folder: tokens that only the small files name
    /// are added, `add_bos_token` and `add_eos_token` replace the file's template where they are stated, and
    /// `clean_up_tokenization_spaces` tidies decoded text, but for BPE, which it would corrupt.
    mutating func refine(by configuration: TokenizerConfiguration) {
        apply(tokens: configuration)
        if configuration.addsBegin != nil || configuration.addsEnd != nil {
            let begin = configuration.addsBegin == true ? configuration.token("bos_token").flatMap(id(of:)) : nil
            let end = configuration.addsEnd == true ? configuration.token("eos_token").flatMap(id(of:)) : nil
            postProcessor = PostProcessor(before: begin.map { [$0] } ?? [], after: end.map { [$0] } ?? [])
        }
        if configuration.flag("clean_up_tokenization_spaces") == true, let steps = decoderSteps {
            if case .bytePair = model { return }
            decoderSteps = steps + [.fuse, .cleanUp]
        }
    }
}
