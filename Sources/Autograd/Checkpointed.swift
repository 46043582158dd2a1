/// Runs `body` without keeping anything, and again with its gradient when that is asked for.
///
/// Costs one more forward of `body`; keeps only `x`. The replay sees the same dropout because masks are functions
/// of (seed, step, site), and gives the same bits because no kernel's result depends on threads.
public func checkpointed(
    _ x: Variable, in pass: Pass, _ body: @escaping (Variable, Pass) -> Variable
) -> Variable {
    guard let tape = pass.tape, tape.keepsSteps else { return body(x, pass) }
    var quiet = pass
    quiet.tape = Tape(keepsSteps: false)
    let result = body(Variable(x.value, wantsGradient: x.wantsGradient), quiet)
    let y = Variable(result: result.value, wantsGradient: result.wantsGradient)
    guard y.wantsGradient else { return y }
    tape.record { [onStep = tape.onStep, y = y.sink] in
        guard let dy = y.takeGradient() else { return }
        let inner = Tape()
        inner.onStep = onStep
        var replay = pass
        replay.tape = inner
        replay.makesAgain = false
        let start = Variable(x.value, wantsGradient: x.wantsGradient)
        inner.backward(from: body(start, replay), gradient: dy)
        if let dx = start.takeGradient() { x.accumulate { dx } }
    }
    return y
}
