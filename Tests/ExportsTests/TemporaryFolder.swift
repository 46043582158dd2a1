import Foundation

/// A folder of its own for one test, removed with the value.
final class TemporaryFolder {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "ftbench-tests-" + UUID().uuidString
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func names(_ folder: String = "") -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? path : path + "/" + folder))?.sorted()
            ?? []
    }
}
