/// How the next token is chosen.
public struct SamplingSettings: Sendable, Equatable {
    /// 0 is greedy: always the likeliest.
    public var temperature: Double
    /// Keep the likeliest tokens that together reach this probability; 1 keeps all.
    public var topP: Double
    /// Keep this many of the likeliest; 0 keeps all.
    public var topK: Int
    public var maxTokens: Int
    /// Draw i depends on (seed, i) alone.
    public var seed: UInt64

    public init(
        temperature: Double = 0, topP: Double = 1, topK: Int = 0, maxTokens: Int = 256, seed: UInt64 = 0
    ) {
        self.temperature = temperature
        self.topP = topP
        self.topK = topK
        self.maxTokens = maxTokens
        self.seed = seed
    }

    public static let greedy = SamplingSettings()
}
