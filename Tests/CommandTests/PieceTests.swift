import Datasets
import Foundation
import Models
import Runs
import Testing

@testable import ftbench

@Suite("Pieces of commands")
struct PieceTests {
    private func row(_ prompt: String, _ answer: String, line: Int = 1) -> Example {
        Example(
            content: .chat(
                [ChatMessage(role: "user", content: prompt), ChatMessage(role: "assistant", content: answer)],
                tools: nil),
            line: line)
    }

    @Test("a split keeps rows with the same prompt together, whatever their order")
    func split() {
        let rows = (0..<40).map { row("prompt \($0 % 20)", "answer \($0)") }
        let split = PromptSplit(rows, share: 0.2, seed: 1)
        let held = Set(split.heldOut.map(\.promptText))
        #expect(held.count == 4 && split.heldOut.count == 8 && split.train.count == 32)
        #expect(split.train.allSatisfy { !held.contains($0.promptText) })
        #expect(Set(PromptSplit(rows.reversed(), share: 0.2, seed: 1).heldOut.map(\.promptText)) == held)
        #expect(Set(PromptSplit(rows, share: 0.2, seed: 2).heldOut.map(\.promptText)) != held)
    }

    @Test("differences count repeated rows and leave line numbers aside")
    func difference() {
        let old = [row("a", "1"), row("a", "1", line: 2), row("b", "2", line: 3)]
        let new = [row("b", "2", line: 9), row("a", "1", line: 8), row("c", "3", line: 7)]
        let found = RowDifference(from: old, to: new)
        #expect(found.shared == 2)
        #expect(found.onlyFirst.map(\.promptText) == [row("a", "1").promptText])
        #expect(found.onlySecond.map(\.promptText) == [row("c", "3").promptText])
    }

    @Test(
        "the work of a step is that of the other engine's script",
        arguments: [
            ("smollm2-135m", true, 4, 512, false, 1_270_395_961_344.0),
            ("smollm2-135m", false, 4, 512, true, 2_232_309_252_096.0),
            ("qwen2.5-0.5b", true, 2, 256, false, 1_055_572_099_072.0),
            ("tiny-3m", false, 16, 256, false, 91_804_925_952.0),
        ])
    func work(name: String, isLoRA: Bool, batch: Int, sequence: Int, checkpointing: Bool, flops: Double) throws {
        let shape = try BenchShape.named(name)
        let own = shape.stepWork(
            isLoRA: isLoRA, batch: batch, sequence: sequence, rank: 16, checkpointing: checkpointing)
        #expect(abs(own - flops) < 1)
    }

    @Test("every shape is a configuration that can be built")
    func shapes() throws {
        for shape in BenchShape.all {
            let configuration = try shape.configuration()
            #expect(configuration.vocabularySize == shape.vocabulary && configuration.tiesEmbeddings)
            #expect(configuration.queryKeyValueBias == (shape.family == "qwen2"))
        }
        #expect(throws: Failure.self) { try BenchShape.named("gpt2-124m") }
    }

    @Test("what a terminal shows is read without its escapes")
    func terminalText() {
        let bytes = Array("\u{1B}[2J\u{1B}[3;4Hlearning\u{1B}[1m\u{1B}(Brate\u{1B}]0;title\u{7}after\u{1B}[0m".utf8)
        #expect(TerminalText.words(bytes) == ["learning", "after"])
        #expect(TerminalText.plain(Array("a\u{1B}[".utf8)) == "a ")
        #expect(TerminalText.plain([0x1B]) == " ")
    }

    @Test("percentiles are nearest ranks, the median is the middle")
    func percentiles() {
        let values = (1...100).map(Double.init).shuffled()
        #expect(values.percentile(0.99) == 99)
        #expect(values.percentile(0.5) == 50)
        #expect(values.percentile(1) == 100)
        #expect([4.0, 1, 3, 2].median == 2.5)
        #expect([Double]().median == nil && [Double]().percentile(0.5) == nil)
    }

    @Test("keys that were never seen count as slower than all others; speeds compare the same steps")
    func screenFigures() {
        func segment(_ hasScreen: Bool, secondsPerStep: Double, steps: Int) -> ScreenSubject.Segment {
            ScreenSubject.Segment(
                hasScreen: hasScreen,
                points: (1...steps).map {
                    MetricPoint(
                        step: $0, loss: 1, learningRate: 1, gradientNorm: 1, trainedTokens: $0 * 5, tokens: $0 * 10,
                        tokensPerSecond: 0, elapsedSeconds: Double($0) * secondsPerStep, epoch: 0, residentBytes: 0)
                })
        }
        let figures = ScreenFigures(
            latencies: (1...99).map { KeyLatency(key: "2", milliseconds: Double($0)) } + [
                KeyLatency(key: "3", milliseconds: nil)
            ],
            segments: [
                segment(false, secondsPerStep: 1, steps: 25), segment(true, secondsPerStep: 1.25, steps: 20),
                segment(true, secondsPerStep: 1.25, steps: 22), segment(false, secondsPerStep: 1, steps: 30),
            ], other: nil)
        #expect(figures.lost == 1 && figures.percentile(1) == .infinity && figures.percentile(0.99) == 99)
        #expect(figures.comparedSteps == 15)
        #expect(abs(figures.drawingCost - 0.2) < 1e-9)
        #expect(abs(figures.noise) < 1e-9)
    }

    @Test("system errors are told in words, our own as they are")
    func errors() {
        let error = CocoaError(
            .fileWriteNoPermission,
            userInfo: [
                NSFilePathErrorKey: "/somewhere",
                NSUnderlyingErrorKey: NSError(domain: NSPOSIXErrorDomain, code: Int(EACCES)),
            ])
        #expect(Failure.text(of: error) == "/somewhere: Permission denied")
        #expect(Failure.text(of: Failure("as it is")) == "as it is")
    }

    @Test("adapters of base and tuned are shown on one line without what a terminal would obey")
    func oneLine() {
        #expect(DataShow.oneLine("a\nb\tc\u{1B}[31md\u{200B}e", 20) == "a b c[31mde")
        #expect(DataShow.oneLine("abcdef", 4) == "abc…")
    }
}
