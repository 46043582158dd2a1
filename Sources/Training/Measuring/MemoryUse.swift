import Foundation
import Tensors

/// What the operating system says of this process's memory.
public enum MemoryUse {
    /// Bytes of this process in physical memory, mapped files included; 0 where the system does not say.
    public static var residentBytes: Int {
        status(["VmRSS"])
    }

    /// Anonymous bytes in physical memory: what the process allocated, without mapped weights.
    public static var allocatedBytes: Int {
        status(["RssAnon"])
    }

    /// Bytes of this process that are no tensor: the pages of program and libraries, and what was allocated for text,
    /// rows and records.
    public static var besidesTensors: Int {
        let tensors = MemoryLedger.current
        return running + max(0, allocatedBytes - tensors.liveBytes - tensors.pooledBytes)
    }

    /// What a run reads of the program and its libraries (37 MiB; the system's own figure has mapped weights in it too),
    /// and what its records and threads allocate when it is on its way.
    private static let running = 44 << 20

    /// The most there ever was.
    public static var peakBytes: Int {
        status(["VmHWM"])
    }

    /// Physical memory that could be used without swapping; nil where the system does not say.
    public static var availableBytes: Int? {
        let bytes = read("/proc/meminfo", fields: ["MemAvailable"])
        return bytes > 0 ? bytes : nil
    }

    private static func status(_ fields: [String]) -> Int { read("/proc/self/status", fields: fields) }

    private static func read(_ path: String, fields: [String]) -> Int {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return 0 }
        var kibibytes = 0
        for line in text.split(separator: "\n") {
            let parts = line.split(whereSeparator: { $0 == ":" || $0 == " " || $0 == "\t" })
            if parts.count >= 2, fields.contains(String(parts[0])) { kibibytes += Int(parts[1]) ?? 0 }
        }
        return kibibytes * 1024
    }
}
