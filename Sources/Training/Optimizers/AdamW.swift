public import Autograd
public import Tensors

/// A parameter that a run trains, under the key it is saved by.
public struct TrainedParameter {
    public let key: String
    public let variable: Variable

    public init(key: String, variable: Variable) {
        self.key = key
        self.variable = variable
    }

    /// Weight decay is for matrices; norms and biases are left alone, as in GPT-2 and transformers.
    public var isDecayed: Bool { variable.value.shape.count > 1 }
}

/// AdamW with its state beside the parameters it belongs to. Loshchilov and Hutter 2019, arXiv 1711.05101.
///
/// Computes what `torch.optim.AdamW` computes: decay by rate × weight decay first, then the update with bias-corrected
/// moments. State is float32, two numbers a parameter, made at the first update.
public struct AdamW {
    public struct Settings: Sendable, Equatable {
        public var beta1 = 0.9
        public var beta2 = 0.999
        public var epsilon = 1e-8
        public var weightDecay = 0.0
        public init() {}
        public init(beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double) {
            self.beta1 = beta1
            self.beta2 = beta2
            self.epsilon = epsilon
            self.weightDecay = weightDecay
        }
    }

    public var settings: Settings
    /// First and second moment of each parameter, in the parameters' order; empty before the first update.
    public private(set) var moments: [(first: Tensor, second: Tensor)] = []

    public init(_ settings: Settings) { self.settings = settings }

    /// Makes update number `step`, counted from 1. Gradients are multiplied by `gradientScale` as they are read.
    public mutating func update(
        _ parameters: [TrainedParameter], step: Int, learningRate: Double, gradientScale: Double
    ) {
        makeMoments(for: parameters)
        for (parameter, moment) in zip(parameters, moments) {
            guard let gradient = parameter.variable.gradient else { continue }
            AdamWStep(
                learningRate: Float(learningRate), beta1: Float(settings.beta1), beta2: Float(settings.beta2),
                epsilon: Float(settings.epsilon),
                weightDecay: parameter.isDecayed ? Float(settings.weightDecay) : 0,
                gradientScale: Float(gradientScale), step: step
            ).apply(to: parameter.variable.value, first: moment.first, second: moment.second, gradient: gradient)
        }
    }

    /// Bytes of the moments.
    public var stateBytes: Int { moments.reduce(0) { $0 + $1.first.byteCount + $1.second.byteCount } }

    /// Makes the moments of parameters, zero, unless there are some. What lives as long as a run lies denser in memory when
    /// it is made before a step's short-lived tensors.
    public mutating func makeMoments(for parameters: [TrainedParameter]) {
        guard moments.isEmpty else { return }
        moments = parameters.map { (.zeros($0.variable.value.shape), .zeros($0.variable.value.shape)) }
    }
}
