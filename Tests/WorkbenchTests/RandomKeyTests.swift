import Curation
import Foundation
import Recipes
import Runs
import TerminalUI
import Testing

@testable import Workbench

/// Whatever is pressed, at whatever size: no crash, exact rows, and undo gives the set back.
@Suite struct RandomKeyTests {
    struct SplitMix: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    private static let keys: [Key] = {
        let letters = (33...126).map { Key.character(Character(Unicode.Scalar(UInt8($0)))) }
        let controls = "abcdefghklnoprstuwxyz".map { Key.control($0) }
        let named: [Key] = [
            .up, .down, .left, .right, .home, .end, .pageUp, .pageDown, .enter, .enter, .escape, .escape, .tab,
            .backTab,
            .backspace, .delete, .function(1), .wordLeft, .wordRight, " ", " ", .character("é"), .character("日"),
            .paste("two\nlines \u{1b}[0m 日本"), .mouse(MouseEvent(action: .press, button: 1, x: 3, y: 3)),
        ]
        return letters + controls + named + named
    }()

    private static let sizes = [
        (0, 0), (1, 1), (5, 3), (20, 4), (30, 8), (38, 9), (40, 10), (60, 16), (79, 23), (80, 24), (100, 30), (120, 36),
        (160, 48), (200, 60),
    ]

    private func filled(_ seed: UInt64) -> Session {
        let (width, height) = Self.sizes[Int(seed) % Self.sizes.count]
        var session = Session(width: width, height: height, glyphs: GlyphSet.allCases[Int(seed) % 3])
        session.listModels()
        session.listRuns()
        session.compare()
        session.plan()
        session.train()
        session.send(
            .data(
                .opened(
                    Session.opened(seed.isMultiple(of: 2) ? Session.awkward : Session.small, problems: ["line 1: x"]))))
        session.press("1<cr>")
        return session
    }

    @Test(arguments: 1...13) func noSequenceOfKeysCrashes(_ seed: UInt64) throws {
        var random = SplitMix(state: seed)
        var session = filled(seed)
        for step in 0..<300 {
            let key = Self.keys.randomElement(using: &random) ?? .escape
            for effect in session.send(.key(key)) { answer(effect, &session, &random) }
            if step % 7 == 0 {
                let (width, height) = Self.sizes.randomElement(using: &random) ?? (80, 24)
                session.send(.resized(width: width, height: height))
            }
            if step % 11 == 0 { session.send(.tick(now: Session.start.addingTimeInterval(Double(step)))) }
            let image = session.workbench.view()
            try #require(image.grid.hasExactRows)
            try #require(image.grid.width == session.workbench.context.width)
            if let cursor = image.cursor { try #require(image.grid.bounds.contains(x: cursor.x, y: cursor.y)) }
        }
        // Out of whatever is open, then back to the beginning.
        for _ in 0..<12 { session.press("<esc>") }
        session.workbench.overlay = nil
        session.workbench.data.editing = nil
        let context = session.workbench.context
        while session.workbench.data.set.canUndo { _ = session.workbench.data.undo(context) }
        #expect(session.workbench.data.set.rows.allSatisfy { $0.state == .init() })
    }

    /// Answers as the runner would, or with a failure.
    private func answer(_ effect: Effect, _ session: inout Session, _ random: inout SplitMix) {
        let fails = Int.random(in: 0..<4, using: &random) == 0
        switch effect {
        case .data(.render(let row, let example)):
            session.send(
                .data(.rendered(row: row, fails ? RenderedExample(problem: "no model") : Session.rendered(example))))
        case .data(.open), .data(.importFile):
            session.send(
                fails
                    ? .data(.failed(title: "no", lines: ["why"], path: "/x"))
                    : .data(.opened(Session.opened(Session.awkward))))
        case .data(.cancelReading): session.send(.data(.cancelled))
        case .data(.persist(let name, let entries, _)):
            if fails {
                session.send(.data(.persistFailed(dataset: name, "disk full")))
            } else if let last = entries.last {
                session.send(.data(.persisted(dataset: name, through: last.sequence)))
            }
        case .editExternally(let request):
            session.send(.edited(request.purpose, fails ? "{" : request.text))
        case .recipe(.fit(let model, let data)):
            let values = StartingValues(.init(parameters: 3_000_000, contextLength: 512, rows: 90, tokens: 5000))
            session.send(.recipe(.starting(model: model, data: data, fails ? nil : values)))
        case .recipe(.plan(_, let revision)):
            session.send(.recipe(.planned(revision: revision, Preflight())))
        case .compare(.loadPrompts): session.send(.compare(.prompts([], name: "x")))
        case .compare(.begin): session.send(.compare(.session(id: 2, pairs: [])))
        case .compare(.generate): session.send(.compare(.idle(problem: fails ? "busy" : nil)))
        case .models(.pull(let repository)):
            session.send(.models(.pulling(PullState(repository: repository, fraction: 0.5, detail: "half"))))
        case .models(.cancelPull): session.send(.models(.pullEnded(Notice(.info, "stopped"), added: nil)))
        case .export(.check(_, let revision)):
            let check = fails ? ExportCheck(problems: [.init("no", remedy: "yes")]) : ExportSheetTests.check
            session.send(.export(.checked(check, revision: revision)))
        case .export(.write): session.send(.export(.writing(ExportProgress(name: "x", fraction: 0.5, detail: "half"))))
        case .export(.cancel): session.send(.export(.ended(Notice(.info, "stopped"), model: nil)))
        case .train(.load(let run)): session.send(.train(.history(run, RunHistoryValue())))
        default: break
        }
    }
}
