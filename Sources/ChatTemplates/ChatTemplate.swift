public import Foundation
public import OrderedJSON

/// A chat template: the Jinja text that turns messages into the one string a model was trained to read.
///
/// Renders as Jinja2's immutable sandbox does with the settings of model folders: `trim_blocks` and
/// `lstrip_blocks` on, no HTML escaping, loop controls, `{% generation %}` blocks, and the functions
/// `raise_exception` and `strftime_now`.
public struct ChatTemplate: Sendable {
    public let name: String
    public let source: String
    /// Whether the template marks the model's own words with `{% generation %}`.
    public let usesGenerationBlocks: Bool

    let statements: [Statement]
    private let blocks: [String: [Statement]]

    /// - Throws: `TemplateError` with the line of the first mistake.
    public init(source: String, name: String) throws(TemplateError) {
        self.name = name
        self.source = source
        var scanner = TemplateScanner(source: source)
        do throws(Fault) {
            try scanner.scan()
        } catch {
            throw TemplateError(template: name, line: scanner.currentLine, cause: error.cause)
        }
        var parser = TemplateParser(tokens: scanner.tokens)
        do throws(Fault) {
            statements = try parser.template()
        } catch {
            throw TemplateError(template: name, line: parser.errorLine, cause: error.cause)
        }
        usesGenerationBlocks = parser.usesGenerationBlocks
        blocks = parser.blocks
    }

    /// Renders the template over `context` (`messages`, `tools`, `add_generation_prompt`, `bos_token`, …).
    ///
    /// A null member is Python's `None`; a name that is absent is undefined.
    /// - Parameters:
    ///   - context: Names the template sees.
    ///   - now: What `strftime_now` prints; the present time when nil.
    ///   - timeZone: The zone `strftime_now` prints in.
    ///   - limits: Bounds on work and output.
    /// - Returns: The text and the ranges of its `{% generation %}` blocks.
    /// - Throws: `TemplateError`; `isRefusal` tells a conversation the template does not take from a mistake.
    public func render(
        _ context: JSONObject, now: Date? = nil, timeZone: TimeZone = .current, limits: RenderLimits = .default
    ) throws(TemplateError) -> RenderedChat {
        let clock = TemplateClock(now: now, timeZone: timeZone)
        let interpreter = Interpreter(context: context, clock: clock, limits: limits, blocks: blocks)
        defer { interpreter.release() }
        do throws(Fault) {
            return try interpreter.render(statements)
        } catch {
            throw TemplateError(template: name, line: interpreter.line, cause: error.cause)
        }
    }
}

/// A rendered conversation.
public struct RenderedChat: Sendable, Equatable {
    public let text: String
    /// UTF-8 offsets in `text` of what `{% generation %}` blocks wrote, in order. A block inside a macro counts
    /// when the macro's result is printed as it is (`{{ turn(message) }}`).
    public let generationRanges: [Range<Int>]
}
