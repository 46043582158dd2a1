public import Foundation

/// When and how often something that failed is tried again: exponential waiting with jitter, and the server's own wish.
public struct RetryPolicy: Sendable {
    /// Failures in a row without progress before giving up.
    public var mostFailures = 6
    public var firstDelay = Duration.milliseconds(500)
    public var longestDelay = Duration.seconds(30)
    /// A server that wants more waiting than this is left alone.
    public var longestWish = Duration.seconds(300)
    /// Bytes that count as progress: then failures are counted from the start.
    public var progress = 1 << 20
    /// From 0 up to 1.
    public var jitter: @Sendable () -> Double = { Double.random(in: 0..<1) }
    public var now: @Sendable () -> Date = { Date() }
    /// Waits, and returns early when the pull is cancelled.
    public var sleep: @Sendable (Duration, Cancellation) -> Void = { duration, cancellation in
        let end = ContinuousClock.now + duration
        while !cancellation.isCancelled, ContinuousClock.now < end {
            Thread.sleep(forTimeInterval: min(0.1, max(0.001, (end - .now) / .seconds(1))))
        }
    }

    public init() {}

    /// Half to all of `firstDelay · 2^(failures − 1)`, at most `longestDelay`; `failures` counts from 1.
    func delay(failures: Int) -> Duration {
        let doubled = firstDelay * (1 << min(max(failures - 1, 0), 20))
        return min(doubled, longestDelay) * (0.5 + 0.5 * jitter())
    }

    /// What `Retry-After` asks for (seconds or a date, RFC 9110 section 10.2.3), or else the hub's `RateLimit` field:
    /// `"api";r=0;t=55`.
    func wish(of head: HTTPHead) -> Duration? {
        if let text = head["retry-after"] {
            if let seconds = HTTPHead.count(text) { return .seconds(min(seconds, 1 << 30)) }
            let format = DateFormatter()
            format.locale = Locale(identifier: "en_US_POSIX")
            format.timeZone = TimeZone(identifier: "GMT")
            format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
            if let date = format.date(from: text) {
                let seconds = date.timeIntervalSince(now())
                return .seconds(min(max(0, seconds), 1e9))
            }
        }
        for part in (head["ratelimit"] ?? "").split(separator: ";") {
            let sides = part.split(separator: "=").map { $0.trimmingSpaces() }
            if sides.count == 2, sides[0] == "t", let seconds = HTTPHead.count(sides[1]) {
                return .seconds(min(seconds, 1 << 30))
            }
        }
        return nil
    }
}
