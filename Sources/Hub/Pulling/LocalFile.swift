import Foundation

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Questions to the file system that never follow a link.
enum LocalFile {
    enum Kind { case absent, file(size: Int), folder, other }

    static func kind(_ path: String) -> Kind {
        var facts = stat()
        guard lstat(path, &facts) == 0 else { return .absent }
        switch facts.st_mode & S_IFMT {
        case S_IFREG: return .file(size: Int(facts.st_size))
        case S_IFDIR: return .folder
        default: return .other
        }
    }

    static func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    /// Everything below a folder that is no folder, as paths from it; links are named, not followed.
    static func filesBelow(_ folder: String, prefix: String = "", depth: Int = 0) -> [String] {
        guard depth <= SafePath.deepest else { return [] }
        return names(in: folder).flatMap { name -> [String] in
            switch kind(folder + "/" + name) {
            case .file, .other: [prefix + name]
            case .folder: filesBelow(folder + "/" + name, prefix: prefix + name + "/", depth: depth + 1)
            case .absent: []
            }
        }
    }

    /// Whether the file has that content. Small files are always hashed, large ones if `isThorough`.
    static func matches(
        _ path: String, size: Int?, digest: ContentDigest?, isThorough: Bool, cancellation: Cancellation
    ) throws(HubError) -> Bool {
        guard case .file(let present) = kind(path), size == nil || size == present else { return false }
        guard let digest else { return !isThorough && size != nil }
        guard isThorough || present <= 1 << 20 else { return true }
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0, var stream = DigestStream(digest, size: present) else { return false }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            try cancellation.check()
            let got = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { return false }
            if got == 0 { return stream.matches }
            stream.update(buffer[..<got])
        }
    }

    /// The same bytes under a second name, without copying them where the file system can.
    static func link(_ source: String, to target: String) -> Bool {
        unlink(target)
        #if canImport(Glibc)
        return Glibc.link(source, target) == 0
        #elseif canImport(Musl)
        return Musl.link(source, target) == 0
        #else
        return Darwin.link(source, target) == 0
        #endif
    }
}
