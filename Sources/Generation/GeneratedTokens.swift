/// What a generation produced and why it ended.
public struct GeneratedTokens: Sendable, Equatable {
    public enum StopReason: String, Sendable {
        /// An end token was chosen; it is not among `ids`.
        case end
        /// `maxTokens` were made.
        case length
        /// The model's context is full.
        case context
        /// The callback said no.
        case cancelled
    }

    public var ids: [Int32]
    public var stop: StopReason
    public var promptTokens: Int
    /// Of reading the prompt, and of making the tokens.
    public var promptSeconds: Double
    public var seconds: Double

    public var tokensPerSecond: Double { seconds > 0 ? Double(ids.count) / seconds : 0 }
}
