/// A question about a row, read from the filter language.
public indirect enum FilterExpression: Sendable, Equatable {
    /// Every row: an empty filter.
    case all
    case text(String, in: TextField)
    /// A field of the row outside its turns; the value is looked for within it.
    case column(String, String)
    case role(String)
    case status(CurationStatus)
    case isEdited(Bool)
    case isMarked(Bool)
    case isSkipped(Bool)
    case tag(String)
    case hasNote(Bool)
    case signal(Signal)
    case pii(PIIKind)
    case language(Language)
    case number(NumberField, Comparison, Double)
    case pattern(String)
    case and([FilterExpression])
    case or([FilterExpression])
    case not(FilterExpression)

    public enum TextField: String, Sendable { case anywhere, prompt, answer }

    public enum NumberField: String, Sendable, CaseIterable {
        case tokens, trained, words, len, chars, answer, turns, line, row, score
    }

    public enum Comparison: String, Sendable, CaseIterable {
        case less = "<"
        case lessOrEqual = "<="
        case equal = "="
        case notEqual = "!="
        case greater = ">"
        case greaterOrEqual = ">="

        func holds(_ left: Double, _ right: Double) -> Bool {
            switch self {
            case .less: left < right
            case .lessOrEqual: left <= right
            case .equal: left == right
            case .notEqual: left != right
            case .greater: left > right
            case .greaterOrEqual: left >= right
            }
        }
    }
}

/// Why a filter cannot be read, and where: a screen puts its mark under that place.
public struct FilterError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Characters before the place, from 0.
    public let position: Int
    public let reason: String
    public var description: String { "filter, character \(position + 1): \(reason)" }
}
