import OrderedJSON
import Tokenizers
import WeightFiles

/// The `tokenizer.ggml.*` metadata of a model folder.
///
/// - Source: llama.cpp's converter (`get_vocab_base`, `_create_vocab_sentencepiece`).
struct VocabularyExport {
    private(set) var metadata: [(key: String, value: GGUFValue)] = []
    private(set) var problems: [ExportProblem] = []
    /// The texts of the tokens, as many as the embedding has rows.
    private var tokens: [String] = []
    private var types: [Int32] = []

    private enum Kind: Int32 { case normal = 1, unknown, control, userDefined, unused, byte }

    /// - Parameters:
    ///   - folder: of the model.
    ///   - rows: of the embedding table.
    ///   - forced: a name for the pre-tokeniser that goes before what is found.
    init(folder: String, rows: Int, forced: String?) {
        let json: JSONValue
        let tokenizer: Tokenizer
        do {
            json = try JSONValue(readingFile: folder + "/tokenizer.json")
            tokenizer = try Tokenizer.load(path: folder)
        } catch {
            problems.append(.error("The tokenizer cannot be read: \(error)", ""))
            return
        }
        guard Int(tokenizer.highestID) < rows else {
            problems.append(
                .error(
                    "The tokenizer has ids up to \(tokenizer.highestID), the model only \(rows) embeddings",
                    "Use the tokenizer that was made for this model, or resize the embeddings."))
            return
        }
        let configuration = (try? JSONValue(readingFile: folder + "/tokenizer_config.json")) ?? .object([:])
        let model = json["model"] ?? .null
        var steps: [String] = []
        Self.collectTypes(json["pre_tokenizer"], into: &steps)
        if model["type"]?.string ?? "BPE" == "BPE", model["merges"] != nil, steps.contains("ByteLevel") {
            addBytePairs(json, tokenizer: tokenizer, rows: rows, forced: forced)
        } else if model["type"]?.string == "BPE", model["byte_fallback"]?.bool == true {
            addSentencePieces(json, tokenizer: tokenizer, rows: rows, folder: folder)
        } else {
            let type = model["type"]?.string ?? "unknown"
            problems.append(
                .error(
                    "The tokenizer is of the kind \(type)"
                        + (type == "BPE" ? " with neither ByteLevel nor byte_fallback" : "")
                        + ", which ftbench does not write into GGUF",
                    "Byte-level BPE and SentencePiece BPE with byte fallback can be exported."))
            return
        }
        let special = SpecialTokensExport(
            folder: folder, configuration: configuration, tokenizer: tokenizer, rows: rows)
        metadata += special.metadata
        problems += special.problems
        if problems.allSatisfy({ !$0.isError }) { check(against: tokenizer, isForced: forced != nil) }
    }

