public import Tokenizers
public import WeightFiles

extension GGUFVocabulary {
    /// The vocabulary of a file; nil when it has none.
    public init?(file: GGUFFile) {
        self.init(metadata: { file[$0] })
    }

    /// The vocabulary that some metadata describe.
    init?(metadata value: (String) -> GGUFValue?) {
        guard let model = value("tokenizer.ggml.model")?.string,
            let tokens = value("tokenizer.ggml.tokens")?.strings
        else { return nil }
        func id(_ name: String) -> Int32? {
            value("tokenizer.ggml.\(name)_token_id")?.int.flatMap { Int32(exactly: $0) }
        }
        self.init(
            model: model, pre: value("tokenizer.ggml.pre")?.string, tokens: tokens,
            tokenTypes: value("tokenizer.ggml.token_type")?.int32s,
            scores: value("tokenizer.ggml.scores")?.float32s, merges: value("tokenizer.ggml.merges")?.strings,
            bosID: id("bos"), eosID: id("eos"), unknownID: id("unknown"), paddingID: id("padding"),
            addsBOS: value("tokenizer.ggml.add_bos_token")?.bool, addsEOS: value("tokenizer.ggml.add_eos_token")?.bool,
            addsSpacePrefix: value("tokenizer.ggml.add_space_prefix")?.bool,
            removesExtraSpaces: value("tokenizer.ggml.remove_extra_whitespaces")?.bool)
    }
}
