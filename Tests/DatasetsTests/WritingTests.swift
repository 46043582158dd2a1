import Foundation
import OrderedJSON
import Testing

@testable import Datasets

@Suite struct WritingTests {
    @Test(arguments: [RowShape.messages, .sharegpt, .alpaca]) func conversationsComeBackTheSame(shape: RowShape) throws
    {
        let scratch = try Scratch()
        var first = chat(("system", "S"), ("user", "q1"), ("assistant", "a1"), ("user", "q2"), ("assistant", "a2"))
        first.extra = ["id": 1]
        let path = scratch.path + "/out.jsonl"
        #expect(try DatasetWriter.write([first, chat(("user", "q"), ("assistant", "a"))], shape: shape, to: path) == 2)
        let rows = try DatasetFile.read(path: path)
        #expect(rows.shape == shape)
        #expect(rows.examples.first?.content == first.content)
        #expect(rows.examples.first?.extra == ["id": 1])
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["out.jsonl"])
    }

    @Test func eachRowGoesInItsOwnShapeWhenNoneIsGiven() throws {
        let texts = [
            Example(content: .text("t"), line: 1), Example(content: .completion(prompt: "p", completion: "c"), line: 2),
        ]
        #expect(
            try texts.map { try DatasetWriter.row($0).serialized() } == [
                "{\"text\":\"t\"}", "{\"prompt\":\"p\",\"completion\":\"c\"}",
            ])
    }

    @Test func aRowTheShapeCannotHoldIsNamedAndNothingWritten() throws {
        let scratch = try Scratch()
        let path = try scratch.file("out.jsonl", "old")
        let long = chat(("user", "q"), ("assistant", "a"), ("user", "q"), ("assistant", "a"))
        let error = #expect(throws: DatasetError.self) {
            try DatasetWriter.write([long], shape: .promptCompletion, to: path)
        }
        #expect(error?.description.contains("line 1 cannot be written as prompt_completion") == true)
        #expect(try Places.text(path) == "old")
    }

    @Test func aFolderThatIsNotThereIsAClearError() throws {
        let error = #expect(throws: DatasetError.self) {
            try DatasetWriter.write([chat(("user", "q"))], to: "/nonexistent/x.jsonl")
        }
        #expect(error?.description.hasPrefix("cannot write /nonexistent/x.jsonl") == true)
    }
}
