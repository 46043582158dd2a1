import Foundation
import OrderedJSON

enum Fixture {
    static let folder: String = {
        var url = URL(fileURLWithPath: #filePath)
        for _ in 0..<2 { url.deleteLastPathComponent() }
        return url.path + "/Fixtures/tables/"
    }()

    static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + name)))
    }
}

extension Fixture {
    /// The rows of a JSONL fixture.
    static func rows(_ name: String) throws -> [JSONValue] {
        try bytes(name).split(separator: 0x0A).map { try JSONValue(parsing: $0) }
    }
}
