public import Autograd
public import Tensors

/// The worst disagreement between gradients of the tape and central differences, over all `variables`.
///
/// `body` is reduced to one number by fixed random weights on its elements, so that errors cannot cancel. At most
/// `samples` elements of each variable are moved, spread evenly. An error is relative to the largest gradient of
/// its variable, or absolute below one.
public func worstGradientError(
    of variables: [Variable], samples: Int = 48, step: Float = 1e-2, isTraining: Bool = false,
    _ body: (Pass) -> Variable
) -> Float {
    let stream = RandomStream(seed: 11, step: 3)
    let tape = Tape()
    for variable in variables { variable.gradient = nil }
    let result = body(Pass(tape: tape, stream: stream, isTraining: isTraining))
    let weights = Tensor.random(result.shape, seed: 99)
    tape.backward(from: result, gradient: weights)

    func objective() -> Double {
        // Plain loops: this is run some hundred times a check, in debug builds.
        body(Pass(stream: stream, isTraining: isTraining)).value.withFloats { values in
            weights.withFloats { weights in
                var sum = 0.0
                var i = 0
                while i < values.count {
                    sum += Double(values[i]) * Double(weights[i])
                    i += 1
                }
                return sum
            }
        }
    }

    var worst: Float = 0
    for variable in variables where variable.wantsGradient {
        guard let analytic = variable.gradient?.toArray() else { return .infinity }
        let size = max(1, analytic.map { abs($0) }.max() ?? 0)
        let stride = max(1, analytic.count / max(1, samples))
        var index = 0
        while index < analytic.count {
            func moved(by delta: Float) -> Double {
                let before = variable.value.withMutableFloats { floats -> Float in
                    defer { floats[index] += delta }
                    return floats[index]
                }
                defer { variable.value.withMutableFloats { $0[index] = before } }
                return objective()
            }
            let numeric = (moved(by: step) - moved(by: -step)) / Double(2 * step)
            worst = max(worst, abs(analytic[index] - Float(numeric)) / size)
            if analytic[index].isNaN || numeric.isNaN { return .infinity }
            index += stride
        }
    }
    return worst
}

/// The largest |a − b| over elements, relative to the largest |b| when that is above one. Infinite when shapes
/// differ or a value is NaN.
public func worstDifference(_ a: [Float], _ b: [Float]) -> Float {
    guard a.count == b.count else { return .infinity }
    let size = max(1, b.map { abs($0) }.max() ?? 0)
    var worst: Float = 0
    for (x, y) in zip(a, b) where x != y {
        if x.isNaN || y.isNaN { return .infinity }
        worst = max(worst, abs(x - y) / size)
    }
    return worst
}

public func worstDifference(_ a: Tensor, _ b: Tensor) -> Float {
    a.shape == b.shape ? worstDifference(a.toArray(), b.toArray()) : .infinity
}

extension Variable {
    /// A seeded normal tensor that wants its gradient.
    public static func trained(_ shape: [Int], seed: UInt64, deviation: Float = 1) -> Variable {
        Variable(.random(shape, seed: seed, deviation: deviation), wantsGradient: true)
    }

    /// The same without a gradient.
    public static func frozen(_ shape: [Int], seed: UInt64, deviation: Float = 1) -> Variable {
        Variable(.random(shape, seed: seed, deviation: deviation))
    }
}
