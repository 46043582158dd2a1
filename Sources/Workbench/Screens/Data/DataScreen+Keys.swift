import Curation
import TerminalUI

extension DataScreen {
    enum Action: Sendable {
        case down, up, top, bottom, pageDown, pageUp, halfDown, halfUp, left, right
        case open, nextPane, scrollDown, scrollUp
        case keep, drop, skip, flag, reset, edit, editExternally, tag, note, mask, wrap
        case columns, order, reverse, history, difference, same, mark, range, keepAll, dropAll, undo, redo
        case filter, next, previous, facets, stats, clusters, views, clean, mapping, report, export, use, library
        case openFile, cancelReading, choose, first, second, close
    }

    /// The keys in force: those of a sheet that is open, of the library, or of the list.
    var activeKeys: KeyTable<DataScreen, Action> {
        guard isOpen || isMapping else {
            return reading != nil ? Self.readingKeys : failure != nil ? Self.failureKeys : Self.libraryKeys
        }
        return sheet?.keys ?? Self.keys
    }

    private static let needsRow: @Sendable (DataScreen) -> String? = { screen in
        screen.currentIndex == nil ? "no row here: Esc shows all rows" : nil
    }

    /// Without marks a bulk act reaches the view, which a filter that is still looking has not made yet.
    private static let needsWholeView: @Sendable (DataScreen) -> String? = { screen in
        if screen.filtering != nil { return "the filter is still looking; wait until it has found all rows" }
        return needsRow(screen)
    }

    static let motions: [KeyBinding<DataScreen, Action>] = [
        KeyBinding(.down, "j", id: "down", title: "down", group: "Moving", action: .down),
        KeyBinding(.up, "k", id: "up", title: "up", group: "Moving", action: .up),
        KeyBinding(.home, "g", id: "top", title: "first row", group: "Moving", action: .top),
        KeyBinding(.end, "G", id: "bottom", title: "last row", group: "Moving", action: .bottom),
        KeyBinding(.pageDown, .control("f"), id: "page-down", title: "a page down", group: "Moving", action: .pageDown),
        KeyBinding(.pageUp, .control("b"), id: "page-up", title: "a page up", group: "Moving", action: .pageUp),
        KeyBinding(.control("d"), id: "half-down", title: "half a page down", group: "Moving", action: .halfDown),
        KeyBinding(.control("u"), id: "half-up", title: "half a page up", group: "Moving", action: .halfUp),
    ]

    static let keys = KeyTable<DataScreen, Action>(deciding + looking + choosing + motions)

    private static let deciding: [KeyBinding<DataScreen, Action>] = [
        KeyBinding(
            "a", id: "keep", title: "keep the row, go on to the next", hint: Hint("keep", rank: 1), group: "Deciding",
            action: .keep, refusal: needsRow),
        KeyBinding(
            "x", "d", id: "drop", title: "drop the row, go on to the next", hint: Hint("drop", rank: 1),
            group: "Deciding",
            action: .drop, refusal: needsRow),
        KeyBinding(
            "e", id: "edit", title: "edit the row here", hint: Hint("edit", rank: 2), group: "Deciding", action: .edit,
            refusal: needsRow),
        KeyBinding(
            "f", id: "flag", title: "flag the row for a second look, go on", hint: Hint("flag", rank: 2),
            group: "Deciding",
            action: .flag, refusal: needsRow),
        KeyBinding(
            "s", id: "skip", title: "leave the row for later, go on", hint: Hint("skip", rank: 3), group: "Deciding",
            action: .skip, refusal: needsRow),
        KeyBinding(
            "r", id: "reset", title: "make the row undecided again", group: "Deciding", action: .reset,
            refusal: needsRow),
        KeyBinding(
            "E", id: "editor", title: "edit the row as JSON in $EDITOR", group: "Deciding", action: .editExternally,
            refusal: needsRow),
        KeyBinding(
            "T", id: "tag", title: "tag the row or the marked rows; -word takes a tag off", group: "Deciding",
            action: .tag, refusal: needsRow),
        KeyBinding(
            "m", id: "note", title: "write a note on the row", group: "Deciding", action: .note, refusal: needsRow),
        KeyBinding(
            "u", id: "undo", title: "undo, as far back as the journal goes", hint: Hint("undo", rank: 5),
            group: "Deciding",
            action: .undo, refusal: { $0.set.canUndo ? nil : "nothing to undo" }),
        KeyBinding(
            "U", id: "redo", title: "redo", group: "Deciding", action: .redo,
            refusal: { $0.set.canRedo ? nil : "nothing to redo" }),
        KeyBinding(
            " ", id: "mark", title: "mark the row", hint: Hint("mark", rank: 6), group: "Many rows", action: .mark,
            refusal: needsRow),
        KeyBinding(
            "v", id: "range", title: "begin a range; v again marks it", group: "Many rows", action: .range,
            refusal: needsRow),
        KeyBinding(
            ",", id: "same", title: "mark the rows that share a value with this one", group: "Many rows", action: .same,
            refusal: needsRow),
        KeyBinding(
            "A", id: "keep-all", title: "keep the marked rows, else the whole view (asks; one undo step)",
            hint: Hint("all", long: "all rows", rank: 8, keys: "A X"), group: "Many rows", action: .keepAll,
            refusal: needsWholeView),
        KeyBinding(
            "X", id: "drop-all", title: "drop the marked rows, else the whole view (asks; one undo step)",
            group: "Many rows", action: .dropAll, refusal: needsWholeView),
        KeyBinding(
            "K", id: "clean", title: "clean by rules: what would go, and why, before anything does", group: "Many rows",
            action: .clean,
            refusal: { $0.scan?.isFinished == true ? nil : "the signals are still being looked for" }),
    ]

