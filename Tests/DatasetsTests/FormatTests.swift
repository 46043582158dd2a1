import Foundation
import OrderedJSON
import Testing

@testable import Datasets

@Suite struct FormatTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func read(_ name: String, _ text: String, _ choices: ReadingChoices = .init()) throws -> ImportedRows {
        try DatasetFile.read(path: scratch.file(name, text), choices: choices)
    }

    private static let tables = Places.root + "/Tests/Fixtures/tables/"

    // MARK: Tables

    @Test func tablesAreReadByTheirColumns() throws {
        let rows = try read(
            "a.csv",
            "instruction;input;output;id\r\n\"Add; then\nsay\";1 2;\"\"\"3\"\"\";7\r\n\r\nonly;two\r\nHi;;Hello;8")
        #expect(rows.format == FileFormat(.csv, delimiter: UInt8(ascii: ";")))
        #expect(rows.shape == .alpaca)
        #expect(rows.examples.map(\.promptText) == ["Add; then\nsay\n1 2", "Hi"])
        #expect(rows.examples.map(\.answerText) == ["\"3\"", "Hello"])
        #expect(rows.examples.map(\.line) == [2, 6])
        #expect(rows.examples.map(\.extra) == [["id": "7"], ["id": "8"]])
        #expect(rows.problems.map(\.description) == ["line 5: it has 2 fields where the first record has 4"])
        #expect(rows.problems.map(\.kind) == [.ragged])
        #expect(rows.blankLines == 1)
    }

    @Test func contentGoesBeforeTheName() throws {
        #expect(try read("a.jsonl", "prompt,completion\na,b\nc,d\n").format.format == .csv)
        #expect(try read("b.csv", "{\"text\": \"a\"}\n{\"text\": \"b, c\"}\n").format.format == .jsonLines)
        #expect(try read("c", "question\tanswer\na\tb\nc\td\n").format.delimiter == 0x09)
        #expect(try read("d.txt", "[note] one, two\n[note] three, four\n").format.format == .text)
        #expect(try read("e.data", "[{\"text\": \"a\"},\n{\"text\": \"b\"}]").format.format == .json)
        #expect(try read("f.csv", "text\nno comma\n").examples.map(\.answerText) == ["no comma"])
    }

    @Test func whatAPersonSaysGoesBeforeAll() throws {
        let choices = ReadingChoices(format: .csv, delimiter: UInt8(ascii: "x"), hasHeader: false)
        let rows = try DatasetFile.read(
            path: scratch.file("a.dat", "1x2\n3x4\n"),
            mapping: ColumnMapping(shape: .promptCompletion, fields: [.prompt: "column_1", .completion: "column_2"]),
            choices: choices)
        #expect(rows.examples.map(\.answerText) == ["2", "4"])
        #expect(try read("b.csv", "a,text\n1,2\n", ReadingChoices(format: .text)).examples.count == 2)
    }

    @Test func namesOfColumnsAreMadeUnique() {
        #expect(FileScan.columns(["a", "a", "", "a_2"], hasHeader: true) == ["a", "a_2", "column_3", "a_2_2"])
        #expect(FileScan.columns(["1", "2"], hasHeader: false) == ["column_1", "column_2"])
    }

    @Test func cellsMayHoldMessagesFlagsAndLists() throws {
        let chats = try read(
            "a.csv", "messages,id\n\"[{\"\"role\"\": \"\"user\"\", \"\"content\"\": \"\"hi\"\"}]\",1\n")
        #expect(chats.shape == .messages && chats.examples.count == 1)
        let kto = try read("b.csv", "prompt,completion,label\nq,a,True\nq,b,False\n")
        #expect(kto.shape == .feedback && kto.problems.isEmpty)
        let record = try read("c.csv", "prompt,completion\nq,\"{\"\"a\"\": 1}\"\n")
        #expect(record.examples[0].content == .completion(prompt: "q", completion: "{\"a\": 1}"))
    }

    @Test func parquetRowsAreThoseOfTheJSON() throws {
        let rows = try DatasetFile.read(path: Self.tables + "messages.parquet")
        #expect(rows.shape == .messages && rows.format.format == .parquet && rows.problems.isEmpty)
        let wanted = try DatasetFile.read(path: Self.tables + "messages.jsonl")
        #expect(rows.examples.map(\.content) == wanted.examples.map(\.content))
        #expect(rows.examples.map(\.line) == Array(1...40))
        guard case .chat(let turns, _) = rows.examples[1].content else { throw ExampleError(reason: "no chat") }
        #expect(turns.map(\.role) == ["user", "assistant", "tool", "assistant"])
        #expect(turns[0].extra.isEmpty)
        #expect(turns[1].extra["tool_calls"]?[0]?["function"]?["name"] == "add")
    }

    // MARK: Packed files

    @Test(arguments: ["fixed.gz", "skipped.zst"]) func packedTextIsUnpacked(name: String) throws {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: Self.tables + name))
        if name.hasSuffix("gz") {
            let path = try scratch.file("words.txt.gz", bytes: Array(bytes))
            let rows = try DatasetFile.read(path: path)
            #expect(rows.format == FileFormat(.text, compression: .gzip, unit: .whole))
            #expect(rows.examples.map { $0.answerText.utf8.count } == [700])
            #expect(rows.bytes == bytes.count)
            #expect(rows.hash == ContentHash(bytes))
        } else {
            // Noise, which is no text: told by its content and not by its name.
            let error = #expect(throws: DatasetError.self) {
                try DatasetFile.read(path: scratch.file("x.jsonl.zst", bytes: Array(bytes)))
            }
            #expect(error?.description.contains("binary") == true)
        }
    }

    @Test func aPackedFileThatWasCutIsAnError() throws {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: Self.tables + "fixed.gz"))
        let error = #expect(throws: DatasetError.self) {
            try DatasetFile.read(path: scratch.file("a.txt.gz", bytes: Array(bytes.dropLast(20))))
        }
        #expect(error?.description.contains("damaged deflate data") == true)
        #expect(error?.description.contains("ends in the middle") == true)
    }

    // MARK: JSON

    @Test(arguments: [
        "{\"version\": 1, \"data\": [{\"text\": \"a\"}, {\"text\": \"b\"}]}",
        "{\"features\": [], \"rows\": [{\"row_idx\": 0, \"row\": {\"text\": \"a\"}}, {\"row_idx\": 1, \"row\": "
            + "{\"text\": \"b\"}, \"truncated_cells\": []}]}",
        "[{\"text\": \"a\"},{\"text\": \"b\"}]", "{\n \"text\": \"a\"\n}\n{\n \"text\": \"b\"\n}\n",
        "\u{FEFF}[\n{\"text\": \"a\"}\n,\n{\"text\": \"b\"}\n]\n",
    ]) func rowsWithinOneValueAreFound(text: String) throws {
        let rows = try read("a.json", text)
        #expect(rows.examples.map(\.answerText) == ["a", "b"])
        #expect(rows.problems.isEmpty)
    }

    @Test func aListThatIsNotClosedIsReported() throws {
        let rows = try read("a.json", "[{\"text\": \"a\"},\n{\"text\": \"b\"},")
        #expect(rows.examples.count == 2)
        #expect(rows.problems.map(\.reason) == ["the list is never closed: was the file cut off?"])
        let more = try read("b.json", "[{\"text\": \"a\"}]\n{\"text\": \"b\"}")
        #expect(more.examples.count + more.problems.count == 2)
    }

    // MARK: Plain text

    @Test func textsArePartedWhereTheyPartThemselves() throws {
        #expect(try read("a.txt", "one\ntwo\n\nthree\n").examples.map(\.answerText) == ["one\ntwo", "three"])
        #expect(try read("b.txt", "one\ntwo\n").examples.map(\.answerText) == ["one", "two"])
        #expect(try read("c.txt", "only this").examples.map(\.answerText) == ["only this"])
        var mapping = ColumnMapping(shape: .text, unit: .whole)
        let path = try scratch.file("d.txt", "one\n\ntwo\n")
        #expect(try DatasetFile.read(path: path, mapping: mapping).examples.map(\.answerText) == ["one\n\ntwo\n"])
        mapping.unit = .line
        #expect(try DatasetFile.read(path: path, mapping: mapping).examples.map(\.line) == [1, 3])
        #expect(try ColumnMapping(json: mapping.asJSON) == mapping)
    }

    // MARK: Folders

    @Test func foldersAreReadInOrderWithTheirSplits() throws {
        try FileManager.default.createDirectory(atPath: scratch.path + "/data", withIntermediateDirectories: true)
        _ = try scratch.file("data/train-00001-of-00002.jsonl", "{\"text\": \"b\"}\n{bad\n")
        _ = try scratch.file("data/train-00000-of-00002.jsonl", "{\"text\": \"a\"}\n")
        _ = try scratch.file("data/test.csv", "text\nc\n")
        _ = try scratch.file("data/odd.jsonl", "{\"q\": 1}\n")
        _ = try scratch.file("README.md", "# About\n")
        _ = try scratch.file("notes.txt", "not data\n")
        _ = try scratch.file(".hidden.jsonl", "{\"text\": \"x\"}\n")
        let rows = try DatasetFile.read(path: scratch.path)
        #expect(rows.examples.map(\.answerText) == ["c", "a", "b"])
        #expect(
            rows.examples.map(\.file) == [
                "data/test.csv", "data/train-00000-of-00002.jsonl", "data/train-00001-of-00002.jsonl",
            ])
        #expect(rows.files.map(\.split) == ["test", "train", "train"])
        #expect(rows.problems.map(\.file) == ["data/train-00001-of-00002.jsonl", "data/odd.jsonl"])
        #expect(rows.problems.map(\.kind) == [.invalidJSON, .unreadable])
        #expect(rows.survivors(split: "train").count == 2)
        let test = try DatasetFile.read(path: scratch.path, choices: ReadingChoices(split: "test"))
        #expect(test.examples.map(\.answerText) == ["c"])
        let none = #expect(throws: DatasetError.self) {
            try DatasetFile.read(path: scratch.path, choices: ReadingChoices(split: "validation"))
        }
        #expect(none?.description.contains("it has test, train") == true)
        let kept = try Example(json: rows.examples[1].asJSON)
        #expect(kept == rows.examples[1])
    }

    @Test func foldersWithoutDataSaySo() throws {
        let empty = #expect(throws: DatasetError.self) { try DatasetFile.read(path: scratch.path) }
        #expect(empty?.description.contains("no JSONL, JSON, CSV, TSV, Parquet or text file") == true)
        _ = try scratch.file("data-00000-of-00001.arrow", "x")
        let arrow = #expect(throws: DatasetError.self) { try DatasetFile.read(path: scratch.path) }
        #expect(arrow?.description.contains("to_parquet") == true)
    }

    @Test func descriptionsOfLlamaFactoryAreFollowed() throws {
        _ = try scratch.file(
            "dataset_info.json",
            """
            {"mine": {"file_name": "mine.json", "columns": {"prompt": "ask", "query": "with", "response": "say"}},
             "chat": {"file_name": "chat.json", "formatting": "sharegpt", "columns": {"messages": "talk"},
              "tags": {"role_tag": "who", "content_tag": "what", "user_tag": "Q", "assistant_tag": "A"}},
             "pairs": {"file_name": "pairs.json", "ranking": true, "columns": {"prompt": "ask", "chosen": "good",
              "rejected": "bad"}},
             "kto": {"file_name": "kto.json", "formatting": "sharegpt", "columns": {"messages": "talk",
              "kto_tag": "fine"}, "tags": {"role_tag": "role", "content_tag": "content", "user_tag": "user",
              "assistant_tag": "assistant"}},
             "far": {"hf_hub_url": "someone/something"}}
            """)
        let alpaca = try scratch.file("mine.json", "[{\"ask\": \"Add\", \"with\": \"1 2\", \"say\": \"3\"}]")
        _ = try scratch.file(
            "chat.json", "[{\"talk\": [{\"who\": \"Q\", \"what\": \"hi\"}, {\"who\": \"A\", \"what\": \"ho\"}]}]")
        _ = try scratch.file("pairs.json", "[{\"ask\": \"q\", \"good\": \"g\", \"bad\": \"b\"}]")
        _ = try scratch.file(
            "kto.json",
            "[{\"talk\": [{\"role\": \"user\", \"content\": \"q\"}, {\"role\": \"assistant\", \"content\": \"a\"}], "
                + "\"fine\": false}]")
        _ = try scratch.file("other.jsonl", "{\"text\": \"not described\"}\n")
        let one = try DatasetFile.read(path: alpaca)
        #expect(one.examples[0].promptText == "Add\n1 2")
        #expect(one.reasons.contains { $0.contains("'mine' in dataset_info.json") })
        for path in [scratch.path, scratch.path + "/dataset_info.json"] {
            let all = try DatasetFile.read(path: path)
            #expect(all.files.map(\.name) == ["chat.json", "kto.json", "mine.json", "pairs.json"])
            #expect(all.files.map(\.shape) == [.sharegpt, .feedback, .alpaca, .preference])
            #expect(all.examples[0].content == chat(("user", "hi"), ("assistant", "ho")).content)
            #expect(all.problems.isEmpty)
        }
    }
}
