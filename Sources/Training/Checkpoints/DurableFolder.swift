import Foundation
import WeightFiles

/// Writes a folder so that it is there whole or not at all: beside its place, every file synced, then renamed.
enum DurableFolder {
    /// `fill` writes the files into the folder it is given; subfolders are not synced. What `fill` throws and what
    /// the system refuses comes out as a `TrainingError`, with nothing left behind.
    static func write(_ path: String, fill: (String) throws -> Void) throws {
        let files = FileManager.default
        let partial = path + ".partial"
        do {
            try? files.removeItem(atPath: partial)
            try files.createDirectory(atPath: partial, withIntermediateDirectories: true)
            try fill(partial)
            for name in try files.contentsOfDirectory(atPath: partial) { try sync(partial + "/" + name) }
            try sync(partial)
            if files.fileExists(atPath: path) {
                let old = path + ".removing"
                try? files.removeItem(atPath: old)
                try files.moveItem(atPath: path, toPath: old)
                try files.moveItem(atPath: partial, toPath: path)
                try? files.removeItem(atPath: old)
            } else {
                try files.moveItem(atPath: partial, toPath: path)
            }
            try sync((path as NSString).deletingLastPathComponent)
        } catch let error as TrainingError {
            try? files.removeItem(atPath: partial)
            throw error
        } catch {
            try? files.removeItem(atPath: partial)
            throw TrainingError.cannotWrite(path: path, reason: reason(error))
        }
    }

    private static func sync(_ path: String) throws {
        let descriptor = open(path.isEmpty ? "." : path, O_RDONLY)
        guard descriptor >= 0 else { throw SystemFailure(errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw SystemFailure(errno) }
    }

    /// The system's own words where an error wraps them, as in "No space left on device".
    private static func reason(_ error: any Error) -> String {
        if let failure = error as? SystemFailure { return failure.description }
        if let failure = error as? FileWriteError { return failure.reason }
        let whole = error as NSError
        if let inner = whole.userInfo[NSUnderlyingErrorKey] as? NSError, inner.domain == NSPOSIXErrorDomain {
            return SystemFailure(Int32(inner.code)).description
        }
        return whole.domain == NSCocoaErrorDomain ? whole.localizedDescription : "\(error)"
    }
}

/// An error number of the system in its own words.
struct SystemFailure: Error, CustomStringConvertible {
    let number: Int32
    init(_ number: Int32) { self.number = number }
    var description: String { String(cString: strerror(number)) }
}

/// What a file takes; `DiskSpace.free` says what is left.
extension DiskSpace {
    static func fileSize(_ path: String) -> Int? {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return nil }
        return Int(facts.st_size)
    }
}
