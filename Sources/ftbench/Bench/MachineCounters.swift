import Foundation

/// Processor time of this process and of the whole machine, between the making of the value and `stop`.
struct MachineCounters {
    private let start: ContinuousClock.Instant
    private let own: Own
    private let machine: Machine?

    init() {
        machine = Machine.now()
        own = Own.now()
        start = .now
    }

    struct Counted {
        /// Processors this process kept busy, and the share of that time spent in the kernel.
        var cpuPerWall: Double
        var kernelShare: Double
        /// Processors busy with anything else, and taken by the hypervisor; nil where the system does not say.
        var otherCPU: Double?
        var steal: Double?
        var pageFaults: Int
    }

    func stop() -> Counted {
        let wall = max(1e-9, (ContinuousClock.now - start) / .seconds(1))
        let now = Own.now()
        let cpu = now.total - own.total
        let later = Machine.now()
        func other(_ now: Machine, _ before: Machine) -> Double { (now.busy - before.busy - cpu) / wall }
        return Counted(
            cpuPerWall: cpu / wall, kernelShare: (now.kernel - own.kernel) / max(cpu, 1e-9),
            otherCPU: machine.flatMap { before in later.map { max(0, other($0, before)) } },
            steal: machine.flatMap { before in later.map { ($0.steal - before.steal) / wall } },
            pageFaults: now.faults - own.faults)
    }

    /// Seconds of processor time of this process so far.
    static var processorSeconds: Double { Own.now().total }

    /// The most memory this process ever had, in units of 1,048,576 bytes.
    static var peakMegabytes: Double {
        var usage = rusage()
        guard getrusage(thisProcess, &usage) == 0 else { return 0 }
        return (Double(usage.ru_maxrss) / 1024).rounded()
    }

    private struct Own {
        var total: Double
        var kernel: Double
        var faults: Int

        static func now() -> Own {
            var usage = rusage()
            guard getrusage(thisProcess, &usage) == 0 else { return Own(total: 0, kernel: 0, faults: 0) }
            let user = Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) * 1e-6
            let kernel = Double(usage.ru_stime.tv_sec) + Double(usage.ru_stime.tv_usec) * 1e-6
            return Own(total: user + kernel, kernel: kernel, faults: usage.ru_minflt)
        }
    }

    /// First line of /proc/stat, in seconds over all processors.
    private struct Machine {
        var busy: Double
        var steal: Double

        static func now() -> Machine? {
            guard let text = try? String(contentsOfFile: "/proc/stat", encoding: .utf8),
                let line = text.split(separator: "\n").first
            else { return nil }
            let fields = line.split(separator: " ").dropFirst().compactMap { Double($0) }
            guard fields.count >= 8 else { return nil }
            let rate = Double(sysconf(Int32(_SC_CLK_TCK)))
            return Machine(
                busy: (fields[0] + fields[1] + fields[2] + fields[5] + fields[6]) / rate, steal: fields[7] / rate)
        }
    }
}

extension Array where Element == Double {
    /// The middle value, or the mean of the two middle ones; nil when empty.
    var median: Double? {
        guard !isEmpty else { return nil }
        let sorted = sorted()
        let middle = count / 2
        return count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// The smallest value that this share of the values does not exceed (nearest rank); nil when empty.
    func percentile(_ share: Double) -> Double? {
        guard !isEmpty else { return nil }
        let rank = Int((share * Double(count)).rounded(.up))
        return sorted()[Swift.min(Swift.max(rank, 1), count) - 1]
    }
}

extension Double {
    /// To so many places behind the point, as the other engines' scripts print.
    func rounded(places: Int) -> Double {
        let factor = pow(10, Double(places))
        return (self * factor).rounded() / factor
    }
}

/// RUSAGE_SELF, whose imported type differs between platforms.
private let thisProcess: Int32 = 0
