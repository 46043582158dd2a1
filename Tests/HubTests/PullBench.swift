import Foundation
import HubTesting
import Synchronization

@testable import Hub

/// A folder of its own, removed with the value, and pulls into it.
final class PullBench: Sendable {
    /// In memory where there is such a place: every file is synced many times.
    let path =
        (FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm/" : NSTemporaryDirectory())
        + "ftbench-hub-tests-" + UUID().uuidString
    let hub: FakeHub
    private let waited = Mutex<[Duration]>([])
    private let told = Mutex<[PullEvent]>([])

    /// A proxy of the machine that runs the tests has no business between two of its own ports.
    private static let withoutProxy: Void = { _ = setenv("no_proxy", "*", 1) }()

    init(_ hub: FakeHub) {
        self.hub = hub
        Self.withoutProxy
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// How long it waited before each retry.
    var delays: [Duration] { waited.withLock { $0 } }
    var events: [PullEvent] { told.withLock { $0 } }
    var folder: String { path + "/owner--tiny" }
    var partial: String { path + "/.owner--tiny.partial" }

    func pull(
        _ name: String = "owner/tiny", token: String? = nil, idleSeconds: Int = 5,
        cancellation: Cancellation = Cancellation(), _ adjust: (inout ModelPull) -> Void = { _ in }
    ) throws -> PullOutcome {
        var environment = ["HF_ENDPOINT": hub.server.origin, "HF_HUB_DOWNLOAD_TIMEOUT": "\(idleSeconds)"]
        environment["HF_TOKEN"] = token
        let settings = try HubSettings(environment: environment)
        var pull = ModelPull(
            settings: settings, client: try CurlClient(), repository: try RepositoryName(name), folder: folder)
        pull.policy.jitter = { 1 }
        pull.policy.sleep = { [weak self] delay, _ in self?.waited.withLock { $0.append(delay) } }
        adjust(&pull)
        return try pull.run(cancellation: cancellation) { [weak self] event in self?.told.withLock { $0.append(event) }
        }
    }

    func failure(_ body: () throws -> PullOutcome) -> HubError? {
        do {
            _ = try body()
            return nil
        } catch {
            return error as? HubError
        }
    }

    func bytes(_ file: String) -> [UInt8]? {
        FileManager.default.contents(atPath: folder + "/" + file).map(Array.init)
    }

    /// Every file of the pulled folder but the pull's own note.
    var files: [String] { LocalFile.filesBelow(folder).filter { $0 != PullManifest.fileName } }
    var hasPartial: Bool { FileManager.default.fileExists(atPath: partial) }
    var retries: Int { events.count { if case .retry = $0 { true } else { false } } }
}
