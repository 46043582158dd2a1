public import ChatTemplates
public import Foundation
public import OrderedJSON
public import Tokenizers

/// Why the text side of a model folder cannot be used.
public struct ModelTextError: Error, Sendable, Equatable, CustomStringConvertible {
    public let file: String
    public let reason: String
    public let remedy: String
    public var description: String { "\(file): \(reason). \(remedy)" }
}

/// Everything of a model folder that turns messages into ids and back: tokenizer, chat template, special tokens.
///
/// The same value serves the data view, training, generation and serving, so that all of them see the same text.
public struct ModelText: Sendable {
    public let tokenizer: Tokenizer
    /// Nil when the folder has none: chats are then written in `FallbackFormat`.
    public let template: ChatTemplate?
    /// Other templates of the folder by name (`tool_use`, …).
    public let namedTemplates: [String: ChatTemplate]
    public let beginToken: String?
    public let endToken: String?
    public let padToken: String?
    public let beginTokenID: Int32?
    public let endTokenID: Int32?
    /// Ids after which generation stops: of config.json, generation_config.json and `eos_token`, without repetition.
    public let endTokenIDs: [Int32]
    /// Of tokenizer.json, or of the files that stand in its place.
    public let tokenizerHash: String
    /// Of the template's source; of the fallback format's name where there is no template.
    public let templateHash: String
    /// Where the template was found, for people: `chat_template.jinja`, `tokenizer_config.json`, or none.
    public let templateOrigin: String?
    /// Further variables of tokenizer_config.json's special tokens, handed to the template by name.
    private let variables: JSONObject

    /// Loads a folder; one with nothing but a tokenizer (or the path of a tokenizer's file) is enough.
    public static func load(folder: String) throws -> ModelText {
        try ModelText(folder: folder)
    }

    /// A text side made of parts, as for a tokenizer that was just trained.
    public init(
        tokenizer: Tokenizer, templateSource: String?, beginToken: String?, endToken: String?, padToken: String? = nil,
        endTokenIDs: [Int32] = [], tokenizerHash: String = ""
    ) throws {
        var special = SpecialTokens()
        var members: JSONObject = [:]
        members["bos_token"] = beginToken.map { .string($0) }
        members["eos_token"] = endToken.map { .string($0) }
        members["pad_token"] = padToken.map { .string($0) }
        special.take(.object(members))
        self.init(
            tokenizer: tokenizer,
            template: try templateSource.map { try ChatTemplate(source: $0, name: "chat template") },
            named: [:], origin: templateSource == nil ? nil : "given", special: special, declaredEnds: endTokenIDs,
            tokenizerHash: tokenizerHash)
    }

    private init(folder: String) throws {
        let files = ModelTextFiles(folder: folder)
        let configuration = try files.json("tokenizer_config.json")
        var special = SpecialTokens()
        special.take(configuration)
        special.take(try files.json("special_tokens_map.json"))
        let generation = try files.json("generation_config.json")
        let model = try files.json("config.json")
        let tokenizer = try Tokenizer.load(path: folder)
        var sources = try files.templates(in: configuration)
        let main = sources.removeValue(forKey: "default")
        var template: ChatTemplate?
        if let main { template = try ChatTemplate(source: main.source, name: main.file) }
        var named: [String: ChatTemplate] = [:]
        // A folder may ship a second template that we cannot parse; only the one in use must be sound.
        for (name, source) in sources { named[name] = try? ChatTemplate(source: source.source, name: name) }
        self.init(
            tokenizer: tokenizer, template: template, named: named, origin: main?.file, special: special,
            declaredEnds: Datasets.endTokenIDs(in: generation) + Datasets.endTokenIDs(in: model),
            tokenizerHash: try files.hash(ofTokenizerAt: folder))
    }

    private init(
        tokenizer: Tokenizer, template: ChatTemplate?, named: [String: ChatTemplate], origin: String?,
        special: SpecialTokens, declaredEnds: [Int32], tokenizerHash: String
    ) {
        self.tokenizer = tokenizer
        self.template = template
        namedTemplates = named
        templateOrigin = origin
        beginToken = special["bos_token"]
        endToken = special["eos_token"]
        padToken = special["pad_token"]
        beginTokenID = special["bos_token"].flatMap(tokenizer.id(of:))
        let end = special["eos_token"].flatMap(tokenizer.id(of:)) ?? declaredEnds.first
        endTokenID = end
        var ends: [Int32] = []
        for id in [end].compactMap({ $0 }) + declaredEnds where !ends.contains(id) { ends.append(id) }
        endTokenIDs = ends
        self.tokenizerHash = tokenizerHash
        templateHash = ContentHash(template?.source ?? FallbackFormat.name).hex
        var variables: JSONObject = [:]
        for name in SpecialTokens.names { variables[name] = special[name].map { .string($0) } }
        self.variables = variables
    }
}

