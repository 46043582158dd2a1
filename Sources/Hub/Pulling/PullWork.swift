/// The fetching part of a pull: what is here, what is missing, and several files at a time.
struct PullWork {
    let place: PullFolder
    /// Of the folder under its final name.
    let present: PullManifest?
    /// Of the folder that an earlier pull left unfinished.
    let left: PullManifest?
    /// Grows with every file that is whole.
    private(set) var manifest: PullManifest
    /// Files that stay where they are, in the folder under its final name, until it is exchanged.
    private var inPlace: Set<String> = []
    let connection: HubConnection
    /// At the commit.
    let repository: RepositoryName
    let policy: RetryPolicy
    let isForced: Bool
    let cancellation: Cancellation

    init(
        place: PullFolder, present: PullManifest?, left: PullManifest?, manifest: PullManifest,
        connection: HubConnection, repository: RepositoryName, policy: RetryPolicy, isForced: Bool,
        cancellation: Cancellation
    ) {
        self.place = place
        self.present = present
        self.left = left
        self.manifest = manifest
        self.connection = connection
        self.repository = repository
        self.policy = policy
        self.isForced = isForced
        self.cancellation = cancellation
    }

    struct Plan {
        var here: [RemoteFile] = []
        var missing: [RemoteFile] = []
        /// Nil when the hub does not say the size of a missing file.
        var total: Int? = 0
        /// Bytes of the files that are here, and of those begun.
        var present = 0
        var unfinished = 0
    }

    /// Finds what is here and what is missing.
    mutating func plan(_ files: [RemoteFile]) throws -> Plan {
        var plan = Plan()
        for file in files {
            try cancellation.check()
            if let entry = try entryHere(file) {
                manifest.files[file.path] = entry
                plan.here.append(file)
                plan.present += entry.size
                plan.total = plan.total.map { $0.addingClamped(entry.size) }
            } else {
                plan.missing.append(file)
                plan.total = file.size.flatMap { size in plan.total.map { $0.addingClamped(size) } }
                if case .file(let begun) = LocalFile.kind(place.partial + "/" + file.path + PartialFile.ending) {
                    plan.unfinished += min(begun, file.size ?? begun)
                }
            }
        }
        // Small ones first: a broken repository shows before the long part.
        plan.missing.sort { ($0.size ?? .max, $0.path) < ($1.size ?? .max, $1.path) }
        return plan
    }

    /// What there is of a file, from this pull, an unfinished one or the folder in place; nil when it must be fetched.
    private mutating func entryHere(_ file: RemoteFile) throws -> PullManifest.Entry? {
        if let entry = manifest.files[file.path] { return entry }
        let target = place.partial + "/" + file.path
        if case .file = LocalFile.kind(target), let entry = try entry(file, at: target, knownFrom: left) {
            return entry
        }
        guard present != nil, let entry = try entry(file, at: place.path + "/" + file.path, knownFrom: present) else {
            return nil
        }
        inPlace.insert(file.path)
        return entry
    }

    /// Where a file that is here stands.
    func path(of file: RemoteFile) -> String {
        "\(inPlace.contains(file.path) ? place.path : place.partial)/\(file.path)"
    }

    /// Exchanges the folder in place, if there is one, for the one that was made.
    func publish() throws {
        for file in inPlace.sorted() {
            guard try place.takeOver(file) else {
                throw HubError.cannotWrite(path: "\(place.partial)/\(file)", reason: "the copy failed")
            }
        }
        try place.publish(manifest, previous: present)
    }

    /// A file counts as here when the folder's manifest says that it is the one wanted, or when its bytes do.
    private func entry(
        _ file: RemoteFile, at path: String, knownFrom known: PullManifest?
    ) throws -> PullManifest.Entry? {
        guard case .file(let size) = LocalFile.kind(path), file.size == nil || file.size == size else { return nil }
        let entry = known?.files[file.path]
        guard let digest = file.digest else {
            // Without a checksum only the same commit of the same hub is the same file.
            guard let entry, known?.commit == manifest.commit, known?.endpoint == manifest.endpoint, entry.size == size,
                !isForced || entry.digest != nil
            else { return nil }
            let isRight = try LocalFile.matches(
                path, size: size, digest: entry.digest, isThorough: isForced, cancellation: cancellation)
            return isRight ? entry : nil
        }
        let isKnown = entry?.digest == digest && entry?.size == size
        guard
            try LocalFile.matches(
                path, size: size, digest: digest, isThorough: isForced || !isKnown, cancellation: cancellation)
        else { return nil }
        return PullManifest.Entry(size: size, digest: digest, isVerified: true)
    }

    // MARK: Fetching

    /// Fetches the files that are not here; the first failure ends all, with what has come kept.
    mutating func fetch(
        _ files: [RemoteFile], parallel: Int, total: Int? = nil, present: Int = 0,
        _ report: @escaping @Sendable (PullEvent) -> Void
    ) throws -> (files: Int, bytes: Int) {
        var missing: [RemoteFile] = []
        for file in files {
            if let entry = try entryHere(file) { manifest.files[file.path] = entry } else { missing.append(file) }
            try place.makeFolders(for: file.path)
        }
        guard !missing.isEmpty else { return (0, 0) }
        // Read again by the next pull, should this one be killed.
        try manifest.write(in: place.partial)
        let queue = DownloadQueue(
            files: missing, folder: place.partial, manifest: manifest, connection: connection, repository: repository,
            policy: policy, meter: ProgressMeter(bytes: present, total: total), cancellation: cancellation,
            report: report)
        let result = try queue.run(parallel: parallel)
        manifest = result.manifest
        return (result.files, result.bytes)
    }
}

extension Int {
    /// Sizes are a server's word; their sum must not trap.
    fileprivate func addingClamped(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
