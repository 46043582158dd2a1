import Curation
import Foundation
import TerminalUI
import Testing

@testable import Workbench

/// Whole screens as text. `FTBENCH_RECORD=1 swift test` writes them anew; read the difference before keeping it.
@Suite struct GoldenScreenTests {
    struct Size: Sendable, CustomTestStringConvertible {
        var width: Int
        var height: Int
        var testDescription: String { "\(width)x\(height)" }
    }

    static let sizes = [Size(width: 80, height: 24), Size(width: 160, height: 48), Size(width: 38, height: 9)]

    static let states: [(name: String, make: @Sendable (Size) -> Session)] = [
        ("data", { Session.open(width: $0.width, height: $0.height) }),
        (
            "data-empty",
            { size in
                var session = Session(width: size.width, height: size.height)
                session.send(.data(.library([])))
                return session
            }
        ),
        (
            "data-reading",
            { size in
                var session = Session(width: size.width, height: size.height)
                session.send(
                    .data(.progress(ReadingProgress(name: "alpaca-fr.jsonl", fraction: 0.61, detail: "312 of 512 MB"))))
                return session
            }
        ),
        (
            "data-failed",
            { size in
                var session = Session(width: size.width, height: size.height)
                session.send(
                    .data(
                        .failed(
                            title: "alpaca.jsonl has no known shape.", lines: ["Its fields are q and a."],
                            path: "/a.jsonl")))
                return session
            }
        ),
        (
            "data-problems",
            { size in
                var session = Session(width: size.width, height: size.height)
                session.send(.data(.opened(Session.opened(problems: ["line 3, column 12: unexpected end of text"]))))
                return session
            }
        ),
        (
            "data-mask",
            { size in
                var session = Session.open(width: size.width, height: size.height)
                session.press("jjjt")
                session.send(.data(.rendered(row: 3, Session.rendered(Session.small[3]))))
                return session
            }
        ),
        (
            "data-clusters",
            { size in
                var session = Session.open(width: size.width, height: size.height)
                session.press("C")
                return session
            }
        ),
        (
            "data-clean",
            { size in
                var session = Session.open(width: size.width, height: size.height)
                session.press("K")
                return session
            }
        ),
        (
            "data-stats",
            { size in
                var session = Session.open(width: size.width, height: size.height)
                session.press("I")
                return session
            }
        ),
        (
            "data-edit",
            { size in
                var session = Session.open(width: size.width, height: size.height)
                session.press("jjje")
                return session
            }
        ),
        (
            "recipe",
            { size in
                var session = Session(width: size.width, height: size.height)
                session.plan()
                return session
            }
        ),
        (
            "train",
            { size in
                var session = Session(width: size.width, height: size.height)
                session.train()
                return session
            }
        ),
        (
            "train-empty",
            { size in
                var session = Session(width: size.width, height: size.height)
                session.press("3")
                return session
            }
        ),
        (
            "train-quit",
            { size in
                var session = Session(width: size.width, height: size.height)
                session.train()
                session.press("q")
                return session
            }
        ),
        (
            "compare",
            { size in
                var session = Session(width: size.width, height: size.height)
                session.compare()
                return session
            }
        ),
        (
            "runs",
            { size in
                var session = Session(width: size.width, height: size.height)
                session.listRuns()
                return session
            }
        ),
        (
            "models",
            { size in
                var session = Session(width: size.width, height: size.height)
                session.listModels()
                return session
            }
        ),
        (
            "models-pulling",
            { size in
                var session = Session(width: size.width, height: size.height)
                session.listModels()
                session.press("Pacme/tiny-chat<cr>")
                session.send(
                    .models(
                        .pulling(
                            PullState(
                                repository: "acme/tiny-chat", fraction: 0.45,
                                detail: "1.2 GiB of 2.6 GiB  34.0 MiB/s  left 41s"))))
                return session
            }
        ),
        (
            "export",
            { size in
                var session = ExportSheetTests.session(width: size.width, height: size.height)
                session.press("X")
                session.send(.export(.checked(ExportSheetTests.check, revision: 1)))
                return session
            }
        ),
        (
            "export-refused",
            { size in
                var session = ExportSheetTests.session(width: size.width, height: size.height)
                session.press("Xl")
                let refusal = ExportCheck.Problem(
                    "The tokenizer splits texts in a way that has no name among the readers of GGUF",
                    remedy: "Export a folder of safetensors, or name the nearest one in the field Pre-tokeniser.")
                session.send(.export(.checked(ExportCheck(problems: [refusal]), revision: 2)))
                return session
            }
        ),
        (
            "merge",
            { size in
                var session = ExportSheetTests.session(width: size.width, height: size.height)
                session.press("m")
                return session
            }
        ),
        (
            "export-writing",
            { size in
                var session = ExportSheetTests.session(width: size.width, height: size.height)
                session.press("X")
                session.send(.export(.checked(ExportSheetTests.check, revision: 1)))
                session.press("w")
                session.send(
                    .export(
                        .writing(
                            ExportProgress(
                                name: "lora-3-best-merged", fraction: 0.45, detail: "7.2 MiB of 16.1 MiB  left 2s"))))
                return session
            }
        ),
        (
            "serve",
            { size in
                var session = Session(width: size.width, height: size.height)
                session.press("7")
                return session
            }
        ),
        (
            "help",
            { size in
                var session = Session.open(width: size.width, height: size.height)
                session.press("?")
                return session
            }
        ),
        (
            "palette",
            { size in
                var session = Session.open(width: size.width, height: size.height)
                session.press(":dup")
                return session
            }
        ),
        ("ascii", { size in Session.open(width: size.width, height: size.height, glyphs: .ascii) }),
    ]

