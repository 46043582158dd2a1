/// The tokens put around an encoded text: beginning of text, separators, end.
struct PostProcessor: Sendable {
    private(set) var before: [Int32] = []
    private(set) var after: [Int32] = []

    init() {}

    init(before: [Int32], after: [Int32]) {
        self.before = before
        self.after = after
    }

    init(_ section: TokenizerSection, depth: Int = 0) throws(TokenizerError) {
        switch try section.text("type") {
        case "ByteLevel":
            // Trims offsets only, and ours keep the white space.
            break
        case "Sequence":
            try section.checkDepth(depth)
            for element in try section.required("processors").elements() {
                let inner = try PostProcessor(element, depth: depth + 1)
                before = inner.before + before
                after += inner.after
            }
        case "TemplateProcessing": try readTemplate(section)
        case "BertProcessing", "RobertaProcessing":
            before = [try Self.pairID(try section.required("cls"))]
            after = [try Self.pairID(try section.required("sep"))]
        case let other: throw section.unsupported("post-processor", other)
        }
    }

    private mutating func readTemplate(_ section: TokenizerSection) throws(TokenizerError) {
        let single = try section.required("single")
        var hasText = false
        for piece in try single.elements() {
            if let token = piece.member("SpecialToken") {
                let name = try token.text("id")
                let known = section.member("special_tokens")?.member(name)
                guard let known else { throw token.failure("the special token '\(name)' is not described") }
                var ids: [Int32] = []
                for id in try known.required("ids").elements() { ids.append(try id.id()) }
                if hasText { after += ids } else { before += ids }
            } else if let sequence = piece.member("Sequence"), try sequence.text("id") == "A", !hasText {
                hasText = true
            } else {
                throw piece.failure("expected a special token, or the text 'A' once")
            }
        }
        guard hasText else { throw single.failure("the template leaves the text out") }
    }

    /// The id of `["[CLS]", 101]`.
    private static func pairID(_ section: TokenizerSection) throws(TokenizerError) -> Int32 {
        let elements = try section.elements()
        guard elements.count == 2 else { throw section.failure("expected a token and its id") }
        return try elements[1].id()
    }
}
