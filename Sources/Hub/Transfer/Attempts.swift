/// Tries again what failed for a passing reason, until it works, is hopeless, or failed too often in a row.
struct Attempts {
    let policy: RetryPolicy
    let cancellation: Cancellation
    let hasToken: Bool
    /// Why, how long until the next try, and the how manieth failure in a row it was.
    let onRetry: (String, Duration, Int) -> Void

    /// `progress` counts bytes: a link that breaks all the time but gets on is not given up.
    ///
    /// - Throws: `HubError.unreachable` or `.rateLimited` when it gives up, and whatever `body` throws for good.
    func run<Value>(
        _ address: WebAddress, progress: () -> Int = { 0 }, _ body: () throws -> Value
    ) throws -> Value {
        var failures = 0
        var reached = progress()
        while true {
            try cancellation.check()
            let passing: HubConnection.Passing
            do {
                return try body()
            } catch let error as TransportError {
                guard error.isPassing else {
                    throw HubError.unreachable(address: address.shown, reason: error.reason, tries: failures + 1)
                }
                passing = HubConnection.Passing(reason: error.reason, address: address)
            } catch let error as HubConnection.Passing {
                passing = error
            }
            let now = progress()
            if now - reached >= policy.progress {
                failures = 0
                reached = now
            }
            failures += 1
            let isTooLong = passing.wish.map { $0 > policy.longestWish } ?? false
            guard failures < policy.mostFailures, !isTooLong else { throw givingUp(passing, failures) }
            let delay = max(passing.wish ?? .zero, policy.delay(failures: failures))
            onRetry(passing.reason, delay, failures)
            policy.sleep(delay, cancellation)
        }
    }

    private func givingUp(_ passing: HubConnection.Passing, _ failures: Int) -> HubError {
        if passing.status == 429 {
            let seconds = passing.wish.map { Int(($0 / .seconds(1)).rounded(.up)) }
            return .rateLimited(address: passing.address.origin, seconds: seconds, hasToken: hasToken)
        }
        return .unreachable(address: passing.address.shown, reason: passing.reason, tries: failures)
    }
}
