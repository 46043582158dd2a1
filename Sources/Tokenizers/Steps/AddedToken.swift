/// A token that is found in the text as it stands, before the model sees it: chat markers, end of text and the like.
public struct AddedToken: Sendable, Equatable {
    public let id: Int32
    public let content: String
    /// Left out by `decode(skipSpecialTokens: true)`.
    public let isSpecial: Bool
    /// Looked for after normalisation, in its own normalised form.
    public let isNormalized: Bool
    /// Takes the white space before it along.
    public let stripsLeft: Bool
    /// Takes the white space after it along.
    public let stripsRight: Bool
    /// Found only where no word character touches it.
    public let isSingleWord: Bool

    init(
        id: Int32, content: String, isSpecial: Bool = true, isNormalized: Bool = false, stripsLeft: Bool = false,
        stripsRight: Bool = false, isSingleWord: Bool = false
    ) {
        self.id = id
        self.content = content
        self.isSpecial = isSpecial
        self.isNormalized = isNormalized
        self.stripsLeft = stripsLeft
        self.stripsRight = stripsRight
        self.isSingleWord = isSingleWord
    }

    /// `id`: where the id stands outside the section.
    init(_ section: TokenizerSection, id given: Int32? = nil) throws(TokenizerError) {
        id = if let given { given } else { try section.required("id").id() }
        content = try section.text("content")
        isSpecial = try section.flag("special", default: false)
        isNormalized = try section.flag("normalized", default: !isSpecial)
        stripsLeft = try section.flag("lstrip", default: false)
        stripsRight = try section.flag("rstrip", default: false)
        isSingleWord = try section.flag("single_word", default: false)
    }
}

/// The added tokens of a tokenizer, by id, by text, and ready to be looked for.
struct AddedTokens: Sendable {
    private(set) var tokens: [Int32: AddedToken] = [:]
    private(set) var ids: [[UInt8]: Int32] = [:]
    /// What decoders see of each: its normalised form where it is looked for in that form.
    private(set) var forms: [Int32: [UInt8]] = [:]
    private(set) var rawFinder = AddedTokenFinder()
    private(set) var normalizedFinder = AddedTokenFinder()

    /// `form`: the normalised content. Errors name the section.
    mutating func add(
        _ token: AddedToken, form: [UInt8]?, to vocabulary: TokenTable, _ section: TokenizerSection
    ) throws(TokenizerError) {
        guard !token.content.isEmpty else { return }
        let spelled = Array(token.content.utf8)
        if let other = ids[spelled] {
            throw section.failure("'\(token.content)' is there twice, as \(other) and \(token.id)")
        }
        if let other = tokens[token.id] {
            throw section.failure("the id \(token.id) belongs to '\(other.content)' already")
        }
        if let present = vocabulary.id(of: spelled) {
            guard present == token.id else {
                throw section.failure(
                    "'\(token.content)' has the id \(token.id) here and \(present) in the vocabulary")
            }
        } else if let other = vocabulary.bytes(of: token.id) {
            let text = String(decoding: other, as: UTF8.self)
            throw section.failure("the id \(token.id) belongs to '\(text)' in the vocabulary")
        }
        tokens[token.id] = token
        ids[spelled] = token.id
        forms[token.id] = token.isNormalized ? form ?? spelled : spelled
        if token.isNormalized {
            normalizedFinder.add(token, spelled: form ?? spelled)
        } else {
            rawFinder.add(token, spelled: spelled)
        }
    }
}
