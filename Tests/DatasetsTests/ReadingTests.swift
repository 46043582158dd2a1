import Foundation
import OrderedJSON
import Testing

@testable import Datasets

@Suite struct ReadingTests {
    @Test func linesEndAtLineFeedsAlone() throws {
        let scratch = try Scratch()
        let text = "{\"text\": \"one\u{2028}two\u{85}three\u{2029}\"}\r\n\n   \n{\"text\": \"last\"}"
        let rows = try DatasetFile.read(path: scratch.file("a.jsonl", "\u{FEFF}" + text))
        #expect(rows.examples.map(\.answerText) == ["one\u{2028}two\u{85}three\u{2029}", "last"])
        #expect(rows.examples.map(\.line) == [1, 4])
        #expect(rows.blankLines == 2)
        #expect(rows.problems.isEmpty)
    }

    @Test func badRowsAreNamedAndTheOthersRead() throws {
        let scratch = try Scratch()
        var bytes = Array("{\"text\": \"good\"}\n{\"text\": bad}\n[1]\n{\"text\": \"".utf8)
        bytes += [0x61, 0xFF, 0x62]
        bytes += Array("\"}\n{\"txt\": \"x\"}\n{\"text\": 5}\n{\"text\": \"end\"}\n{\"text\": \"cut".utf8)
        let rows = try DatasetFile.read(path: scratch.file("a.jsonl", bytes: bytes))
        #expect(rows.examples.map(\.line) == [1, 7])
        #expect(rows.problems.map(\.line) == [2, 3, 4, 5, 6, 8])
        #expect(
            rows.problems.map(\.kind) == [
                .invalidJSON, .notAnObject, .invalidUTF8, .doesNotFit, .doesNotFit, .invalidJSON,
            ])
        #expect(rows.problems[0].column == 10)
        #expect(rows.problems[2].column == 12)
        #expect(rows.problems[2].reason.contains("0xFF at offset 11"))
        #expect(rows.problems[3].reason == "the field 'text' is missing")
        #expect(rows.problems[4].reason == "'text' is a number, not a text")
        #expect(rows.problems[0].description.hasPrefix("line 2, column 10: invalid JSON"))
    }

    @Test func filesWithoutRowsAreTypedErrors() throws {
        let scratch = try Scratch()
        let empty = try scratch.file("empty.jsonl", "")
        #expect(throws: DatasetError.empty(path: empty)) { try DatasetFile.read(path: empty) }
        let blank = try scratch.file("blank.jsonl", "\n \n")
        #expect(throws: DatasetError.empty(path: blank)) { try DatasetFile.read(path: blank) }
        let useless = try scratch.file("useless.jsonl", "{nope\n[1]\n")
        let error = #expect(throws: DatasetError.self) { try DatasetFile.read(path: useless) }
        #expect(error?.description.contains("none of 2 rows can be used") == true)
        #expect(error?.description.contains("line 1, column 2") == true)
        let missing = #expect(throws: DatasetError.self) { try DatasetFile.read(path: scratch.path + "/no.jsonl") }
        #expect(missing?.description.contains("No such file") == true)
        let folder = #expect(throws: DatasetError.self) { try DatasetFile.read(path: scratch.path) }
        #expect(folder?.description.contains("none of 3 files can be used") == true)
    }

    @Test(arguments: [
        ([0x1F, 0x8B, 8, 0] as [UInt8], "gzip"), (Array("PAR1xxxx".utf8), "Parquet"),
        (Array("ARROW1\0\0".utf8), "an Arrow file"), ([0xFF, 0xFF, 0xFF, 0xFF, 8, 0], "an Arrow stream"),
        ([0x28, 0xB5, 0x2F, 0xFD, 0], "zstd"), ([0x42, 0x5A, 0x68, 0x39], "bzip2"),
        (Array("version https://git-lfs.github.com/spec/v1\n".utf8), "Git LFS pointer"),
        ([0xFF, 0xFE, 0x7B, 0], "UTF-16"),
        ([0x7B, 0, 1, 2], "binary"),
    ]) func otherFormatsAreNamed(bytes: [UInt8], name: String) throws {
        let scratch = try Scratch()
        let path = try scratch.file("x.jsonl", bytes: bytes)
        let error = #expect(throws: DatasetError.self) { try DatasetFile.read(path: path) }
        #expect(error?.description.contains(name) == true)
    }

    @Test func arraysAreReadElementByElement() throws {
        let scratch = try Scratch()
        let text = "[\n  {\"text\": \"a, ] \\\" }\"},\n  {\"text\": oops},\n\n  {\"text\": \"b\"}\n]\n"
        let rows = try DatasetFile.read(path: scratch.file("a.json", text))
        #expect(rows.examples.map(\.answerText) == ["a, ] \" }", "b"])
        #expect(rows.examples.map(\.line) == [2, 5])
        #expect(rows.problems.map(\.line) == [3])
        #expect(rows.problems.first?.column == 12)
    }

    @Test func anArrayCutOffKeepsItsWholeElements() throws {
        let scratch = try Scratch()
        let rows = try DatasetFile.read(path: scratch.file("a.json", "[{\"text\": \"a\"}, {\"text\": \"b"))
        #expect(rows.examples.count == 1)
        #expect(rows.problems.map(\.kind) == [.invalidJSON])
    }

    @Test func oneObjectOverManyLinesIsARowOrHoldsTheRows() throws {
        let scratch = try Scratch()
        let one = try DatasetFile.read(path: scratch.file("a.json", "{\n  \"text\": \"whole\"\n}\n"))
        #expect(one.examples.map(\.answerText) == ["whole"])
        let inside = "{\n \"version\": 1,\n \"data\": [{\"text\": \"x\"}, {\"text\": \"y\"}]\n}"
        #expect(try DatasetFile.read(path: scratch.file("b.json", inside)).examples.count == 2)
    }

    @Test func hashAndSizeAreThoseOfTheFile() throws {
        let scratch = try Scratch()
        let text = String(repeating: "{\"text\": \"\(String(repeating: "x", count: 700))\"}\n", count: 1_600)
        let rows = try DatasetFile.read(path: scratch.file("big.jsonl", text))
        #expect(rows.examples.count == 1_600)
        #expect(rows.bytes == text.utf8.count)
        #expect(rows.hash == ContentHash(text.utf8))
        #expect(rows.examples.last?.line == 1_600)
    }

    @Test func readingCanBeCancelled() throws {
        let scratch = try Scratch()
        let path = try scratch.file("big.jsonl", String(repeating: "{\"text\": \"0123456789\"}\n", count: 60_000))
        #expect(throws: DatasetError.cancelled(path: path)) {
            try DatasetFile.read(path: path, progress: { _ in false })
        }
    }

    @Test func hashIsFNV1aOf128Bits() {
        #expect(ContentHash("").hex == "6c62272e07bb014262b821756295c58d")
        #expect(ContentHash("a").hex == "d228cb696f1a8caf78912b704e4a8964")
        #expect(ContentHash("foobar").hex == "343e1662793c64bf6f0d3597ba446f18")
    }
}
