/// Why a chat template could not be read or rendered, and where.
public struct TemplateError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Cause: Sendable, Equatable {
        /// The template's text is not valid Jinja.
        case syntax(String)
        /// The template itself refused the conversation by `raise_exception`.
        case raised(String)
        /// A value that does not exist was used where one is needed.
        case undefined(String)
        /// An operation met a value of a kind it does not take.
        case type(String)
        /// An operation met a value of the right kind that it cannot work with.
        case value(String)
        /// The sandbox refuses the operation (changing a list, say).
        case refused(String)
        /// Rendering went beyond `RenderLimits`, or the template is nested too deeply.
        case limit(String)
    }

    /// The template's name, as given to `ChatTemplate.init`.
    public let template: String
    /// Line in the template, from 1.
    public let line: Int
    public let cause: Cause

    /// The text given to `raise_exception`; nil for every other cause.
    public var raisedMessage: String? {
        if case .raised(let message) = cause { message } else { nil }
    }

    /// Whether the template works but refuses this conversation.
    public var isRefusal: Bool { raisedMessage != nil }

    public var description: String {
        let place = "chat template \(template), line \(line): "
        return switch cause {
        case .syntax(let text): "\(place)\(text). Correct the template, or choose another one."
        case .raised(let text): "\(place)the template refuses this conversation: \(text)"
        case .undefined(let text): "\(place)\(text). Give the value, or test it with `is defined`."
        case .type(let text), .value(let text): place + text
        case .refused(let text): "\(place)\(text) Chat templates may not change values or reach internals."
        case .limit(let text): "\(place)\(text). The template is too costly to render."
        }
    }
}

/// What went wrong, before template and line are known.
struct Fault: Error {
    let cause: TemplateError.Cause

    static func syntax(_ text: String) -> Fault { Fault(cause: .syntax(text)) }
    static func undefined(_ text: String) -> Fault { Fault(cause: .undefined(text)) }
    static func type(_ text: String) -> Fault { Fault(cause: .type(text)) }
    static func value(_ text: String) -> Fault { Fault(cause: .value(text)) }
    static func refused(_ text: String) -> Fault { Fault(cause: .refused(text)) }
    static func limit(_ text: String) -> Fault { Fault(cause: .limit(text)) }
}

/// Bounds that keep a hostile or broken template from using up time and memory.
public struct RenderLimits: Sendable, Equatable {
    /// Expressions evaluated and statements run, plus a share for long texts.
    public var steps: Int
    /// Bytes of the rendered text, and of any one text made on the way.
    public var outputBytes: Int
    /// Calls and blocks inside one another.
    public var recursionDepth: Int
    /// Longest `range`; Jinja's sandbox takes 100,000.
    public var rangeItems: Int

    public init(
        steps: Int = 4_000_000, outputBytes: Int = 64 << 20, recursionDepth: Int = 300, rangeItems: Int = 100_000
    ) {
        self.steps = steps
        self.outputBytes = outputBytes
        self.recursionDepth = recursionDepth
        self.rangeItems = rangeItems
    }

    public static let `default` = RenderLimits()
}
