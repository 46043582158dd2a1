import Foundation
import OrderedJSON
import Tokenizers

/// Real tokenizers beside the repository; tests on them are skipped where they are absent.
enum SharedData {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("shared/data")
    static let isPresent = FileManager.default.fileExists(atPath: root.appendingPathComponent("tokenizers").path)

    static func path(_ name: String) -> String { root.appendingPathComponent(name).path }
}

enum Fixtures {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/tokenizers")

    static func path(_ name: String) -> String { root.appendingPathComponent(name).path }
}

/// A text and what the reference library makes of it.
struct Vector {
    let text: String
    let ids: [Int32]
    let addsSpecialTokens: Bool
    let decoded: String?
    let skipsSpecialTokens: Bool
    let offsets: [Range<Int>]?

    init(_ row: JSONValue) {
        text = row["text"]?.string ?? ""
        ids = (row["ids"]?.array ?? []).compactMap { $0.int.map(Int32.init) }
        addsSpecialTokens = row["add_special_tokens"]?.bool ?? true
        decoded = row["decoded"]?.string
        skipsSpecialTokens = row["decoded_skips_special"]?.bool ?? false
        offsets = row["offsets"]?.array?.compactMap { pair in
            guard let start = pair[0]?.int, let end = pair[1]?.int else { return nil }
            return start..<end
        }
    }

    static func read(_ path: String) throws -> [Vector] { try JSONLines.read(path).map(Vector.init) }
}

enum JSONLines {
    static func read(_ path: String) throws -> [JSONValue] {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        return try bytes.split(separator: 0x0a).map { try JSONValue(parsing: Array($0)) }
    }
}

/// How a tokenizer did on a set of vectors.
struct Outcome {
    var encoded = 0
    var decoded = 0
    var differences: [String] = []

    /// The library states whole characters where ours are exact bytes.
    private static func widened(_ range: Range<Int>, in text: [UInt8]) -> Range<Int> {
        guard !range.isEmpty else { return range }
        var (lower, upper) = (range.lowerBound, range.upperBound)
        while lower > 0, text[lower] & 0xc0 == 0x80 { lower -= 1 }
        while upper < text.count, text[upper] & 0xc0 == 0x80 { upper += 1 }
        return lower..<upper
    }

    init(_ tokenizer: Tokenizer, _ vectors: [Vector]) {
        for vector in vectors {
            let ids = tokenizer.encode(vector.text, addSpecialTokens: vector.addsSpecialTokens)
            encoded += 1
            if ids != vector.ids {
                differences.append(
                    "encode \(vector.text.debugDescription.prefix(200)): \(ids.prefix(40)) ≠ \(vector.ids.prefix(40))")
            }
            let spans = tokenizer.encodeWithOffsets(vector.text, addSpecialTokens: vector.addsSpecialTokens)
            if spans.map(\.id) != vector.ids {
                differences.append("encodeWithOffsets \(vector.text.debugDescription.prefix(200))")
            }
            let length = vector.text.utf8.count
            var position = 0
            for span in spans {
                if span.range.lowerBound < 0 || span.range.upperBound > length || span.range.upperBound < position {
                    differences.append("range \(span) after \(position) in \(vector.text.debugDescription.prefix(200))")
                    break
                }
                position = span.range.upperBound
            }
            if let offsets = vector.offsets,
                offsets != spans.map({ Self.widened($0.range, in: Array(vector.text.utf8)) })
            {
                differences.append("offsets \(vector.text.debugDescription.prefix(200)) \(spans) ≠ \(offsets)")
            }
            guard let expected = vector.decoded else { continue }
            decoded += 1
            let skips = vector.skipsSpecialTokens
            let text = tokenizer.decode(vector.ids, skipSpecialTokens: skips)
            if !text.unicodeScalars.elementsEqual(expected.unicodeScalars) {
                differences.append(
                    "decode \(text.debugDescription.prefix(200)) ≠ \(expected.debugDescription.prefix(200))")
            }
            var stream = tokenizer.makeStreamingDecoder(skipSpecialTokens: skips)
            var streamed = ""
            for id in vector.ids { streamed += stream.append(id) }
            streamed += stream.finish()
            if !streamed.unicodeScalars.elementsEqual(expected.unicodeScalars) {
                differences.append(
                    "stream \(streamed.debugDescription.prefix(200)) ≠ \(expected.debugDescription.prefix(200))")
            }
        }
    }
}

extension SharedData {
    static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name))))
    }
}