    private static let looking: [KeyBinding<DataScreen, Action>] = [
        KeyBinding(
            "t", id: "mask", title: "the row as the model sees it: template, tokens, loss mask",
            hint: Hint("mask", long: "tokens and mask", rank: 4), group: "Reading", action: .mask, refusal: needsRow),
        KeyBinding(
            .enter, id: "open", title: "read over the whole screen, and back", group: "Reading", action: .open,
            refusal: needsRow),
        KeyBinding("w", id: "wrap", title: "wrap long lines, or not", group: "Reading", action: .wrap),
        KeyBinding(
            "=", id: "diff", title: "what was edited: words against the file's row", group: "Reading",
            action: .difference, refusal: needsRow),
        KeyBinding(
            "i", id: "history", title: "history of the row", group: "Reading", action: .history, refusal: needsRow),
        KeyBinding("]", ">", id: "scroll-down", title: "scroll the text down", group: "Reading", action: .scrollDown),
        KeyBinding("[", "<", id: "scroll-up", title: "scroll the text up", group: "Reading", action: .scrollUp),
        KeyBinding(
            .right, "l", id: "right", title: "next row in the reader; to the right when lines do not wrap",
            group: "Reading", action: .right),
        KeyBinding(.left, "h", id: "left", title: "row before; to the left", group: "Reading", action: .left),
        KeyBinding(.tab, .backTab, id: "pane", title: "list or text", group: "Reading", action: .nextPane),
    ]

    private static let choosing: [KeyBinding<DataScreen, Action>] = [
        KeyBinding(
            "/", id: "filter", title: "filter the rows: words, fields, signals, numbers", hint: Hint("filter", rank: 3),
            group: "Finding", action: .filter),
        KeyBinding(
            "n", id: "next", title: "next row flagged, or with a signal and no decision", group: "Finding",
            action: .next, refusal: needsRow),
        KeyBinding(
            "N", id: "previous", title: "the one before", group: "Finding", action: .previous, refusal: needsRow),
        KeyBinding(
            "F", id: "facets", title: "facets: rows by status, signal, source, language", hint: Hint("facets", rank: 7),
            group: "Finding", action: .facets),
        KeyBinding(
            "I", id: "stats", title: "statistics: lengths and tokens of the view", group: "Finding", action: .stats,
            refusal: needsRow),
        KeyBinding(
            "C", id: "clusters", title: "groups of duplicates: keep one, drop the others",
            hint: Hint("dups", long: "duplicates", rank: 9),
            group: "Finding", action: .clusters,
            refusal: { $0.scan?.isFinished == true ? nil : "the signals are still being looked for" }),
        KeyBinding("V", id: "views", title: "saved views", group: "Finding", action: .views),
        KeyBinding(
            "o", id: "order", title: "next order: line, status, prompt, length, tokens…", group: "The set",
            action: .order),
        KeyBinding("O", id: "reverse", title: "the other way round", group: "The set", action: .reverse),
        KeyBinding("c", id: "columns", title: "columns of the list", group: "The set", action: .columns),
        KeyBinding(
            "R", id: "use", title: "use this set in the recipe", hint: Hint("recipe", long: "use in recipe", rank: 9),
            group: "The set", action: .use),
        KeyBinding(
            "M", id: "mapping", title: "how the file is read: shape and fields; read it again", group: "The set",
            action: .mapping),
        KeyBinding(
            "H", id: "report", title: "import report: shape, reasons, lines not used", group: "The set", action: .report
        ),
        KeyBinding(
            .control("s"), id: "export", title: "write the rows not dropped to a file", group: "The set",
            action: .export),
        KeyBinding(
            .control("o"), id: "library", title: "the library: open another set or file", group: "The set",
            action: .library),
    ]

    static let libraryKeys = KeyTable<DataScreen, Action>(
        [
            KeyBinding(
                .enter, id: "open", title: "open the data set", hint: Hint("open", rank: 1), group: "Library",
                action: .open,
                refusal: { $0.library.isEmpty ? "no data set yet: ^O reads a file" : nil }),
            readFile,
        ] + motions)

    private static let readFile = KeyBinding<DataScreen, Action>(
        .control("o"), id: "file", title: "read a file: .jsonl or .json", hint: Hint("read a file", rank: 1),
        group: "Library", action: .openFile)

    static let readingKeys = KeyTable<DataScreen, Action>([
        KeyBinding(
            "x", id: "cancel-reading", title: "end the read; nothing is kept",
            hint: Hint("cancel", rank: 1, keys: "Esc"),
            group: "Library", action: .cancelReading)
    ])

    static let failureKeys = KeyTable<DataScreen, Action>([
        KeyBinding(
            "M", id: "mapping", title: "choose the shape and fields of the file that could not be read",
            hint: Hint("fields", long: "choose fields", rank: 1), group: "Library", action: .mapping,
            refusal: { $0.failure?.path == nil ? "this file cannot be read with other fields either" : nil }),
        readFile,
    ])
}
