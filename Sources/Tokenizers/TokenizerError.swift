/// Why a tokenizer could not be read or trained: where, what is wrong, and what to do next.
public struct TokenizerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file (or the name given by the caller) that is at fault.
    public let file: String
    /// What is wrong, with the place inside the file, for instance `pre_tokenizer.pretokenizers[1]`.
    public let what: String
    /// What the user can do about it.
    public let remedy: String

    public init(file: String, what: String, remedy: String) {
        self.file = file
        self.what = what
        self.remedy = remedy
    }

    public var description: String { "\(file): \(what). \(remedy)" }
}
