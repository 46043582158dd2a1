import Foundation
import OrderedJSON
import Testing

@Suite("Data commands", .enabled(if: BuiltProgram.path != nil, Comment(rawValue: BuiltProgram.isMissing)))
struct DataCommandTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func json(_ arguments: String...) throws -> JSONObject {
        let result = try BuiltProgram.run(arguments + ["--json"], workspace: scratch.workspace)
        #expect(result.status == 0, "\(arguments): \(result.error)")
        return try #require(result.json?.object, "\(result.output)")
    }

    /// Twelve sound rows, then an exact duplicate, an empty answer, and personal data.
    private func flawed() throws -> String {
        let extra = [
            Scratch.rows[4],
            #"{"messages":[{"role":"user","content":"question without an answer"},{"role":"assistant","content":""}]}"#,
            #"{"messages":[{"role":"user","content":"write to me at jo.doe@example.org please"},"#
                + #"{"role":"assistant","content":"answer 99"}]}"#,
        ]
        return try scratch.file("flawed.jsonl", (Scratch.rows + extra).joined(separator: "\n") + "\n")
    }

    @Test("a set is imported once, under its name, and the file stays as it was")
    func importing() throws {
        let path = try scratch.dataset()
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        let first = try json("data", "import", path)
        #expect(
            first["name"]?.string == "chats" && first["imported_rows"]?.int == 12 && first["was_known"]?.bool == false)
        #expect(try json("data", "import", path)["was_known"]?.bool == true)
        #expect(try json("data", "list")["datasets"]?.array?.count == 1)
        #expect(try json("data", "info", "chats")["rows"]?.int == 12)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test("fields with names of their own are mapped by the user")
    func mapping() throws {
        let path = try scratch.file("qa.jsonl", #"{"ask":"a?","say":"b"}"# + "\n" + #"{"ask":"c?","say":"d"}"# + "\n")
        #expect(try BuiltProgram.run(["data", "import", path], workspace: scratch.workspace).status == 1)
        let mapped = try json(
            "data", "import", path, "--shape", "prompt_completion", "--map", "prompt=ask", "--map", "completion=say",
            "--as-chat")
        #expect(mapped["imported_rows"]?.int == 2)
        let row = try json("data", "show", "qa", "--row", "2")
        let messages = row["example"]?["messages"]?.array ?? []
        #expect(messages.compactMap { $0["content"]?.string } == ["c?", "d"])
    }

    @Test("a set leaves with its decisions and comes back with them")
    func decisions() throws {
        _ = try json("data", "import", try flawed())
        _ = try json("data", "dedupe", "flawed", "--apply")
        let out = scratch.path + "/decided.jsonl"
        let written = try json("data", "export", "flawed", "--decisions", "--out", out)
        #expect(written["rows"]?.int == 15 && written["dropped_included"]?.int == 1)
        let back = try json("data", "import", out)
        #expect(back["shape"]?.string == "curated" && back["decisions"]?.int == 1 && back["dropped"]?.int == 1)
        let first = try json("data", "info", "flawed")
        let second = try json("data", "info", "decided")
        #expect(first["content_hash"] == second["content_hash"])
        #expect(try json("data", "info", out)["counts"]?["dropped"]?.int == 1)
    }

    @Test("tables and folders are read, and tables written that read back")
    func tables() throws {
        _ = try scratch.file("set/train.csv", "question;answer;id\n\"a;\nb\";c;1\nonly\n")
        _ = try scratch.file("set/test.jsonl", "{\"question\": \"q\", \"answer\": \"r\"}\n")
        let seen = try json("data", "info", scratch.path + "/set/train.csv")
        #expect(seen["format"]?.string == "csv" && seen["delimiter"]?.string == "semicolon")
        #expect(seen["compression"]?.string == "none" && seen["lines_left_out"]?.int == 1)
        #expect(seen["mapping"]?["fields"]?["prompt"]?.string == "question")
        let folder = try json("data", "import", scratch.path + "/set")
        #expect(folder["imported_rows"]?.int == 2 && folder["name"]?.string == "set")
        #expect((folder["files"]?.array ?? []).compactMap { $0["split"]?.string } == ["test", "train"])
        let row = try json("data", "show", "set", "--row", "2")
        #expect(row["file"]?.string == "train.csv" && row["line"]?.int == 2)
        let only = try json("data", "show", scratch.path + "/set", "--split", "test")
        #expect(only["total"]?.int == 1)
        for ending in ["csv", "tsv", "json"] {
            let out = scratch.path + "/out.\(ending)"
            #expect(try json("data", "export", "set", "--out", out, "--shape", "alpaca")["rows"]?.int == 2)
            let back = try json("data", "show", out)
            #expect(back["shape"]?.string == "alpaca" && back["total"]?.int == 2)
            let example = back["rows"]?[1]?["example"]
            #expect(example?["messages"]?[0]?["content"]?.string == "a;\nb")
        }
        let wrong = try BuiltProgram.run(["data", "show", "x", "--delimiter", "long"], workspace: scratch.workspace)
        #expect(wrong.status == 64)
    }

    @Test("checking counts flaws by kind; applying drops, masks, and can be exported")
    func checking() throws {
        let path = try flawed()
        _ = try json("data", "import", path)
        let check = try json("data", "check", "flawed")
        let counts = try #require(check["counts"]?.object)
        #expect(counts["dup"]?.int == 1 && counts["empty"]?.int == 1 && counts["pii"]?.int == 1, "\(counts)")
        #expect(try json("data", "info", "flawed")["counts"]?["dropped"]?.int == 0, "checking decides nothing")
        let applied = try json("data", "check", "flawed", "--apply")
        let remaining = try #require(applied["remaining"]?.int)
        #expect(remaining == 15 - (applied["would_drop"]?.int ?? 0) && remaining >= 13)
        let out = scratch.path + "/clean.jsonl"
        #expect(try json("data", "export", "flawed", "--out", out)["rows"]?.int == remaining)
        let text = try String(contentsOfFile: out, encoding: .utf8)
        #expect(text.split(separator: "\n").count == remaining)
        #expect(!text.contains("jo.doe@example.org"), "personal data is masked")
        #expect(!text.contains("without an answer"), "dropped rows are left out")
        let again = try json("data", "check", "flawed", "--apply")
        #expect(again["would_drop"]?.int == 0 && again["remaining"]?.int == remaining, "cleaning twice changes nothing")
    }

    @Test("a dropped row is not the twin for which a later one goes")
    func twins() throws {
        let path = try scratch.file(
            "two.jsonl", (Scratch.rows + [Scratch.rows[0], Scratch.rows[0]]).joined(separator: "\n"))
        _ = try json("data", "import", path)
        #expect(try json("data", "dedupe", "two", "--exact", "--apply")["exact"]?.int == 2)
        #expect(try json("data", "dedupe", "two", "--exact")["exact"]?.int == 0)
        #expect(try json("data", "info", "two")["counts"]?["dropped"]?.int == 2)
    }

    @Test("files are looked at but never decided on, and nothing is written over unasked")
    func files() throws {
        let path = try flawed()
        #expect(try json("data", "check", path)["counts"]?["dup"]?.int == 1)
        let refused = try BuiltProgram.run(["data", "check", path, "--apply"], workspace: scratch.workspace)
        #expect(refused.status == 1 && refused.error.contains("ftbench data import"))
        let onto = try BuiltProgram.run(
            ["data", "export", path, "--out", path, "--force"], workspace: scratch.workspace)
        #expect(onto.status == 1 && onto.error.contains("never changed"), "\(onto.error)")
        let taken = try scratch.file("taken.jsonl", "mine")
        #expect(
            try BuiltProgram.run(["data", "export", path, "--out", taken], workspace: scratch.workspace).status == 1)
        #expect(try String(contentsOfFile: taken, encoding: .utf8) == "mine")
    }

    @Test("filters of the Data screen choose rows; a bad one shows its place")
    func filters() throws {
        let path = try scratch.dataset()
        #expect(try json("data", "show", path, "--filter", "\"answer 7\"")["matching"]?.int == 1)
        let bad = try BuiltProgram.run(["data", "show", path, "--filter", "words<"], workspace: scratch.workspace)
        #expect(bad.status == 1 && bad.error.contains("^"), "\(bad.error)")
    }

    @Test("a version is frozen: later decisions leave it alone, and the difference can be seen")
    func versions() throws {
        _ = try json("data", "import", try flawed())
        let whole = try json("data", "versions", "flawed", "--freeze")
        _ = try json("data", "check", "flawed", "--apply")
        let clean = try json("data", "versions", "flawed", "--freeze")
        #expect(whole["rows"]?.int == 15 && (clean["rows"]?.int ?? 15) < 15)
        #expect(try json("data", "versions", "flawed")["versions"]?.array?.count == 2)
        let difference = try json(
            "data", "diff", "flawed@\(whole["label"]?.string ?? "")", "flawed@\(clean["label"]?.string ?? "")")
        let shared = try #require(difference["shared"]?.int)
        #expect(shared + (difference["only_first_count"]?.int ?? 0) == 15)
        #expect(shared + (difference["only_second_count"]?.int ?? 0) == clean["rows"]?.int)
    }

    @Test("a split gives every row to one of two files")
    func splitting() throws {
        let path = try scratch.dataset()
        let split = try json(
            "data", "split", path, "--share", "0.25", "--train", scratch.path + "/a.jsonl", "--held-out",
            scratch.path + "/b.jsonl")
        #expect(split["train"]?.int == 9 && split["held_out"]?.int == 3)
    }
}
