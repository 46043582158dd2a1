import Foundation
import TerminalUI
import Testing

@testable import Workbench

/// The dialog of `X` and `m`, and the writing it starts.
@Suite struct ExportSheetTests {
    static let check = ExportCheck(
        files: [
            .init(name: "model.safetensors", byteCount: 16_800_000), .init(name: "config.json", byteCount: 812),
            .init(name: "tokenizer.json", byteCount: 94_000),
        ], mergeDifference: 1.2e-5)

    /// On the adapter of the Models screen.
    static func session(width: Int = 100, height: Int = 30) -> Session {
        var session = Session(width: width, height: height)
        session.send(.export(.recalled(nil, exports: "/w/exports", models: "/w/models")))
        session.listModels()
        session.press("j")
        return session
    }

    private func orders(_ effects: [Effect]) -> [ExportOrder] {
        effects.compactMap { if case .export(.check(let order, _)) = $0 { order } else { nil } }
    }

    private func written(_ effects: [Effect]) -> ExportOrder? {
        effects.lazy.compactMap { if case .export(.write(let order)) = $0 { order } else { nil } }.first
    }

    @Test func theDialogRehearsesAnewWithEveryChange() throws {
        var session = Self.session()
        let first = try #require(orders(session.press("X")).first)
        #expect(
            first.source.place == .folders(model: "/models/tiny-chat", adapter: "/runs/lora-3/best"))
        #expect(first.format == .safetensors && first.type == nil)
        #expect(first.output == "/w/exports/lora-3-best-merged")
        #expect(session.shows("the model is merged"))
        let second = try #require(orders(session.press("l")).first)
        #expect(second.format == .gguf && second.type == "f16")
        #expect(second.output == "/w/exports/lora-3-best-F16.gguf")
        // Whole model or adapter alone, and then the numbers.
        let alone = try #require(orders(session.press("jl")).first)
        #expect(alone.adapterOnly && alone.type == "f32")
        #expect(alone.output == "/w/exports/lora-3-best-LoRA-F32.gguf")
        let typed = try #require(orders(session.press("hjllll")).last)
        #expect(typed.type == "q4_0" && !typed.adapterOnly)
    }

    @Test func aMootAnswerIsNotShown() {
        var session = Self.session()
        session.press("Xl")
        session.send(.export(.checked(Self.check, revision: 1)))
        #expect(!session.shows("16.0 MiB"))
        session.send(.export(.checked(Self.check, revision: 2)))
        #expect(session.shows("3 files"))
        #expect(session.shows("no logit moves by more than 1.20e-05"))
        #expect(session.shows("tokenizer.json"))
    }

    @Test func onlyWhatWasRehearsedWithoutErrorIsWritten() throws {
        var session = Self.session()
        session.press("X")
        #expect(session.press("w").isEmpty)
        #expect(session.lastNotice.contains("still being checked"))
        let refusal = ExportCheck(problems: [.init("The tokenizer is not known", remedy: "Name it.")])
        session.send(.export(.checked(refusal, revision: 1)))
        #expect(session.shows("cannot: The tokenizer is not known."))
        #expect(session.shows("Name it."))
        #expect(session.press("^S").isEmpty)
        #expect(session.lastNotice.contains("The tokenizer is not known"))
        session.press("l")
        session.send(.export(.checked(Self.check, revision: 2)))
        let effects = session.press("^S")
        #expect(try #require(written(effects)).format == .gguf)
        #expect(effects.contains { if case .saveSetting("export.habits", _) = $0 { true } else { false } })
        #expect(session.workbench.overlay == nil)
    }

    @Test func theStatusLineFollowsTheWritingOnEveryScreenAndCancelStopsIt() {
        var session = Self.session()
        session.press("X")
        session.send(.export(.checked(Self.check, revision: 1)))
        session.press("w")
        session.send(.export(.writing(ExportProgress(name: "out", fraction: 0.45, detail: "9 MiB of 20 MiB"))))
        session.press("5")
        session.send(.tick(now: Session.start.addingTimeInterval(60)))
        #expect(session.shows("writing out 45%  9 MiB of 20 MiB  ^C stops"))
        #expect(session.workbench.isAnimated)
        session.press("6X")
        session.send(.export(.checked(Self.check, revision: 1)))
        #expect(session.press("w").isEmpty, "one at a time")
        session.press("<esc>")
        #expect(session.press("^C") == [.export(.cancel)])
        session.send(.export(.ended(Notice(.info, "export stopped"), model: nil)))
        #expect(session.lastNotice == "export stopped")
        // A late word of the export that is over changes nothing.
        session.send(.export(.writing(ExportProgress(name: "out", detail: "late"))))
        #expect(session.workbench.writing == nil)
    }

    @Test func quittingWhileAnExportIsWrittenIsAsked() {
        var session = Self.session()
        session.press("X")
        session.send(.export(.checked(Self.check, revision: 1)))
        session.press("w")
        #expect(session.press("q").isEmpty)
        #expect(session.shows("Quit while lora-3-best-merged is written?"))
        #expect(session.press("s") == [.quit(.now)])
    }

    @Test func aMergeBecomesAModelOfTheWorkspaceAndIsSelected() throws {
        var session = Self.session()
        session.press("m")
        #expect(session.shows("Merge lora-3/best into a new model"))
        session.press("<cr>^U")
        session.press("a/b<cr>")
        #expect(session.shows("needs a name without '/'"))
        session.press("^U")
        let order = try #require(orders(session.press("better<cr>")).first)
        #expect(order.modelName == "better" && order.output == "/w/models/better" && !order.replaces)
        session.send(.export(.checked(Self.check, revision: 2)))
        #expect(written(session.press("w"))?.modelName == "better")
        let after = session.send(.export(.ended(Notice(.done, "3 files"), model: "better")))
        #expect(after == [.models(.list), .recipe(.listChoices)])
        session.send(
            .models(
                .list([
                    ModelEntry(name: "a", kind: .base, path: "/a"),
                    ModelEntry(name: "better", kind: .base, path: "/w/models/better"),
                ])))
        #expect(session.workbench.models.current?.name == "better")
    }

    @Test func aBaseModelHasNothingToMergeAndNoAdapterFormats() throws {
        var session = Self.session()
        session.press("k")
        #expect(session.press("m").isEmpty)
        #expect(session.lastNotice.contains("merge needs an adapter"))
        let order = try #require(orders(session.press("X")).first)
        #expect(!order.source.hasAdapter)
        #expect(orders(session.press("l")).first?.format == .gguf)
        #expect(orders(session.press("l")).first?.format == .safetensors)
    }

    @Test func aRunIsExportedByItsName() throws {
        var session = Session(width: 100, height: 30)
        session.listRuns()
        let order = try #require(orders(session.press("X")).first)
        #expect(order.source.place == .run(Session.runID) && order.source.hasAdapter)
        session.press("<esc>")
        #expect(session.workbench.overlay == nil)
        #expect(orders(session.press("m")).first?.modelName == "lora-3-merged")
    }

    @Test func choicesAreKeptAndRecalled() throws {
        var session = Self.session()
        session.press("Xljjll")
        let sheet = try #require(
            { if case .export(let sheet) = session.workbench.overlay { sheet } else { nil } }() as ExportSheet?)
        session.send(.export(.checked(Self.check, revision: sheet.revision)))
        let text = session.press("w").compactMap { effect -> String? in
            if case .saveSetting("export.habits", let value) = effect { value } else { nil }
        }.first
        var later = Session(width: 100, height: 30)
        later.send(.export(.recalled(text, exports: "/w/exports", models: "/w/models")))
        later.listModels()
        let order = try #require(orders(later.press("jX")).first)
        #expect(order.format == .gguf && order.type == sheet.type)
        // What cannot be read leaves the defaults.
        var habits = ExportHabits()
        habits.recall("{\"format\": 3, \"types\": {\"gguf\": \"q99\"}, \"folder\": \"x\"", exports: "/e", models: "/m")
        #expect(habits.format == .safetensors && habits.types.isEmpty && habits.folder == "/e")
    }

    @Test func outputAndShardSizeAreTypedAndChecked() throws {
        var session = Self.session()
        session.press("Xjj<cr>^U")
        session.press("big<cr>")
        #expect(session.shows("needs a size such as 500MB"))
        session.press("^U")
        #expect(orders(session.press("500MB<cr>")).first?.shardSize == "500MB")
        session.press("j<cr>^U")
        #expect(orders(session.press("/tmp/out<cr>")).first?.output == "/tmp/out")
        #expect(orders(session.press("jl")).first?.replaces == true)
    }
}
