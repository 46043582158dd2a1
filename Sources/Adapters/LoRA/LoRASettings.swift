/// The choices of a LoRA adapter. Hu et al. 2021, arXiv 2106.09685; rank-stabilised scale: Kalajdzievski 2023,
/// arXiv 2312.03732.
public struct LoRASettings: Sendable, Equatable {
    /// R, the inner width.
    public var rank: Int
    /// The update is scaled by alpha / rank, or alpha / √rank when rank-stabilised.
    public var alpha: Double
    /// Share of the inputs dropped before A while training.
    public var dropout: Double
    public var targets: Targets
    public var isRankStabilized: Bool
    /// Other ranks and alphas for modules whose name ends with the key (a regular expression, as PEFT has it).
    public var rankPattern: [String: Int]
    public var alphaPattern: [String: Double]

    public enum Targets: Sendable, Equatable {
        /// Every projection of every layer; not the head.
        case allLinear
        /// Names as `q_proj`, `self_attn.q_proj` or the whole key.
        case modules([String])
    }

    public init(
        rank: Int = 8, alpha: Double = 16, dropout: Double = 0, targets: Targets = .allLinear,
        isRankStabilized: Bool = false, rankPattern: [String: Int] = [:], alphaPattern: [String: Double] = [:]
    ) {
        self.rank = rank
        self.alpha = alpha
        self.dropout = dropout
        self.targets = targets
        self.isRankStabilized = isRankStabilized
        self.rankPattern = rankPattern
        self.alphaPattern = alphaPattern
    }

    /// A projection's key is a target when it is named in full or ends in `.name`.
    public func targets(_ key: String) -> Bool {
        switch targets {
        case .allLinear: true
        case .modules(let names): names.contains { key == $0 || key.hasSuffix("." + $0) }
        }
    }

    func rank(of key: String) -> Int { pattern(rankPattern, for: key) ?? rank }
    func alpha(of key: String) -> Double { pattern(alphaPattern, for: key) ?? alpha }

    /// What the update of the projection at `key` is multiplied with.
    public func scale(of key: String) -> Float {
        let rank = Double(rank(of: key))
        return Float(alpha(of: key) / (isRankStabilized ? rank.squareRoot() : rank))
    }

    /// PEFT takes the first pattern that matches the end of the name from a dot on.
    private func pattern<Value>(_ patterns: [String: Value], for key: String) -> Value? {
        for (pattern, value) in patterns.sorted(by: { $0.key < $1.key }) {
            if key == pattern || key.hasSuffix("." + pattern) { return value }
        }
        for (pattern, value) in patterns.sorted(by: { $0.key < $1.key }) {
            guard let expression = try? Regex("(.*\\.)?(\(pattern))") else { continue }
            if key.wholeMatch(of: expression) != nil { return value }
        }
        return nil
    }
}
