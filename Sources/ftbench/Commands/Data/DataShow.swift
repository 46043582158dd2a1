import ArgumentParser
import Curation
import Datasets
import Foundation
import OrderedJSON
import TerminalUI
import Tokenizers

struct DataShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Rows of a data set: a list, or one row in full.")

    @OptionGroup var options: CommonOptions
    @OptionGroup var reading: ReadingOptions
    @Argument(help: "Name of a data set, or a file.") var name: String
    @Option(help: "One row, counted from 1.") var row: Int?
    @Option(help: "Only rows that match, as on the Data screen: 'status:dropped', 'words<3', 'text:refund'.")
    var filter: String?
    @Option(help: "Rows to list.") var limit = 20
    @Flag(help: "With --row: the tokens a model is given and which of them are trained.") var tokens = false
    @Option(help: "The model for --tokens.") var model: String?

    func validate() throws {
        if tokens, model == nil { throw ValidationError("--tokens needs --model: each model has its own tokens.") }
        if tokens, row == nil { throw ValidationError("--tokens needs --row: it shows one row.") }
        if let row, row < 1 { throw ValidationError("--row counts from 1.") }
        if limit < 0 { throw ValidationError("--limit takes a number from 0, not \(limit).") }
    }

    func run() throws {
        var opened = try OpenedDataset.open(name, options: options, reading: reading)
        if let row {
            guard opened.set.rows.indices.contains(row - 1) else {
                throw Failure("\(opened.name) has \(opened.set.count) rows; there is no row \(row).")
            }
            try show(opened.set.rows[row - 1])
            return
        }
        let indices = try filter.map { try RowFilter.rows($0, of: &opened.set) } ?? Array(opened.set.rows.indices)
        let shown = indices.prefix(limit).map { opened.set.rows[$0] }
        if options.json {
            var object: JSONObject = [
                "name": .string(opened.name), "matching": .integer(indices.count), "total": .integer(opened.set.count),
                "rows": .array(shown.map(Self.json)),
            ]
            if let rows = opened.rows {
                for (key, value) in ImportText.members(rows) where object[key] == nil { object[key] = value }
            }
            Output.json(.object(object))
            return
        }
        for row in shown {
            Output.line(
                "\(String(row.index + 1).paddedToCells(6)) \(row.status.glyph) "
                    + "\(Self.oneLine(row.example.headline, 60).paddedToCells(60)) → \(Self.oneLine(row.example.answerText, 80))"
            )
        }
        let hidden = indices.count - shown.count
        if hidden > 0 { Output.line("and \(hidden) more; --limit shows more of them") }
        if indices.isEmpty { Output.line("No row matches.") }
    }

    private func show(_ row: CurationRow) throws {
        var tokenized: TokenizedExample?
        var renderedBy: ModelText?
        if tokens {
            let text = try ModelText.loadAny(try NamedThings.forText(options).modelPath(model ?? ""))
            tokenized = try ExampleRenderer(text: text).inspect(row.example)
            renderedBy = text
        }
        if options.json {
            var object = Self.json(row).object ?? [:]
            object["original"] = row.isEdited ? row.original.asJSON : .null
            if let tokenized {
                object["text"] = .string(tokenized.renderedText)
                object["ids"] = .array(tokenized.ids.map { .integer(Int($0)) })
                object["trained"] = .array(tokenized.trained.map { .bool($0) })
            }
            Output.json(.object(object))
            return
        }
        Output.line(
            "row \(row.index + 1), \(row.original.file.map { "\($0) " } ?? "")line \(row.original.line), \(row.status.rawValue)\(row.isEdited ? ", edited" : "")"
        )
        if let note = row.state.note { Output.line("note: \(note)") }
        guard let tokenized, let renderedBy else {
            for turn in row.example.turns { Output.line("[\(turn.role)] \(turn.text)") }
            return
        }
        // Trained tokens stand in ▌…▐, so that the mask can be read without colour.
        var line = ""
        for (id, isTrained) in zip(tokenized.ids, tokenized.trained) {
            let text = renderedBy.tokenizer.decode([id], skipSpecialTokens: false)
            line += isTrained ? "▌\(text)▐" : text
        }
        Output.line(line)
        Output.line(
            "\(tokenized.count) tokens, \(tokenized.trainedCount) trained"
                + (tokenized.endTokenTrained ? ", the end token among them" : ", the end token not among them"))
    }

    static func json(_ row: CurationRow) -> JSONValue {
        var object: JSONObject = [
            "row": .integer(row.index + 1), "line": .integer(row.original.line), "status": .string(row.status.rawValue),
            "edited": .bool(row.isEdited), "example": row.example.asJSON,
        ]
        if !row.state.tags.isEmpty { object["tags"] = .array(row.state.tags.map { .string($0) }) }
        if let file = row.original.file { object["file"] = .string(file) }
        if let note = row.state.note { object["note"] = .string(note) }
        if let signals = row.signals { object["signals"] = .array(signals.labels.map { .string($0) }) }
        return .object(object)
    }

    static func oneLine(_ text: String, _ width: Int) -> String {
        let flat = text.prefix(width * 4).map { $0.isNewline || $0 == "\t" ? " " : $0 }
        let clean = String(flat).unicodeScalars.filter {
            $0.value >= 0x20 && $0.value != 0x7F && !$0.properties.isDefaultIgnorableCodePoint
        }
        let shown = String(String.UnicodeScalarView(clean))
        return shown.count > width ? shown.prefix(width - 1) + "…" : shown
    }
}
