#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Room on the disk of a path that need not exist yet.
enum DiskSpace {
    /// Bytes that an ordinary user may still write; nil when the system does not say.
    static func free(at path: String) -> Int? {
        var place = path
        while !place.isEmpty {
            var facts = statvfs()
            if statvfs(place, &facts) == 0 {
                let (bytes, overflow) = UInt64(facts.f_bavail).multipliedReportingOverflow(by: UInt64(facts.f_frsize))
                return overflow ? Int.max : Int(clamping: bytes)
            }
            guard errno == ENOENT || errno == ENOTDIR else { return nil }
            guard let slash = place.lastIndex(of: "/") else { return free(at: ".") }
            place = slash == place.startIndex ? (place == "/" ? "" : "/") : String(place[..<slash])
        }
        return nil
    }

    /// Nil when there is room for `bytes` and a little more.
    static func problem(for bytes: Int, at path: String) -> ExportProblem? {
        guard let free = free(at: path), free < bytes + (16 << 20) else { return nil }
        return .error(
            "The disk of \(path) has \(megabytes(free)) free and the export needs \(megabytes(bytes))",
            "Free some space, choose a smaller type, or write to another disk.")
    }

    private static func megabytes(_ bytes: Int) -> String { "\(bytes / 1_000_000) MB" }
}