    /// Reads the vocabulary as the other side will, and cuts texts with it: they must come out the same.
    private mutating func check(against tokenizer: Tokenizer, isForced: Bool) {
        let values = Dictionary(metadata.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
        // A way to cut words that ftbench itself does not know cannot be tried.
        guard let vocabulary = GGUFVocabulary(metadata: { values[$0] }),
            let read = try? Tokenizer(gguf: vocabulary, named: "the exported vocabulary")
        else { return }
        let texts = [
            KnownTokenizers.text, "Hello, world! It's 2024 and 123456 people's files: a.b_c(d)\n\tx = [1, 2]\n",
            "  two  spaces\u{a0}and\r\nGrüße, où, наш, 日本語, 한국어 🚀", " ",
        ]
        for text in texts where read.encode(text) != tokenizer.encode(text) {
            let (theirs, ours) = (read.encode(text), tokenizer.encode(text))
            let place = zip(theirs, ours).prefix { $0 == $1 }.count
            let around = tokenizer.decode(
                ours[max(0, place - 2)..<min(ours.count, place + 3)], skipSpecialTokens: false)
            let what =
                "llama.cpp would cut some texts into other tokens than the tokenizer does, first near '\(around)'"
            problems.append(
                isForced
                    ? .warning(what)
                    : .error(what, "If that is acceptable, name the pre-tokeniser with --pre to go on all the same."))
            return
        }
    }

    func contains(_ token: String) -> Bool { tokens.contains(token) }

    // MARK: Byte-level pairs

    private mutating func addBytePairs(_ json: JSONValue, tokenizer: Tokenizer, rows: Int, forced: String?) {
        guard let name = preTokenizer(json, tokenizer: tokenizer, forced: forced) else { return }
        let added = Dictionary(
            tokenizer.addedTokens.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        fill(rows) { id in
            if let token = added[id] { return Self.addedToken(token) }
            return tokenizer.token(id).map { ($0, .normal) }
        }
        metadata.append(("tokenizer.ggml.model", .string("gpt2")))
        metadata.append(("tokenizer.ggml.pre", .string(name)))
        metadata.append(("tokenizer.ggml.tokens", .strings(tokens)))
        metadata.append(("tokenizer.ggml.token_type", .int32s(types)))
        let merges = Self.merges(json)
        guard !merges.isEmpty else {
            problems.append(.error("The tokenizer has no merges", "Fetch tokenizer.json again."))
            return
        }
        metadata.append(("tokenizer.ggml.merges", .strings(merges)))
    }

    private mutating func preTokenizer(_ json: JSONValue, tokenizer: Tokenizer, forced: String?) -> String? {
        if let forced {
            guard KnownTokenizers.preTokenizers.contains(forced) else {
                let nearest = KnownTokenizers.preTokenizers.sorted().nearest(to: forced)
                problems.append(
                    .error(
                        "llama.cpp knows no pre-tokeniser '\(forced)'",
                        nearest.map { "Did you mean --pre \($0)?" } ?? "Common ones are llama-bpe, qwen2 and gpt-2."))
                return nil
            }
            return forced
        }
        switch PreTokenizerName.find(json, tokenizer: tokenizer) {
        case .found(let name): return name
        case .unknown(let reason):
            problems.append(
                .error(
                    "The tokenizer cuts text in a way that is not known to be llama.cpp's: \(reason)",
                    "A wrong guess would give other tokens without a word. If you know the pre-tokeniser's name, give "
                        + "it with --pre (llama-bpe, qwen2, gpt-2, …)."))
            return nil
        }
    }

    /// As `left right`; a space inside a part is written as the byte alphabet writes it.
    private static func merges(_ json: JSONValue) -> [String] {
        (json["model"]?["merges"]?.array ?? []).compactMap { merge in
            if let text = merge.string { return text }
            guard let parts = merge.array, parts.count == 2, let left = parts[0].string, let right = parts[1].string
            else { return nil }
            return spelled(left) + " " + spelled(right)
        }
    }

    private static func spelled(_ part: String) -> String {
        guard part.utf8.contains(0x20) else { return part }
        return String(String.UnicodeScalarView(part.unicodeScalars.map { $0 == " " ? "\u{120}" : $0 }))
    }

    // MARK: SentencePiece pairs

    private mutating func addSentencePieces(
        _ json: JSONValue, tokenizer: Tokenizer, rows: Int, folder: String
    ) {
        let pieces = SentencePieceScores(path: folder + "/tokenizer.model")?.pieces
        var scores = [Float](repeating: -10_000, count: rows)
        let ranks = pieces == nil ? Self.mergeRanks(json) : [:]
        let added = Dictionary(
            tokenizer.addedTokens.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let unknown = json["model"]?["unk_token"]?.string
        fill(rows) { id in
            let index = Int(id)
            if let token = added[id] {
                scores[index] = -1000
                return Self.addedToken(token)
            }
            if let pieces, index < pieces.count {
                scores[index] = pieces[index].score
                return (pieces[index].text, Kind(rawValue: pieces[index].type) ?? .normal)
            }
            guard let text = tokenizer.token(id) else { return nil }
            // Without the scores of the original, the order of the merges gives them: earlier is better.
            scores[index] = ranks[Array(text.utf8)].map { -Float($0) } ?? -Float(ranks.count + index)
            if Self.isByte(text) { return (text, .byte) }
            return (text, text == unknown ? .unknown : .normal)
        }
        metadata.append(("tokenizer.ggml.model", .string("llama")))
        metadata.append(("tokenizer.ggml.pre", .string("default")))
        metadata.append(("tokenizer.ggml.tokens", .strings(tokens)))
        metadata.append(("tokenizer.ggml.scores", .float32s(scores)))
        metadata.append(("tokenizer.ggml.token_type", .int32s(types)))
        metadata.append(("tokenizer.ggml.add_space_prefix", .bool(addsSpacePrefix(json))))
    }

    /// Rank of the first merge that gives a token, counted in tokens.
    private static func mergeRanks(_ json: JSONValue) -> [[UInt8]: Int] {
        var ranks: [[UInt8]: Int] = [:]
        for merge in json["model"]?["merges"]?.array ?? [] {
            let product: [UInt8]
            if let parts = merge.array, parts.count == 2, let left = parts[0].string, let right = parts[1].string {
                product = Array(left.utf8) + Array(right.utf8)
            } else if let text = merge.string, let space = text.utf8.firstIndex(of: 0x20) {
                product = Array(text.utf8[..<space]) + Array(text.utf8[text.utf8.index(after: space)...])
            } else {
                continue
            }
            if ranks[product] == nil { ranks[product] = ranks.count }
        }
        return ranks
    }

    private static func isByte(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 6 && text.hasPrefix("<0x") && text.hasSuffix(">")
            && UInt8(text.dropFirst(3).dropLast(), radix: 16) != nil
    }

    /// Whether a space goes before the text, and a warning where that holds at its very start only.
    private mutating func addsSpacePrefix(_ json: JSONValue) -> Bool {
        func find(_ section: JSONValue?) -> Bool? {
            switch section?["type"]?.string {
            case "Prepend": return section?["prepend"]?.string == "▁"
            case "Metaspace":
                if let scheme = section?["prepend_scheme"]?.string { return scheme != "never" }
                return section?["add_prefix_space"]?.bool ?? true
            case "Sequence":
                let inner = section?["normalizers"]?.array ?? section?["pretokenizers"]?.array ?? []
                return inner.lazy.compactMap { find($0) }.first
            default: return nil
            }
        }
        for key in ["normalizer", "pre_tokenizer"] {
            var steps: [String] = []
            Self.collectTypes(json[key], into: &steps)
            for step in steps where !["Prepend", "Replace", "Metaspace", "Split", "Sequence"].contains(step) {
                problems.append(
                    .warning(
                        "The tokenizer's \(key) has the step \(step), which llama.cpp does not take: text that it changes "
                            + "gives other tokens there"))
            }
        }
        return find(json["normalizer"]) ?? find(json["pre_tokenizer"]) ?? false
    }

    // MARK: Tokens

    /// A token that is looked for before the text is cut.
    private static func addedToken(_ token: AddedToken) -> (String, Kind) {
        if token.isSpecial || looksSpecial(token.content) { return (token.content, .control) }
        return (replacing("\u{2581}", by: " ", in: token.content), .userDefined)
    }

    /// Some models do not mark their control tokens as special.
    private static func looksSpecial(_ text: String) -> Bool {
        ["<pad>", "<mask>", "<2mass>", "[@BOS@]"].contains(text) || (text.hasPrefix("<|") && text.hasSuffix("|>"))
            || (text.hasPrefix("<｜") && text.hasSuffix("｜>")) || (text.hasPrefix("<unused") && text.hasSuffix(">"))
    }

    private static func replacing(_ old: Unicode.Scalar, by new: Unicode.Scalar, in text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == old ? new : $0 }))
    }

    /// Rows without a token are filled, so that vocabulary and embedding agree.
    private mutating func fill(_ rows: Int, _ token: (Int32) -> (String, Kind)?) {
        for row in 0..<rows {
            let (text, kind) = token(Int32(row)) ?? ("[PAD\(row)]", .unused)
            tokens.append(text)
            types.append(kind.rawValue)
        }
    }

    private static func collectTypes(_ section: JSONValue?, into types: inout [String]) {
        guard let section, let type = section["type"]?.string else { return }
        types.append(type)
        for inner in section["normalizers"]?.array ?? section["pretokenizers"]?.array ?? [] {
            collectTypes(inner, into: &types)
        }
    }
}
