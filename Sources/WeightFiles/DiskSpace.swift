#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Room on the disk of a path that need not exist yet.
public enum DiskSpace {
    /// Bytes that an ordinary user may still write; nil when the system does not say.
    public static func free(at path: String) -> Int? {
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
}
