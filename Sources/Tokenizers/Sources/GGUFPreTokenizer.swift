/// The ways to cut words that `tokenizer.ggml.pre` names. llama.cpp applies several expressions one after another, each to
/// the pieces that the one before left.
enum GGUFPreTokenizer {
    static func steps(named name: String, _ section: TokenizerSection) throws(TokenizerError) -> [PreTokenizer] {
        guard let patterns = patterns(named: name) else {
            throw section.failure(
                "pre: the way to cut words '\(name)' is not known, and a wrong one would give wrong tokens",
                remedy: "Use the model's folder with its tokenizer.json instead of the GGUF file.")
        }
        var steps: [PreTokenizer] = []
        for pattern in patterns { steps.append(.split(try section.pattern(pattern), .isolated, inverts: false)) }
        return steps
    }

    /// Whether a word that is a token as a whole is taken as that token, whatever the merges say.
    static func ignoresMerges(_ name: String) -> Bool {
        ["llama3", "llama-v3", "llama-bpe", "falcon3", "youtu", "gpt-4o", "llama4", "kimi-k2", "tekken"].contains(name)
    }

    private static let llama3 = [WordScanner.gpt4Pattern(digits: #"\p{N}{1,3}"#)]
    private static let qwen2 = [WordScanner.gpt4Pattern(digits: #"\p{N}"#)]
    private static let gpt2 = [WordScanner.gpt2Pattern]

    private static func patterns(named name: String) -> [String]? {
        switch name {
        case "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "dbrx",
            "smaug-bpe", "chatglm-bpe", "glm4", "jina-v2-code-llama":
            llama3
        case "qwen2", "deepseek-r1-qwen", "stablelm2", "hunyuan", "megrez", "solar-open": qwen2
        case "gpt-2", "phi-2", "mpt", "olmo", "jais", "trillion", "granite-docling", "jina-es", "jina-de",
            "jina-v1-en", "jina-v2-es", "jina-v2-de", "gigachat", "a.x-4.0", "mellum", "roberta-bpe", "modern-bert":
            gpt2
        case "starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b", "jina-v2-code":
            [#"\p{N}"#] + gpt2
        case "falcon": [#"[\p{P}\$\+<=>\^~\|`]+"#] + gpt2 + ["[0-9][0-9][0-9]"]
        case "default": [#"[\p{P}\$\+<=>\^~\|]+"#] + gpt2 + [#"\p{N}+"#, "[0-9][0-9][0-9]"]
        case "deepseek-llm": deepseek + [#"\s?[!-/:-~！-／：-～‘-‟　-。]+"#, #"\s+$"#, han, #"\p{N}+"#]
        case "deepseek-coder": ["[\r\n]", #"\s?\p{L}+"#, #"\s?\p{P}+"#, han, #"\p{N}"#]
        case "deepseek-v3", "deepseek-r1", "hunyuan-dense":
            [#"\p{N}{1,3}"#, "[一-龥\u{3040}-ゟ゠-ヿ]+", KnownPatterns.deepseek3]
        case "tekken": [KnownPatterns.tekken]
        case "gpt-4o", "llama4": [KnownPatterns.o200k]
        case "poro-chat", "bloom", "gpt3-finnish": [" ?[^(\\s|.,!?…。，、।۔،)]+"]
        case "viking": [" ?[^(\\s|.,!?…。，、।۔،)]+", #"\p{N}"#]
        default: nil
        }
    }

    private static let han = "[一-龥\u{800}-一가-\u{d7ff}]+"
    private static let deepseek = ["[\r\n]", #"\s?["# + latin + "]+"]
    /// The cased letters, as DeepSeek's expression lists them.
    private static let latin =
        "A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-ώᾀ-ᾴᾶ-ᾼιῂ-ῄῆ-ῌῐ-ΐῖ-Ίῠ-Ῥῲ-ῴῶ-ῼ"
        + "ℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃"
}
