import Foundation
import WeightFiles

/// Where a pull writes: `.NAME.partial` beside `NAME`, which appears, or is exchanged, only when all is whole. Held by one
/// process at a time through `.NAME.lock`.
final class PullFolder {
    let path: String
    let partial: String
    private let parent: String
    private let retired: String
    private let lockPath: String
    private var lock: Int32 = -1

    /// - Throws: `HubError.busy` while another process pulls into it; `.occupied` when something else stands there.
    init(_ path: String) throws(HubError) {
        self.path = path
        let name = (path as NSString).lastPathComponent
        parent = (path as NSString).deletingLastPathComponent
        partial = "\(parent)/.\(name).partial"
        retired = "\(parent)/.\(name).removing"
        lockPath = "\(parent)/.\(name).lock"
        do {
            try DurableFile.makeFolder(parent)
        } catch {
            throw .cannotWrite(path: parent, reason: error.reason)
        }
        try takeLock()
        // Killed between the two renames of an exchange: what was there before comes back.
        if case .absent = LocalFile.kind(path), case .folder = LocalFile.kind(retired) { rename(retired, path) }
        try? FileManager.default.removeItem(atPath: retired)
        try checkPlace(path)
        try checkPlace(partial)
    }

    deinit {
        guard lock >= 0 else { return }
        // The name goes before the lock does; who waits on the old file looks again.
        unlink(lockPath)
        close(lock)
    }

    private func takeLock() throws(HubError) {
        while true {
            lock = open(lockPath, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o644)
            guard lock >= 0 else { throw PartialFile.failure(lockPath, errno) }
            guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
                close(lock)
                lock = -1
                throw .busy(folder: path)
            }
            var held = stat()
            var named = stat()
            if fstat(lock, &held) == 0, lstat(lockPath, &named) == 0, held.st_ino == named.st_ino { return }
            close(lock)
            lock = -1
        }
    }

    private func checkPlace(_ place: String) throws(HubError) {
        switch LocalFile.kind(place) {
        case .absent, .folder: break
        case .file: throw .occupied(folder: place, problem: "is a file")
        case .other: throw .occupied(folder: place, problem: "is a link or something else that is no folder")
        }
    }

    /// What stands at the final name: nil for nothing, or an empty folder.
    ///
    /// - Throws: `HubError.occupied` when it is a folder that no pull of this repository made.
    func present(repository: String) throws(HubError) -> PullManifest? {
        guard case .folder = LocalFile.kind(path) else { return nil }
        if let manifest = PullManifest(folder: path) {
            guard manifest.repository == repository else {
                throw .occupied(folder: path, problem: "holds \(HubError.harmless(manifest.repository, limit: 100))")
            }
            return manifest
        }
        guard LocalFile.names(in: path).isEmpty else {
            throw .occupied(folder: path, problem: "is there already and was not made by a pull")
        }
        return nil
    }

    /// What an earlier pull of the same repository left unfinished; anything else there is removed.
    func unfinished(repository: String) throws(HubError) -> PullManifest? {
        let manifest = PullManifest(folder: partial)
        let isOurs = manifest?.repository == repository
        if manifest != nil, !isOurs { try? FileManager.default.removeItem(atPath: partial) }
        try makeFolders(for: "")
        return isOurs ? manifest : nil
    }

    /// Makes the folders of a file below the partial one; each must be a real folder.
    func makeFolders(for file: String) throws(HubError) {
        var folder = partial
        for part in [""] + file.split(separator: "/").dropLast().map(String.init) {
            if !part.isEmpty { folder += "/" + part }
            if mkdir(folder, 0o755) != 0, errno != EEXIST { throw PartialFile.failure(folder, errno) }
            guard case .folder = LocalFile.kind(folder) else {
                throw .occupied(folder: folder, problem: "is in the way of a folder")
            }
        }
    }

    /// Takes a file over from the folder that is there now.
    func takeOver(_ file: String) throws(HubError) -> Bool {
        try makeFolders(for: file)
        let (source, target) = (path + "/" + file, partial + "/" + file)
        if LocalFile.link(source, to: target) { return true }
        return (try? FileManager.default.copyItem(atPath: source, toPath: target)) != nil
    }

    /// Files that are neither wanted nor a person's own go; then the partial folder takes the final name.
    func publish(_ manifest: PullManifest, previous: PullManifest?) throws(HubError) {
        for file in LocalFile.filesBelow(partial)
        where manifest.files[file] == nil && file != PullManifest.fileName {
            unlink(partial + "/" + file)
        }
        if let previous {
            // What somebody put beside the model stays beside the model.
            for file in LocalFile.filesBelow(path)
            where previous.files[file] == nil && manifest.files[file] == nil && file != PullManifest.fileName {
                _ = try takeOver(file)
            }
        }
        try manifest.write(in: partial)
        if case .folder = LocalFile.kind(path) {
            guard rename(path, retired) == 0 else { throw PartialFile.failure(path, errno) }
        }
        guard rename(partial, path) == 0 else {
            let code = errno
            rename(retired, path)
            throw PartialFile.failure(path, code)
        }
        DurableFile.syncFolder(of: path)
        try? FileManager.default.removeItem(atPath: retired)
    }

    /// Room for what is still to come.
    ///
    /// - Throws: `HubError.noRoom`.
    func checkRoom(for bytes: Int) throws(HubError) {
        guard bytes > 0, let free = DiskSpace.free(at: partial), free < bytes else { return }
        throw .noRoom(folder: path, needed: bytes, free: free)
    }
}
