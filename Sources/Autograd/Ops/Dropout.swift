import Tensors

/// y = x · mask / (1 − rate) while training, x otherwise. dx = dy · mask / (1 − rate).
///
/// The mask is a function of (seed, step, site, index) and is made again going back, so nothing is kept.
public func dropout(_ x: Variable, rate: Float, site: Int, in pass: Pass) -> Variable {
    guard pass.isTraining, rate > 0 else { return x }
    let key = pass.stream.key(site: site)
    let result = Tensor.uninitialized(x.shape)
    result.assignDropout(of: x.value.asFloat32(), rate: rate, key: key)
    let y = Variable(result: result, wantsGradient: pass.tracks(x))
    guard y.wantsGradient else { return y }
    pass.tape?.record { [y = y.sink, x = x.sink] in
        guard let dy = y.takeGradient() else { return }
        x.accumulate { $0.assignDropout(of: dy, rate: rate, key: key, accumulate: $1) }
    }
    return y
}
