import OrderedJSON

/// How far an answer agrees with the one wanted.
public struct AnswerMatch: Sendable, Equatable {
    /// The same text, white space around it left out.
    public let isExact: Bool
    /// The answer is a JSON object; nil when the one wanted is none.
    public let isJSON: Bool?
    /// Fields of the object wanted, in its order, and whether the answer has the same value under that key.
    /// Empty when the answer wanted is no object.
    public let fields: [Field]

    public struct Field: Sendable, Equatable {
        public let name: String
        public let isRight: Bool
    }

    public init(answer: String, wanted: String) {
        let answerText = Self.trimmed(answer)
        let wantedText = Self.trimmed(wanted)
        isExact = answerText.utf8.elementsEqual(wantedText.utf8)
        guard case .object(let wantedObject)? = try? JSONValue(parsing: wantedText) else {
            isJSON = nil
            fields = []
            return
        }
        let given = (try? JSONValue(parsing: answerText))?.object
        isJSON = given != nil
        fields = wantedObject.map { Field(name: $0.key, isRight: given?[$0.key] == $0.value) }
    }

    static func trimmed(_ text: String) -> String {
        var view = text[...]
        while let first = view.first, first.isWhitespace { view.removeFirst() }
        while let last = view.last, last.isWhitespace { view.removeLast() }
        return String(view)
    }
}
