import Foundation

/// What has been said, newest last; the newest stands on the message line for four seconds.
struct EventLog: Sendable {
    struct Entry: Sendable {
        var time: Date
        var notice: Notice
    }

    private(set) var entries: [Entry] = []
    private static let kept = 500
    private static let secondsShown = 4.0
    /// Errors stay longer: they say what to do next.
    private static let secondsErrorShown = 20.0

    mutating func add(_ notice: Notice, at time: Date) {
        entries.append(Entry(time: time, notice: notice))
        if entries.count > Self.kept { entries.removeFirst(entries.count - Self.kept) }
    }

    var lastText: String? { entries.last?.notice.text }

    func fresh(at now: Date) -> Notice? {
        guard let last = entries.last else { return nil }
        let limit = last.notice.level == .error ? Self.secondsErrorShown : Self.secondsShown
        return now.timeIntervalSince(last.time) < limit ? last.notice : nil
    }

    func hasFreshNotice(at now: Date) -> Bool { fresh(at: now) != nil }
}
