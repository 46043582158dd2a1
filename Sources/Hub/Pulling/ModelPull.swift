import Dispatch
import Foundation
import OrderedJSON
import Synchronization
import WeightFiles

/// Fetches a repository of a Hugging Face style hub into a folder: all of it or nothing, and what an interrupted pull
/// left is used by the next one.
public struct ModelPull: Sendable {
    public var settings: HubSettings
    public var client: any HTTPClient
    public var repository: RepositoryName
    /// Absolute path of the folder to make.
    public var folder: String
    public var patterns: [String] = []
    /// Checks every byte of what is here, and overwrites what was changed.
    public var isForced = false
    public var userAgent = "ftbench"
    public var policy = RetryPolicy()
    /// Files at a time.
    public var parallel = 3

    public init(settings: HubSettings, client: any HTTPClient, repository: RepositoryName, folder: String) {
        self.settings = settings
        self.client = client
        self.repository = repository
        self.folder = folder
    }

    private var connection: HubConnection {
        HubConnection(settings: settings, client: client, userAgent: userAgent)
    }
    private var endpoint: String { connection.address("").shown }

    /// Works on the calling thread and a few others; returns when all is done. `report` is called from any of them, one
    /// call at a time.
    ///
    /// - Throws: `HubError`; what has come is kept, `.cancelled` included.
    public func run(
        cancellation: Cancellation = Cancellation(), report: @escaping @Sendable (PullEvent) -> Void = { _ in }
    ) throws -> PullOutcome {
        if let variable = settings.offline { throw HubError.offline(variable: variable) }
        let start = ContinuousClock.now
        let place = try PullFolder(folder)
        let listing = try listing(cancellation, report)
        if listing.isDisabled { throw HubError.disabled(repository: repository.id) }
        let present = try place.present(repository: repository.id)
        if let present { try checkUnchanged(present, cancellation) }
        let left = try place.unfinished(repository: repository.id)
        let all = (patterns + (present?.patterns ?? []) + (left?.patterns ?? [])).uniqued
        var work = PullWork(
            place: place, present: present, left: left, manifest: manifest(listing, patterns: all),
            connection: connection, repository: pinned(listing), policy: policy, isForced: isForced,
            cancellation: cancellation)
        var selection = try FileSelection(
            of: listing.files, patterns: all.map { GlobPattern($0) }, repository: repository.id)
        var early = (files: 0, bytes: 0)
        if let index = selection.index {
            early = try work.fetch([index], parallel: 1) { event in
                if case .retry = event { report(event) }
            }
            try selection.addShards(try Self.shards(of: work.path(of: index)), of: listing.files)
        }
        let plan = try work.plan(selection.files)
        report(
            .started(
                PullPlan(
                    repository: listing.id.isEmpty ? repository.id : listing.id, revision: repository.revision,
                    commit: listing.commit, folder: folder, files: selection.files.count, bytes: plan.total,
                    presentBytes: plan.present + plan.unfinished)))
        for file in plan.here {
            let isNew = early.files > 0 && file.path == selection.index?.path
            report(.file(path: file.path, size: file.size ?? 0, isNew: isNew))
        }
        if let total = plan.total { try place.checkRoom(for: total - plan.present - plan.unfinished) }
        let fetched = try work.fetch(plan.missing, parallel: parallel, total: plan.total, present: plan.present, report)
        let isUpToDate =
            plan.missing.isEmpty && present?.files == work.manifest.files && present?.commit == listing.commit
        if !isUpToDate {
            try work.publish()
        } else {
            try? FileManager.default.removeItem(atPath: place.partial)
        }
        let names = selection.files.map(\.path).sorted()
        let unverified = names.filter { work.manifest.files[$0]?.isVerified == false }
        if !unverified.isEmpty {
            report(.note("the hub gave no checksum for \(unverified.prefix(4).joined(separator: ", "))"))
        }
        return PullOutcome(
            repository: listing.id.isEmpty ? repository.id : listing.id, commit: listing.commit, folder: folder,
            kind: selection.kind, isUpToDate: isUpToDate, fetchedFiles: early.files + fetched.files,
            fetchedBytes: early.bytes + fetched.bytes,
            files: names, unverified: unverified, seconds: (ContinuousClock.now - start) / .seconds(1))
    }

    // MARK: Steps

    private func listing(
        _ cancellation: Cancellation, _ report: @escaping @Sendable (PullEvent) -> Void
    ) throws -> RepositoryListing {
        let connection = connection
        let revision = WebAddress.segment(repository.revision)
        let address = connection.address("api/models/\(repository.path)/revision/\(revision)?blobs=true")
        let attempts = Attempts(
            policy: policy, cancellation: cancellation, hasToken: settings.token != nil,
            onRetry: { report(.retry(what: "the list of files", reason: $0, delay: $1, failures: $2)) })
        return try attempts.run(address) {
            var bytes: [UInt8] = []
            do {
                try connection.get(address, wantsPlainBytes: false, cancellation: cancellation) { response in
                    let type = response.head["content-type"]?.lowercased() ?? ""
                    if type.hasPrefix("text/html") {
                        throw HubError.notJSON(address: response.address.shown, found: "a web page")
                    }
                } body: { piece in
                    guard bytes.count + piece.count <= RepositoryListing.mostBytes else {
                        throw HubError.badListing(
                            address: address.shown, problem: "it is longer than \(RepositoryListing.mostBytes) bytes")
                    }
                    bytes += piece
                }
            } catch let refusal as HubConnection.Refusal {
                throw connection.failure(refusal, repository: repository, policy: policy)
            }
            return try RepositoryListing(parsing: bytes, address: address.shown)
        }
    }

    /// Everything is fetched at the commit of the listing.
    private func pinned(_ listing: RepositoryListing) -> RepositoryName {
        var name = repository
        name.revision = listing.commit
        return name
    }

    private func manifest(_ listing: RepositoryListing, patterns: [String]) -> PullManifest {
        PullManifest(
            endpoint: endpoint, repository: repository.id, revision: repository.revision, commit: listing.commit,
            patterns: patterns)
    }

    /// A person's changes are not overwritten by the way. A file that is gone is simply fetched again.
    private func checkUnchanged(_ present: PullManifest, _ cancellation: Cancellation) throws {
        guard !isForced else { return }
        var changed: [String] = []
        for (file, entry) in present.files {
            let path = folder + "/" + file
            if case .absent = LocalFile.kind(path) { continue }
            if try !LocalFile.matches(
                path, size: entry.size, digest: entry.digest, isThorough: false, cancellation: cancellation)
            {
                changed.append(file)
            }
        }
        if !changed.isEmpty { throw HubError.changedHere(folder: folder, files: changed.sorted()) }
    }

    /// The files that hold the tensors, in the order of their names.
    static func shards(of index: String) throws(HubError) -> [String] {
        let json: JSONValue
        do {
            json = try JSONValue(readingFile: index)
        } catch {
            throw .badIndex(file: FileSelection.indexName, problem: error.reason)
        }
        guard let map = json["weight_map"]?.object, !map.isEmpty else {
            throw .badIndex(file: FileSelection.indexName, problem: "it has no weight_map")
        }
        var names: Set<String> = []
        for (key, value) in map {
            guard let name = value.string else {
                throw .badIndex(
                    file: FileSelection.indexName,
                    problem: "the shard of '\(HubError.harmless(key, limit: 60))' is \(value.kind), not a name")
            }
            names.insert(name)
        }
        return names.sorted()
    }
}

extension [String] {
    /// Each once, in the order of their first appearance.
    fileprivate var uniqued: [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
