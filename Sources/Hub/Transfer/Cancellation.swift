import Synchronization

/// Says to everything that works on a pull that it is no longer wanted. Any thread may cancel; it cannot be undone.
public final class Cancellation: Sendable {
    private let flag = Atomic(false)
    private let whole: Cancellation?

    public init() { whole = nil }

    /// For a part of some work: ended with the whole, but not the other way round.
    init(within whole: Cancellation) { self.whole = whole }

    public func cancel() { flag.store(true, ordering: .relaxed) }
    public var isCancelled: Bool { flag.load(ordering: .relaxed) || whole?.isCancelled == true }

    /// - Throws: `HubError.cancelled`.
    func check() throws(HubError) {
        if isCancelled { throw .cancelled }
    }
}
