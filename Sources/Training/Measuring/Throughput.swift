/// Tokens a second over the last steps, and the seconds trained in all, pauses left out.
struct Throughput: Sendable {
    private var recent: [(tokens: Int, seconds: Double)] = []
    private(set) var seconds: Double

    init(secondsBefore: Double) { seconds = secondsBefore }

    /// Adds a step. The rate is taken over the last ten, so that one odd step hardly shows.
    mutating func add(tokens: Int, seconds: Double) {
        recent.append((tokens, seconds))
        if recent.count > 10 { recent.removeFirst() }
        self.seconds += seconds
    }

    mutating func add(pauseFreeSeconds seconds: Double) { self.seconds += seconds }

    var tokensPerSecond: Double {
        let time = recent.reduce(0) { $0 + $1.seconds }
        return time > 0 ? Double(recent.reduce(0) { $0 + $1.tokens }) / time : 0
    }

    /// Mean seconds of a recent step; nil before the first.
    var secondsPerStep: Double? {
        recent.isEmpty ? nil : recent.reduce(0) { $0 + $1.seconds } / Double(recent.count)
    }
}

/// Seconds since `start` on a clock that no one sets.
func seconds(since start: ContinuousClock.Instant) -> Double {
    let passed = ContinuousClock.now - start
    return Double(passed.components.seconds) + Double(passed.components.attoseconds) * 1e-18
}
