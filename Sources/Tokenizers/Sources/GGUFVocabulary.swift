/// The vocabulary of a GGUF file as plain values.
public struct GGUFVocabulary: Sendable {
    /// `gpt2` (byte-level pairs), `llama` (SentencePiece pairs with byte fallback), ….
    public var model: String
    /// The name of the pre-tokeniser (`llama-bpe`, `qwen2`, …).
    public var pre: String?
    public var tokens: [String]
    /// 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte.
    public var tokenTypes: [Int32]?
    public var scores: [Float]?
    /// Pairs as `left right`.
    public var merges: [String]?
    public var bosID, eosID, unknownID, paddingID: Int32?
    public var addsBOS, addsEOS, addsSpacePrefix: Bool?

    public init(
        model: String, pre: String? = nil, tokens: [String], tokenTypes: [Int32]? = nil, scores: [Float]? = nil,
        merges: [String]? = nil, bosID: Int32? = nil, eosID: Int32? = nil, unknownID: Int32? = nil,
        paddingID: Int32? = nil, addsBOS: Bool? = nil, addsEOS: Bool? = nil, addsSpacePrefix: Bool? = nil
    ) {
        self.model = model
        self.pre = pre
        self.tokens = tokens
        self.tokenTypes = tokenTypes
        self.scores = scores
        self.merges = merges
        self.bosID = bosID
        self.eosID = eosID
        self.unknownID = unknownID
        self.paddingID = paddingID
        self.addsBOS = addsBOS
        self.addsEOS = addsEOS
        self.addsSpacePrefix = addsSpacePrefix
    }
}
