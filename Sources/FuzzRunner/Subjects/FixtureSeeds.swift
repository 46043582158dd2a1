import Foundation
import OrderedJSON

/// Seeds from the fixtures of the tests, which cover what the readers know. The fuzzer runs in the project's folder.
enum FixtureSeeds {
    private static let folder = "Tests/Fixtures/"
    /// Larger seeds make mutations rarer where they matter.
    private static let largest = 24_000

    /// Files whose name ends in one of `suffixes`, below a folder.
    static func files(in place: String, _ suffixes: String...) -> [[UInt8]] {
        guard let all = FileManager.default.enumerator(atPath: folder + place) else { return [] }
        let names = all.compactMap { $0 as? String }.filter { name in suffixes.contains { name.hasSuffix($0) } }
            .sorted()
        return names.compactMap { FileManager.default.contents(atPath: folder + place + "/" + $0) }
            .filter { $0.count <= largest }.map { Array($0) }
    }

    /// A member of every line of a JSON lines file, at most `limit`; text as it is, other values as JSON.
    static func members(of file: String, _ key: String, limit: Int = 200) -> [[UInt8]] {
        guard let bytes = FileManager.default.contents(atPath: folder + file) else { return [] }
        let values = bytes.split(separator: UInt8(ascii: "\n")).prefix(limit)
            .compactMap { try? JSONValue(parsing: $0)[key] }
        return values.map { Array(($0.string ?? $0.serialized()).utf8) }.filter { $0.count <= largest }
    }

    /// Base64 members, decoded.
    static func packed(of file: String, _ key: String) -> [[UInt8]] {
        members(of: file, key).compactMap { Data(base64Encoded: Data($0)).map { Array($0) } }
    }
}