    private static let folder: String = {
        let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return here.path + "/Fixtures/workbench"
    }()

    @Test(arguments: sizes) func screensLookAsRecorded(_ size: Size) throws {
        let isRecording = ProcessInfo.processInfo.environment["FTBENCH_RECORD"] == "1"
        for (name, make) in Self.states {
            var session = make(size)
            // Notices fade; what stays is what is compared.
            session.send(.tick(now: Session.start.addingTimeInterval(60)))
            let grid = session.workbench.view().grid
            #expect(grid.width == size.width && grid.height == size.height)
            #expect(grid.hasExactRows, "\(name) \(size)")
            let path = "\(Self.folder)/\(name)-\(size.width)x\(size.height).txt"
            let text = grid.trimmedText() + "\n"
            if isRecording {
                try text.write(toFile: path, atomically: true, encoding: .utf8)
                continue
            }
            let kept = try String(contentsOfFile: path, encoding: .utf8)
            let (new, old) = (text.split(separator: "\n"), kept.split(separator: "\n"))
            let line = zip(new, old).first { $0 != $1 }
            let isSame = text == kept
            #expect(isSame, "\(name) \(size.width)x\(size.height): '\(line?.0 ?? "")' instead of '\(line?.1 ?? "")'")
        }
    }

    @Test func noStateLooksLikeAnotherWithoutColour() {
        var pictures: [String: String] = [:]
        for (name, make) in Self.states {
            let text = make(Size(width: 80, height: 24)).workbench.view().grid.text()
            if let other = pictures[text] { Issue.record("\(name) looks like \(other)") }
            pictures[text] = name
        }
    }

    @Test func theFourStatusesAndEditsDifferInTheList() {
        var session = Session.open(glyphs: .ascii)
        session.press("axf")
        session.press("ez^S")
        let lines = session.workbench.view().grid.text().split(separator: "\n").map(String.init)
        let marks = lines.filter { $0.contains("oasst") || $0.contains("dolly") || $0.contains("alpaca") }
        #expect(marks.contains { $0.contains(" + ") })
        #expect(marks.contains { $0.contains(" - ") })
        #expect(marks.contains { $0.contains(" ! ") })
        #expect(marks.contains { $0.contains(".~") })
    }
}
