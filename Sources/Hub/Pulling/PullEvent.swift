/// What a pull tells while it works, in order; `progress` comes a few times a second.
public enum PullEvent: Sendable, Equatable {
    case started(PullPlan)
    case progress(PullProgress)
    /// A file is whole: it came now, or was here.
    case file(path: String, size: Int, isNew: Bool)
    case retry(what: String, reason: String, delay: Duration, failures: Int)
    /// Something worth knowing that stops nothing.
    case note(String)
}

public struct PullPlan: Sendable, Equatable {
    /// As the hub spells it.
    public var repository: String
    public var revision: String
    public var commit: String
    public var folder: String
    public var files: Int
    /// Of all files together; nil when the hub does not say.
    public var bytes: Int?
    /// Of them, here from earlier pulls, begun files included.
    public var presentBytes: Int
}

public struct PullProgress: Sendable, Equatable {
    /// Of all files, those from earlier pulls included.
    public var bytes: Int
    public var total: Int?
    /// Over the last seconds.
    public var bytesPerSecond: Double
    public var secondsLeft: Double?

    /// 0 to 1.
    public var fraction: Double? { total.flatMap { $0 > 0 ? min(1, Double(bytes) / Double($0)) : nil } }

    public init(bytes: Int, total: Int?, bytesPerSecond: Double, secondsLeft: Double?) {
        self.bytes = bytes
        self.total = total
        self.bytesPerSecond = bytesPerSecond
        self.secondsLeft = secondsLeft
    }
}

public struct PullOutcome: Sendable, Equatable {
    public var repository: String
    public var commit: String
    public var folder: String
    public var kind: FileSelection.Kind
    /// Nothing had to be fetched.
    public var isUpToDate: Bool
    public var fetchedFiles: Int
    public var fetchedBytes: Int
    public var files: [String]
    /// Files for which no checksum was known.
    public var unverified: [String]
    public var seconds: Double
}

/// Counts bytes of several files at once and works out rate and time left.
struct ProgressMeter {
    private(set) var bytes: Int
    let total: Int?
    private var marks: [(time: ContinuousClock.Instant, bytes: Int)]
    private var lastTold: ContinuousClock.Instant

    /// The rate is that of the last seconds, so that it follows what happens now.
    private static let window = Duration.seconds(8)
    private static let pause = Duration.milliseconds(200)

    init(bytes: Int, total: Int?, now: ContinuousClock.Instant = .now) {
        self.bytes = bytes
        self.total = total
        marks = [(now, bytes)]
        lastTold = now - Self.pause
    }

    /// Counts bytes that did not just come: from an earlier pull, or thrown away. The rate takes no notice.
    mutating func shift(by count: Int) {
        bytes += count
        for index in marks.indices { marks[index].bytes += count }
    }

    /// The state to tell, if it is time again.
    mutating func add(_ count: Int, now: ContinuousClock.Instant = .now) -> PullProgress? {
        bytes += count
        guard now - lastTold >= Self.pause else { return nil }
        lastTold = now
        marks.append((now, bytes))
        while marks.count > 2, now - marks[0].time > Self.window { marks.removeFirst() }
        return state
    }

    var state: PullProgress {
        var rate = 0.0
        if let first = marks.first, let last = marks.last, last.time > first.time {
            rate = max(0, Double(last.bytes - first.bytes) / ((last.time - first.time) / .seconds(1)))
        }
        let left = total.flatMap { rate > 0 ? Double(max(0, $0 - bytes)) / rate : nil }
        return PullProgress(bytes: bytes, total: total, bytesPerSecond: rate, secondsLeft: left)
    }
}
