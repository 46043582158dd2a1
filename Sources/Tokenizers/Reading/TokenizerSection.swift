import OrderedJSON

/// A part of a tokenizer file on its way to a typed value: knows where it stands, so that every error names the place.
struct TokenizerSection {
    let value: JSONValue
    let file: String
    let path: String

    func failure(_ what: String, remedy: String = "Use the tokenizer.json as it was published.") -> TokenizerError {
        TokenizerError(file: file, what: path.isEmpty ? what : "\(path): \(what)", remedy: remedy)
    }

    /// A part of this one that was read apart from it.
    func place(_ key: String) -> TokenizerSection {
        TokenizerSection(value: .null, file: file, path: path.isEmpty ? key : "\(path).\(key)")
    }

    func unsupported(_ kind: String, _ name: String) -> TokenizerError {
        failure(
            "the \(kind) '\(name)' is not supported",
            remedy: "Choose a model with another tokenizer; converting this one would change its tokens.")
    }

    /// nil when absent or null.
    func member(_ key: String) -> TokenizerSection? {
        guard let member = value[key], !member.isNull else { return nil }
        return TokenizerSection(value: member, file: file, path: path.isEmpty ? key : "\(path).\(key)")
    }

    func required(_ key: String) throws(TokenizerError) -> TokenizerSection {
        guard let member = member(key) else { throw failure("'\(key)' is missing") }
        return member
    }

    /// Sequences of sequences go so deep and no deeper.
    func checkDepth(_ depth: Int) throws(TokenizerError) {
        guard depth < 16 else { throw failure("sequences are nested deeper than 16 levels") }
    }

    func elements() throws(TokenizerError) -> [TokenizerSection] {
        guard let values = value.array else { throw failure("expected an array, found \(value.kind)") }
        return values.enumerated().map { index, value in
            TokenizerSection(value: value, file: file, path: "\(path)[\(index)]")
        }
    }

    func text() throws(TokenizerError) -> String {
        guard let text = value.string else { throw failure("expected a string, found \(value.kind)") }
        return text
    }

    func text(_ key: String) throws(TokenizerError) -> String { try required(key).text() }

    func optionalText(_ key: String) throws(TokenizerError) -> String? { try member(key)?.text() }

    func flag(_ key: String, default standard: Bool) throws(TokenizerError) -> Bool {
        guard let member = member(key) else { return standard }
        guard let flag = member.value.bool else {
            throw member.failure("expected true or false, found \(member.value.kind)")
        }
        return flag
    }

    func count(_ key: String, default standard: Int? = nil) throws(TokenizerError) -> Int {
        guard let member = member(key) else {
            if let standard { return standard }
            throw failure("'\(key)' is missing")
        }
        guard let count = member.value.int, count >= 0, count <= Int(Int32.max) else {
            throw member.failure("expected a number that is not negative")
        }
        return count
    }

    func id() throws(TokenizerError) -> Int32 {
        guard let id = value.int else { throw failure("expected a token id, found \(value.kind)") }
        guard id >= 0, id <= TokenTable.highestAllowedID else {
            throw failure("the token id \(id) is out of range (0 to \(TokenTable.highestAllowedID))")
        }
        return Int32(id)
    }

    /// One character, as the separators of several steps must be.
    func scalar(_ key: String, default standard: Unicode.Scalar? = nil) throws(TokenizerError) -> Unicode.Scalar {
        if let standard, member(key) == nil { return standard }
        let section = try required(key)
        let scalars = Array(try section.text().unicodeScalars)
        guard scalars.count == 1 else { throw section.failure("expected exactly one character") }
        return scalars[0]
    }

    /// A pattern of the program's own or of this file.
    func pattern(_ source: String) throws(TokenizerError) -> TextPattern {
        if let scanner = WordScanner(recognizing: source) { return .words(scanner) }
        do {
            return .expression(try Pattern(source))
        } catch {
            throw failure(
                "the regular expression '\(source)' cannot be read: \(error.reason)",
                remedy: "Choose a model with another tokenizer; this expression is beyond what is understood.")
        }
    }
}
