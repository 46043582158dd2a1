import Digests
import OrderedJSON
import Tokenizers

/// Which of llama.cpp's pre-tokenisers cuts text as a tokenizer.json says.
enum PreTokenizerName {
    enum Finding: Equatable {
        case found(String)
        case unknown(String)
    }

    /// By what the tokenizer makes of the known text, else by its rules.
    static func find(_ json: JSONValue, tokenizer: Tokenizer) -> Finding {
        if let name = byHash(tokenizer) { return .found(name) }
        return byRules(json)
    }

    static func byHash(_ tokenizer: Tokenizer) -> String? {
        let ids = tokenizer.encode(KnownTokenizers.text).map(String.init).joined(separator: ", ")
        let name = KnownTokenizers.names[SHA256.hex(Array("[\(ids)]".utf8))]
        return name.flatMap { KnownTokenizers.preTokenizers.contains($0) ? $0 : nil }
    }

    /// The rules must be those of the pre-tokeniser exactly: a near miss gives other tokens without a word.
    static func byRules(_ json: JSONValue) -> Finding {
        if let odd = oddNormalizer(json["normalizer"]) { return .unknown(odd) }
        guard let section = json["pre_tokenizer"], !section.isNull else { return .unknown("it has no pre_tokenizer") }
        var steps: [JSONValue] = []
        flatten(section, into: &steps)
        guard let last = steps.last, last["type"]?.string == "ByteLevel" else {
            return .unknown("its pre_tokenizer does not end in ByteLevel")
        }
        guard last["add_prefix_space"]?.bool != true else {
            return .unknown("its ByteLevel puts a space before the text (add_prefix_space)")
        }
        let ignoresMerges = json["model"]?["ignore_merges"]?.bool ?? false
        let before = Array(steps.dropLast())
        if last["use_regex"]?.bool ?? true {
            if before.isEmpty { return .found("gpt-2") }
            if before.count == 1, before[0]["type"]?.string == "Digits",
                before[0]["individual_digits"]?.bool ?? false
            {
                return .found("smollm")
            }
            return .unknown("what stands before its ByteLevel is not known")
        }
        guard before.count == 1, before[0]["type"]?.string == "Split", before[0]["invert"]?.bool != true,
            ["Isolated", "isolated"].contains(before[0]["behavior"]?.string ?? ""),
            let pattern = before[0]["pattern"]?["Regex"]?.string
        else { return .unknown("its pre_tokenizer is not one Split before ByteLevel") }
        switch patterns[pattern] {
        case "llama-bpe": return .found(ignoresMerges ? "llama-bpe" : "smaug-bpe")
        case let name? where !ignoresMerges || takesWholeWords.contains(name): return .found(name)
        case let name?:
            return .unknown("it ignores merges for whole words (ignore_merges), which '\(name)' does not")
        case nil: return .unknown("the regular expression of its Split is not known: \(pattern)")
        }
    }

    /// Pre-tokenisers that look whole words up before they merge.
    private static let takesWholeWords: Set<String> = ["llama-bpe", "tekken"]

    private static let contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
    private static let contractionsSpelled = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
    private static let upper = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#
    private static let lower = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#

    /// Regular expressions of published tokenizers, with the name of the pre-tokeniser that follows them.
    static let patterns: [String: String] = {
        var table: [String: String] = [:]
        let space = #"\s+(?!\S)|\s+"#
        for short in [contractions, contractionsSpelled] {
            let ending = #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|"# + space
            table[short + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"# + ending] = "llama-bpe"
            table[short + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"# + ending] = "qwen2"
            let marks = #"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|"#
            table[short + marks + space] = "qwen35"
            table[short + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|"# + space] =
                "seed-coder"
            let words =
                #"[^\r\n\p{L}\p{N}]?\#(upper)*\#(lower)+"# + short + #"?|[^\r\n\p{L}\p{N}]?\#(upper)+\#(lower)*"#
                + short + "?"
            table[words + #"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|"# + space] = "gpt-4o"
        }
        let words = #"[^\r\n\p{L}\p{N}]?\#(upper)*\#(lower)+|[^\r\n\p{L}\p{N}]?\#(upper)+\#(lower)*"#
        table[words + #"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|"# + space] = "tekken"
        return table
    }()

    private static func flatten(_ step: JSONValue, into steps: inout [JSONValue]) {
        if step["type"]?.string == "Sequence" {
            for inner in step["pretokenizers"]?.array ?? [] { flatten(inner, into: &steps) }
        } else {
            steps.append(step)
        }
    }

    /// llama.cpp changes no text before it cuts; composing it (NFC) only matters for text that is not composed.
    private static func oddNormalizer(_ section: JSONValue?) -> String? {
        guard let section, !section.isNull else { return nil }
        let type = section["type"]?.string ?? ""
        if type == "NFC" { return nil }
        if type == "Sequence" {
            for inner in section["normalizers"]?.array ?? [] {
                if let odd = oddNormalizer(inner) { return odd }
            }
            return nil
        }
        return "its normalizer (\(type)) changes the text, which llama.cpp does not do"
    }
}
