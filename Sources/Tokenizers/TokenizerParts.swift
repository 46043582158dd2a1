import OrderedJSON

/// What a tokenizer is made of, from whatever file it was read.
struct TokenizerParts {
    var file: String
    var model: TokenModel
    var normalizer: Normalizer?
    var preTokenizers: [PreTokenizer] = []
    var postProcessor = PostProcessor()
    /// nil: tokens are joined by spaces.
    var decoderSteps: [TokenDecoder]?
    /// Each with the place that errors about it name.
    var added: [(token: AddedToken, section: TokenizerSection)] = []
    /// The normalised form of added tokens where it is not what the normaliser makes of them alone.
    var forms: [Int32: [UInt8]] = [:]

    init(file: String, model: TokenModel) {
        self.file = file
        self.model = model
    }

    /// From a `tokenizer.json`.
    init(json: JSONValue, entries: ModelEntries?, named name: String) throws(TokenizerError) {
        let root = TokenizerSection(value: json, file: name, path: "")
        guard json.object != nil else { throw root.failure("expected an object, found \(json.kind)") }
        if let version = root.member("version"), version.value != "1.0" {
            throw version.failure("the version \(version.value.serialized()) is not known, only \"1.0\"")
        }
        file = name
        normalizer = try root.member("normalizer").map { (s) throws(TokenizerError) in try Normalizer(s) }
        let preTokenizer = try root.member("pre_tokenizer").map { (s) throws(TokenizerError) in try PreTokenizer(s) }
        preTokenizers = preTokenizer?.steps ?? []
        postProcessor =
            try root.member("post_processor").map { (s) throws(TokenizerError) in try PostProcessor(s) }
            ?? PostProcessor()
        decoderSteps = try root.member("decoder").map { (s) throws(TokenizerError) in try TokenDecoder(s) }?.steps
        var endsInBytes = false
        if case .byteLevel = preTokenizers.last { endsInBytes = true }
        model = try TokenModel(try root.required("model"), endsInBytes: endsInBytes, entries: entries)
        for section in try root.member("added_tokens")?.elements() ?? [] {
            added.append((try AddedToken(section), section))
        }
    }
}
