import Dispatch
import Foundation
import Synchronization

/// Several files at a time, each by a thread of its own; one place where they count, tell and write down what is whole.
final class DownloadQueue: Sendable {
    private struct State {
        /// The next one last.
        var waiting: [RemoteFile]
        var manifest: PullManifest
        var meter: ProgressMeter
        var failure: (any Error)?
        var files = 0
        var bytes = 0
    }

    private let state: Mutex<State>
    private let folder: String
    private let connection: HubConnection
    private let repository: RepositoryName
    private let policy: RetryPolicy
    /// Ends all threads when one has failed.
    private let cancellation: Cancellation
    private let report: @Sendable (PullEvent) -> Void

    init(
        files: [RemoteFile], folder: String, manifest: PullManifest, connection: HubConnection,
        repository: RepositoryName, policy: RetryPolicy, meter: ProgressMeter, cancellation: Cancellation,
        report: @escaping @Sendable (PullEvent) -> Void
    ) {
        state = Mutex(State(waiting: files.reversed(), manifest: manifest, meter: meter))
        self.folder = folder
        self.connection = connection
        self.repository = repository
        self.policy = policy
        self.cancellation = Cancellation(within: cancellation)
        self.report = report
    }

    /// - Throws: the first failure of any file.
    func run(parallel: Int) throws -> (manifest: PullManifest, files: Int, bytes: Int) {
        let count = state.withLock { min(max(1, parallel), $0.waiting.count) }
        let done = DispatchGroup()
        for _ in 0..<count {
            done.enter()
            // Not a dispatch queue: its few threads would all wait for the network, and others for them.
            Thread.detachNewThread {
                self.work()
                done.leave()
            }
        }
        done.wait()
        let (failure, manifest, files, bytes) = state.withLock { state in
            if state.bytes > 0, state.failure == nil { report(.progress(state.meter.state)) }
            return (state.failure, state.manifest, state.files, state.bytes)
        }
        if let failure { throw failure }
        return (manifest, files, bytes)
    }

    private func work() {
        while let file = state.withLock({ $0.failure == nil ? $0.waiting.popLast() : nil }) {
            do {
                let download = FileDownload(
                    file: file, path: folder + "/" + file.path, repository: repository, connection: connection,
                    policy: policy, cancellation: cancellation, report: { self.take($0, of: file) })
                finish(file, try download.run())
            } catch {
                // Those that are stopped because another failed say only that they were stopped.
                state.withLock { if $0.failure == nil { $0.failure = error } }
                cancellation.cancel()
            }
        }
    }

    private func take(_ news: FileDownload.Report, of file: RemoteFile) {
        state.withLock { state in
            switch news {
            case .present(let count): state.meter.shift(by: count)
            case .lost(let count): state.meter.shift(by: -count)
            case .bytes(let count):
                state.bytes += count
                if let progress = state.meter.add(count) { report(.progress(progress)) }
            case .retry(let reason, let delay, let failures):
                report(.retry(what: file.path, reason: reason, delay: delay, failures: failures))
            }
        }
    }

    private func finish(_ file: RemoteFile, _ entry: PullManifest.Entry) {
        state.withLock { state in
            state.files += 1
            state.manifest.files[file.path] = entry
            report(.file(path: file.path, size: entry.size, isNew: true))
            do {
                try state.manifest.write(in: folder)
            } catch {
                if state.failure == nil { state.failure = error }
                cancellation.cancel()
            }
        }
    }
}
