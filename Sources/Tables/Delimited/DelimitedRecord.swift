/// One record of a delimited file.
public struct DelimitedRecord: Sendable, Equatable {
    public enum Content: Sendable, Equatable {
        case fields([String])
        /// A field is not valid UTF-8, holds a NUL byte, or its quotes never close.
        case damaged(reason: String, isEncoding: Bool)
    }

    public var content: Content
    /// Line on which the record begins, from 1; lines end at `\n`, or at a lone `\r` outside quotes.
    public var line: Int

    public init(content: Content, line: Int) {
        self.content = content
        self.line = line
    }

    public var fields: [String]? {
        if case .fields(let fields) = content { fields } else { nil }
    }
}
