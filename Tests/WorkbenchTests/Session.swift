// swift-format-ignore-file: NeverForceUnwrap

import Curation
import Datasets
import Foundation
import OrderedJSON
import Recipes
import Runs
import TerminalUI
import Testing

@testable import Workbench

/// A workbench without engine, disk and clock: keys and messages go in, effects and pictures come out.
struct Session {
    static let start = Date(timeIntervalSince1970: 1_790_000_000)

    var workbench: Workbench
    /// What left the workbench, in order, slices of work excepted.
    var effects: [Effect] = []

    init(width: Int = 80, height: Int = 24, glyphs: GlyphSet = .braille) {
        workbench = Workbench(width: width, height: height, glyphs: glyphs, now: Self.start)
        effects = workbench.start()
    }

    /// Runs slices as the program's loop does: after the keys.
    @discardableResult
    mutating func send(_ message: Message) -> [Effect] {
        var out: [Effect] = []
        var waiting = [message]
        while let next = waiting.popLast() {
            for effect in workbench.update(next) {
                if effect == .data(.again) { waiting.append(.data(.proceed)) } else { out.append(effect) }
            }
        }
        effects += out
        return out
    }

    @discardableResult
    mutating func press(_ script: String) -> [Effect] {
        Key.script(script).flatMap { send(.key($0)) }
    }

    var text: String { workbench.view().grid.trimmedText() }
    var lastNotice: String { workbench.log.lastText ?? "" }
    var data: DataScreen { workbench.data }

    func shows(_ text: String) -> Bool { self.text.contains(text) }

    /// Rows of the set by status: `+-!.` in the order of the file.
    var statuses: String { String(data.set.rows.map { $0.status == .undecided ? "." : $0.status.glyph }) }

    // MARK: Data sets

    static func example(_ prompt: String, _ answer: String, source: String? = nil, line: Int = 1) -> Example {
        Example(
            content: .chat(
                [ChatMessage(role: "user", content: prompt), ChatMessage(role: "assistant", content: answer)],
                tools: nil),
            line: line, extra: source.map { ["source": .string($0)] } ?? [:])
    }

    static let small: [Example] = [
        ("How do I reset a git branch to origin?", "git fetch, then git reset --hard origin/main.", "oasst"),
        ("Translate to French: good morning", "Bonjour, tout simplement.", "oasst"),
        ("東京の天気を三行で説明してください", "晴れのち曇り。\n気温は十八度。\n風は弱い。", "dolly"),
        (
            "Write a haiku about SSH", "Silent key exchange /\na prompt blooms across the sea /\nconnection reset.",
            "alpaca"
        ),
        ("Tell me how to do it", "As an AI language model I cannot help with that.", "alpaca"),
        ("Explain LoRA rank to a beginner", "The rank says how many directions the update may move in.", "oasst"),
        (
            "List 5 rivers in Spain, then list 5 rivers in France",
            "Ebro, Tajo, Duero, Guadalquivir, Segura; Seine, Loire, Rhone.", "dolly"
        ),
        (
            "Email the invoice to jane.d@corp.example today", "I will write to jane.d@corp.example at once, thank you.",
            "dolly"
        ),
        ("Translate to French: good morning", "Bonjour, tout simplement.", "dolly"),
        ("Draw a cat with emoji 👩‍👩‍👧 \u{1b}[31m", "", "alpaca"),
    ].enumerated().map { example($1.0, $1.1, source: $1.2, line: $0 + 1) }

    static func opened(
        _ examples: [Example] = small, name: String = "alpaca-fr", problems: [String] = [], views: [SavedView] = []
    ) -> OpenedSet {
        OpenedSet(
            set: CurationSet(name: name, examples: examples), name: name, path: "/sets/\(name).jsonl",
            mapping: ColumnMapping(shape: .messages), reasons: ["10 of 10 rows have 'messages'"], problems: problems,
            views: views)
    }

    /// With a small set open and looked through.
    static func open(width: Int = 80, height: Int = 24, glyphs: GlyphSet = .braille) -> Session {
        var session = Session(width: width, height: height, glyphs: glyphs)
        session.send(.data(.opened(opened())))
        session.effects = []
        return session
    }

    static func rendered(_ example: Example) -> RenderedExample {
        let text = example.turns.map { "<|im_start|>\($0.role)\n\($0.text)<|im_end|>\n" }.joined()
        var tokens: [RenderedExample.Token] = []
        let answer = text.utf8.count - example.answerText.utf8.count - "<|im_end|>\n".utf8.count
        for start in stride(from: 0, to: text.utf8.count, by: 4) {
            let end = min(start + 4, text.utf8.count)
            tokens.append(.init(range: start..<end, isTrained: start >= answer && end < text.utf8.count))
        }
        return RenderedExample(text: text, tokens: tokens, source: "tiny-chat · answers · prefixes")
    }
}

/// The whole screen for a glance at what a test sees.
extension CellGrid {
    /// Every row has exactly the grid's width: no wide character hangs over an edge.
    var hasExactRows: Bool {
        (0..<height).allSatisfy { y in
            var x = 0
            while x < width { x += max(1, Int(self[x, y].width)) }
            return x == width
        }
    }
}