extension ModelText {
    public var hasTemplate: Bool { template != nil }

    /// Messages as the model sees them, with the places the template marks as generated.
    ///
    /// `extraVariables` are further variables of the template (`enable_thinking`, `documents`, …); `now` is the clock of
    /// `strftime_now`, nil the real one. What the template refuses is a `TemplateError` with its own message.
    public func renderChat(
        messages: [ChatMessage], tools: JSONValue? = nil, addGenerationPrompt: Bool = false,
        extraVariables: JSONObject = [:], now: Date? = nil
    ) throws(TemplateError) -> RenderedText {
        guard let template else {
            return FallbackFormat.render(messages, addGenerationPrompt: addGenerationPrompt, endToken: endToken)
        }
        var context = variables
        context["messages"] = .array(messages.map(TemplateMessage.value))
        context["tools"] = tools ?? .null
        context["documents"] = .null
        context["add_generation_prompt"] = .bool(addGenerationPrompt)
        for (key, value) in extraVariables { context[key] = value }
        context["messages"] = context["messages"].map(TemplateMessage.withReasoningNames)
        let rendered = try template.render(context, now: now)
        return RenderedText(text: rendered.text, generationRanges: rendered.generationRanges)
    }

    public func render(
        messages: [ChatMessage], tools: JSONValue? = nil, addGenerationPrompt: Bool = false,
        extraVariables: JSONObject = [:], now: Date? = nil
    ) throws(TemplateError) -> String {
        try renderChat(
            messages: messages, tools: tools, addGenerationPrompt: addGenerationPrompt, extraVariables: extraVariables,
            now: now
        ).text
    }

    /// The ids that a model is given to answer these messages.
    public func promptIDs(
        messages: [ChatMessage], tools: JSONValue? = nil, extraVariables: JSONObject = [:], now: Date? = nil
    ) throws(TemplateError) -> [Int32] {
        let text = try render(
            messages: messages, tools: tools, addGenerationPrompt: true, extraVariables: extraVariables, now: now)
        return chatSpans(of: text).map(\.id)
    }

    /// The ids that a model is given to continue a plain text: with the tokenizer's own special tokens in front,
    /// never with an end token behind.
    public func promptIDs(text: String) -> [Int32] {
        var ids = withoutDoubledBegin(tokenizer.encodeWithOffsets(text)).map(\.id)
        while let last = ids.last, endTokenIDs.contains(last), ids.count > 1,
            !text.hasSuffix(tokenizer.token(last) ?? " ")
        {
            ids.removeLast()
        }
        return ids
    }

    /// Tokens of a rendered chat. A template writes its special tokens itself, so none are added; the fallback
    /// format writes none, so the tokenizer adds its own.
    func chatSpans(of text: String) -> [TokenSpan] {
        if template != nil { return tokenizer.encodeWithOffsets(text, addSpecialTokens: false) }
        return withoutEnd(withoutDoubledBegin(tokenizer.encodeWithOffsets(text)))
    }

    /// Drops the begin token that the tokenizer adds when the text itself starts with one.
    func withoutDoubledBegin(_ spans: [TokenSpan]) -> [TokenSpan] {
        guard let begin = beginTokenID, spans.count > 1, spans[0].id == begin, spans[1].id == begin,
            spans[0].range.isEmpty
        else { return spans }
        return Array(spans.dropFirst())
    }

    /// Drops end tokens that the tokenizer's template added behind the text.
    func withoutEnd(_ spans: [TokenSpan]) -> [TokenSpan] {
        var spans = spans
        while spans.count > 1, let last = spans.last, last.range.isEmpty, endTokenIDs.contains(last.id) {
            spans.removeLast()
        }
        return spans
    }
}

/// A rendered conversation.
public struct RenderedText: Sendable, Equatable {
    public var text: String
    /// UTF-8 ranges that the template marks as generated (`{% generation %}`).
    public var generationRanges: [Range<Int>]

    public init(text: String, generationRanges: [Range<Int>] = []) {
        self.text = text
        self.generationRanges = generationRanges
    }
}
