/// A row as the model sees it: ids, and which of them are trained.
public struct TokenizedExample: Sendable, Equatable {
    /// How the trained tokens were found.
    public enum MaskSource: String, Sendable {
        /// `{% generation %}` blocks of the template.
        case generationBlocks = "generation_blocks"
        /// What each answer adds to the rendering of the turns before it.
        case prefixes
        /// Where the text of an answer stands, for templates that write a turn differently once others follow.
        case answerText = "answer_text"
        /// The format for models without a template.
        case roleHeadings = "role_headings"
        case completion
        case text
        /// The row's own labels.
        case tokens
    }

    public var ids: [Int32]
    /// `trained[i]`: `ids[i]` is a target. The first token never is, since nothing comes before it.
    public var trained: [Bool]
    /// Where each token stands in `renderedText`, as UTF-8 offsets; empty for tokens that no text writes.
    public var spans: [Range<Int>]
    public var renderedText: String
    /// Every trained turn ends in a trained end token: without it a model never learns to stop.
    public var endTokenTrained: Bool
    /// Tokens were taken off to fit the length.
    public var wasCut: Bool
    public var maskSource: MaskSource

    public init(
        ids: [Int32], trained: [Bool], spans: [Range<Int>] = [], renderedText: String = "",
        endTokenTrained: Bool = true,
        wasCut: Bool = false, maskSource: MaskSource = .text
    ) {
        self.ids = ids
        self.trained = trained
        self.spans = spans
        self.renderedText = renderedText
        self.endTokenTrained = endTokenTrained
        self.wasCut = wasCut
        self.maskSource = maskSource
    }

    public var count: Int { ids.count }
    public var trainedCount: Int { trained.count { $0 } }

    /// Without text and spans, which only drawing needs: what a run of 100,000 rows keeps.
    public var compacted: TokenizedExample {
        var copy = self
        copy.spans = []
        copy.renderedText = ""
        return copy
    }
}
