import OrderedJSON

/// Tokenizers in the two older layouts of files: `vocab.json` with `merges.txt`, and `vocab.txt`.
enum VocabularyFiles {
    /// `vocab.json` with `merges.txt` (GPT-2's layout): byte-level BPE, cut and framed as the class that
    /// `tokenizer_config.json` names does it.
    static func bytePair(
        vocabulary: (bytes: [UInt8], file: String), merges: (bytes: [UInt8], file: String),
        _ configuration: TokenizerConfiguration
    ) throws(TokenizerError) -> TokenizerParts {
        guard var entries = TokenizerFileReader.readVocabulary(vocabulary.bytes) else {
            throw TokenizerError(
                file: vocabulary.file, what: "it is not a JSON object of tokens and ids",
                remedy: "The file is damaged or was cut off while being copied; fetch it again.")
        }
        guard String(validating: merges.bytes, as: UTF8.self) != nil else {
            throw TokenizerError(
                file: merges.file, what: "it is not UTF-8 text", remedy: "Use the merges.txt as it was published.")
        }
        for (number, line) in merges.bytes.split(separator: 0x0a).enumerated() {
            let line = line.last == 0x0d ? line.dropLast() : line
            if line.isEmpty || line.starts(with: Array("#version".utf8)) { continue }
            guard entries.addMerge(line: line) else {
                throw TokenizerError(
                    file: merges.file, what: "line \(number + 1) is not two tokens with a space between",
                    remedy: "Use the merges.txt as it was published.")
            }
        }
        let ending = Array("</w>".utf8)
        let hasEnding = (0..<min(entries.merges.count, 200)).contains {
            entries.merges.bytes[entries.merges.range($0)].suffix(4).elementsEqual(ending)
        }
        var members: JSONObject = ["type": "BPE"]
        if hasEnding { members["end_of_word_suffix"] = "</w>" }
        let section = TokenizerSection(value: .object(members), file: vocabulary.file, path: "")
        let model = try BytePairModel(section, endsInBytes: true, entries: entries)
        var parts = TokenizerParts(file: vocabulary.file, model: .bytePair(model))
        parts.decoderSteps = [.byteLevel]
        let addsSpace = configuration.flag("add_prefix_space") ?? false
        switch hasEnding ? "CLIP" : configuration.kind {
        case "Qwen2":
            parts.normalizer = .form(.nfc)
            parts.preTokenizers = [
                .split(try section.pattern(WordScanner.gpt4Pattern(digits: #"\p{N}"#)), .isolated, inverts: false),
                .byteLevel(addsPrefixSpace: addsSpace, cutsWords: false),
            ]
        case "CLIP":
            parts.normalizer = .sequence([
                .form(.nfc), .replace(.expression(try Self.spaces(section)), with: [0x20]), .lowercase,
            ])
            parts.preTokenizers = [
                .split(try section.pattern(KnownPatterns.clip), .removed, inverts: true),
                .byteLevel(addsPrefixSpace: false, cutsWords: true),
            ]
            // As the reference library's: the words' ends turn into spaces where tokens are bytes.
            parts.decoderSteps = [.byteLevel, .replace(.text(ending), with: [0x20])]
        default: parts.preTokenizers = [.byteLevel(addsPrefixSpace: addsSpace, cutsWords: true)]
        }
        let isFramed = ["Roberta", "Bart", "Longformer", "LED", "XLMRoberta"].contains(configuration.kind) || hasEnding
        parts.apply(
            configuration, begin: hasEnding ? "<|startoftext|>" : "<s>", end: hasEnding ? "<|endoftext|>" : "</s>",
            addsBegin: isFramed, addsEnd: isFramed)
        if parts.added.isEmpty, let id = parts.id(of: "<|endoftext|>") {
            parts.added.append((AddedToken(id: id, content: "<|endoftext|>"), section))
        }
        return parts
    }

    private static func spaces(_ section: TokenizerSection) throws(TokenizerError) -> Pattern {
        do { return try Pattern(#"\s+"#) } catch { throw section.failure(error.reason) }
    }

    /// `vocab.txt` (BERT's layout): a token a line, its id the number of the line from 0.
    static func wordPiece(
        _ bytes: [UInt8], _ file: String, _ configuration: TokenizerConfiguration
    ) throws(TokenizerError) -> TokenizerParts {
        let section = TokenizerSection(value: .null, file: file, path: "")
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw section.failure("it is not UTF-8 text", remedy: "Use the vocab.txt as it was published.")
        }
        var lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        guard lines.count <= TokenTable.highestAllowedID else { throw section.failure("it has too many lines") }
        var table = TokenTable(capacity: lines.count)
        for (index, line) in lines.enumerated() {
            let token = line.last == 0x0d ? line.dropLast() : line
            // Of equal lines the later one has the name, as in the reference library.
            _ = table.insert(
                Array(token), from: 0, to: token.count, id: Int32(truncatingIfNeeded: index), replaces: true)
        }
        let unknown = configuration.token("unk_token") ?? "[UNK]"
        let model = try WordPieceModel(
            vocabulary: table, prefix: Array("##".utf8), unknown: unknown, longestWord: 100, section)
        var parts = TokenizerParts(file: file, model: .wordPiece(model))
        let lowercases = configuration.flag("do_lower_case") ?? true
        parts.normalizer = .bert(
            cleansText: true, spacesHan: configuration.flag("tokenize_chinese_chars") ?? true,
            stripsAccents: configuration.flag("strip_accents") ?? lowercases, lowercases: lowercases)
        parts.preTokenizers = [.bert]
        parts.decoderSteps = [.wordPiece(prefix: Array("##".utf8), cleansUp: true)]
        let classification = configuration.token("cls_token") ?? "[CLS]"
        let separator = configuration.token("sep_token") ?? "[SEP]"
        for text in [
            configuration.token("pad_token") ?? "[PAD]", unknown, classification, separator,
            configuration.token("mask_token") ?? "[MASK]",
        ] {
            guard let id = table.id(of: Array(text.utf8)), !parts.added.contains(where: { $0.token.id == id }) else {
                continue
            }
            parts.added.append((AddedToken(id: id, content: text), section))
        }
        parts.apply(tokens: configuration)
        parts.postProcessor = PostProcessor(
            before: parts.id(of: classification).map { [$0] } ?? [], after: parts.id(of: separator).map { [$0] } ?? [])
        return parts
    }
}
