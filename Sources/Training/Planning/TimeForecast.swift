/// How long a run will take, and how that is known.
public struct TimeForecast: Sendable, Equatable {
    public enum Basis: Sendable, Equatable {
        /// A micro-batch of this run was computed and timed.
        case measuredStep
        /// Work counted in floating-point operations over the speed of matrix products measured here.
        case countedWork(gigaflopsPerSecond: Double)

        public var text: String {
            switch self {
            case .measuredStep: "measured on one micro-batch of this run"
            case .countedWork(let rate):
                "counted work over matrix products measured here at \(Int(rate.rounded())) GFLOP/s"
            }
        }
    }

    public var seconds: Double
    public var tokensPerSecond: Double
    public var basis: Basis

    public init(seconds: Double, tokensPerSecond: Double, basis: Basis) {
        self.seconds = seconds
        self.tokensPerSecond = tokensPerSecond
        self.basis = basis
    }
}
