import Foundation
import OrderedJSON

/// One template of ours and what the reference made of it.
struct TemplateCase: CustomStringConvertible {
    let name: String
    let template: String
    let expected: String?
    let line: Int?
    /// Code point ranges of generation blocks.
    let generation: [Range<Int>]

    var description: String { name }
}

/// The committed fixtures, and the published templates when they are at hand.
enum Fixtures {
    private static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    static let folder = tests.appending(path: "Fixtures/templates")
    static let published =
        tests.deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/data/chat_templates")

    static var hasPublished: Bool {
        FileManager.default.fileExists(atPath: published.appending(path: "vectors.jsonl").path)
    }

    static func text(_ url: URL) throws -> String {
        String(decoding: try Data(contentsOf: url), as: UTF8.self)
    }

    static func rows(_ url: URL) throws -> [JSONValue] {
        try text(url).split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    }

    static func context() throws -> JSONObject {
        try JSONValue(parsing: try text(folder.appending(path: "context.json"))).object ?? [:]
    }

    static func cases() throws -> [TemplateCase] {
        try ["cases.jsonl", "snippets.jsonl", "random.jsonl"].flatMap { file in
            try rows(folder.appending(path: file)).enumerated().map { index, row in
                TemplateCase(
                    name: row["name"]?.string ?? "\(file), line \(index + 1)",
                    template: row["template"]?.string ?? "", expected: row["expected"]?.string,
                    line: row["line"]?.int,
                    generation: (row["generation"]?.array ?? []).compactMap { range in
                        guard let start = range[0]?.int, let end = range[1]?.int else { return nil }
                        return start..<end
                    })
            }
        }
    }
}
