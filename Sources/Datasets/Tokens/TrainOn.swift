/// Which tokens of a row are trained. Raw values are the recipe's.
public enum TrainOn: String, Sendable, CaseIterable {
    case everything
    /// Every answer of a conversation, every completion.
    case answers
    /// The last answer alone; the answers before it are context.
    case lastAnswer = "last_answer"
}

/// What happens to a row that has more tokens than a sequence holds. Raw values are the recipe's.
public enum TooLong: String, Sendable, CaseIterable {
    /// The row is left out, and counted.
    case drop
    /// The row is cut; a trained end token at its end is kept in the last place.
    case truncate
    /// The row becomes several sequences.
    case split
    /// The run does not start.
    case stop
}
