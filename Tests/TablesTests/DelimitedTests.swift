import MutationTesting
import OrderedJSON
import Testing

@testable import Tables

@Suite struct DelimitedTests {
    private func records(_ text: String, _ delimiter: Character = ",") throws -> [DelimitedRecord] {
        var reader = DelimitedReader(delimiter: delimiter.asciiValue ?? 0, bytes: Array(text.utf8))
        var found: [DelimitedRecord] = []
        while let record = try reader.next() { found.append(record) }
        return found
    }

    @Test func recordsAreThoseOfPythonsReader() throws {
        let cases = try Fixture.rows("csv-cases.jsonl")
        #expect(cases.count >= 200)
        var open = 0
        for one in cases {
            let text = one["text"]?.string ?? ""
            let delimiter = one["delimiter"]?.string?.first ?? ","
            let wanted = (one["rows"]?.array ?? []).map { ($0.array ?? []).compactMap(\.string) }
            let found = try records(text, delimiter)
            // Python takes a quote that never closes for closed at the end; here that record is a problem.
            if let last = found.last, last.fields == nil {
                open += 1
                #expect(found.dropLast().map(\.fields) == wanted.dropLast().map { $0 }, "\(text)")
            } else {
                #expect(found.map(\.fields) == wanted, "\(text)")
            }
        }
        #expect(open > 0 && open < cases.count / 2)
    }

    @Test func piecesNeedNotComeWhole() throws {
        for one in try Fixture.rows("csv-cases.jsonl").prefix(60) {
            let bytes = Array((one["text"]?.string ?? "").utf8)
            var position = 0
            var reader = DelimitedReader(delimiter: UInt8(ascii: ",")) {
                defer { position += 1 }
                return position < bytes.count ? [bytes[position]] : []
            }
            var whole = DelimitedReader(delimiter: UInt8(ascii: ","), bytes: bytes)
            while let record = try whole.next() { #expect(try reader.next() == record) }
            #expect(try reader.next() == nil)
        }
    }

    @Test func linesAreThoseOfTheFile() throws {
        let found = try records("a,b\r\n\"x\ny\",1\r\n\r\n2,3\n")
        #expect(found.map(\.line) == [1, 2, 5])
        let cut = try records("a\n\"never\nclosed")
        #expect(cut.map(\.line) == [1, 2])
        guard case .damaged(let reason, false) = cut[1].content else {
            Issue.record("a quote that never closes must be a problem")
            return
        }
        #expect(reason.contains("never closed"))
    }

    @Test func bytesThatAreNoTextAreNamed() throws {
        var reader = DelimitedReader(
            delimiter: UInt8(ascii: ","), bytes: Array("\u{FEFF}a,b\n1,".utf8) + [0xFF, 0x0A] + Array("2,\0\n3,4".utf8))
        #expect(try reader.next()?.fields == ["a", "b"])
        guard case .damaged(let reason, true) = try reader.next()?.content else {
            Issue.record("invalid UTF-8 must be a problem")
            return
        }
        #expect(reason == "field 2 is not valid UTF-8; save the file as UTF-8")
        guard case .damaged("field 2 holds a NUL byte", false) = try reader.next()?.content else {
            Issue.record("a NUL byte must be a problem")
            return
        }
        #expect(try reader.next()?.fields == ["3", "4"])
    }

    @Test(arguments: [
        ("a,b\n1,2\n3,4\n", ","), ("a;b;c\n1,5;2;3\n1,5;2;3\n", ";"), ("a\tb\n\"1,2\"\t3\n", "\t"), ("a|b\n1|2\n", "|"),
        ("q;a\n\"Hello; you, there\";x\n", ";"),
    ]) func delimitersAreGuessed(text: String, wanted: Character) {
        #expect(DelimiterGuess(Array(text.utf8), isWhole: true)?.delimiter == wanted.asciiValue)
    }

    @Test func aTextIsNoTable() {
        #expect(DelimiterGuess(Array("one\ntwo\n".utf8), isWhole: true) == nil)
        let prose = DelimiterGuess(Array("Well, yes.\nNo.\nI came, I saw, I left.\n".utf8), isWhole: true)
        #expect((prose?.share ?? 0) < 0.95)
    }

    @Test func whatIsWrittenReadsBack() throws {
        var numbers = SeededNumbers(state: 4)
        let pieces = ["a", ",", "\"", "\n", "\r", "\r\n", " ", "é", "\u{FEFF}", "\t", ""]
        for _ in 0..<300 {
            let fields = (0..<Int.random(in: 1...4, using: &numbers)).map { _ in
                (0..<Int.random(in: 0...4, using: &numbers)).map { _ in pieces.randomElement(using: &numbers) ?? "" }
                    .joined()
            }
            for delimiter in DelimiterGuess.candidates {
                var reader = DelimitedReader(
                    delimiter: delimiter, bytes: DelimitedText.record(fields, delimiter: delimiter))
                #expect(try reader.next()?.fields == fields)
                #expect(try reader.next() == nil)
            }
        }
    }

    @Test func mutatedTextNeverCrashes() throws {
        var numbers = SeededNumbers(state: 2)
        let seeds = try Fixture.rows("csv-cases.jsonl").map { Array(($0["text"]?.string ?? "").utf8) }
        for _ in 0..<3_000 {
            let bytes = numbers.mutated((seeds.randomElement(using: &numbers) ?? []) + [0x22, 0x2C, 0x0A])
            var reader = DelimitedReader(delimiter: UInt8(ascii: ","), bytes: bytes)
            var lines = 0
            while let record = try reader.next() {
                #expect(record.line > lines)
                lines = record.line
            }
        }
    }
}
