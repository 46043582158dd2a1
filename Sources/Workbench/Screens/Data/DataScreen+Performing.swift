import Curation
import Datasets
import Foundation
import TerminalUI

extension DataScreen {
    mutating func perform(_ action: Action, _ context: ScreenContext) -> Effects {
        if !isOpen, !isMapping { return performInLibrary(action, context) }
        if sheet != nil { return performInSheet(action, context) }
        switch action {
        case .down, .up, .top, .bottom, .pageDown, .pageUp, .halfDown, .halfUp: return move(action, context)
        case .keep: return judge(.keep, context)
        case .drop: return judge(.drop, context)
        case .skip: return judge(.skip, context)
        case .flag: return judge(.flag, context)
        case .reset: return currentIndex.map { change(.reset, on: [$0], context) } ?? []
        case .keepAll: return askBulk(drops: false)
        case .dropAll: return askBulk(drops: true)
        case .undo: return undo(context)
        case .redo: return redo(context)
        case .mark: return toggleMark(context)
        case .range: return toggleRange()
        case .next: return seek(1, context)
        case .previous: return seek(-1, context)
        case .edit: beginEditing()
        case .editExternally: return editExternally()
        case .tag: return askTag()
        case .note:
            return [
                .prompt(
                    Prompt(
                        .note, title: "note", text: current?.state.note ?? "",
                        hint: "kept with the row; empty takes it off"))
            ]
        case .filter: return [.prompt(Prompt(.filter, title: "filter", text: filter, hint: Self.filterHint))]
        case .export:
            let name = (facts?.name ?? "data") + "-kept.jsonl"
            return [
                .prompt(Prompt(.exportDataset, title: "write \(NumberText.grouped(trainingCount)) rows to", text: name))
            ]
        case .use: return facts.map { [.useDataset($0.name)] } ?? []
        case .library:
            showsLibrary = true
            return [.data(.list)]
        case .order:
            let all = RowOrder.allCases
            order = all[((all.firstIndex(of: order) ?? 0) + 1) % all.count]
            return sort()
        case .reverse:
            isDescending.toggle()
            return sort()
        case .mask, .difference, .wrap, .open, .nextPane, .scrollDown, .scrollUp, .left, .right:
            return read(action, context)
        case .facets, .stats, .clusters, .views, .clean, .mapping, .report, .columns, .history, .same:
            return openSheet(action)
        case .openFile, .cancelReading, .choose, .first, .second, .close: break
        }
        return []
    }

    /// Rows a run would see.
    var trainingCount: Int { self.set.count - self.set.counts.dropped }

    private mutating func sort() -> Effects {
        needsOrder = true
        return [.say(Notice(.info, "order: \(order.title)\(isDescending ? ", largest first" : "")"))] + schedule()
    }

    // MARK: Moving

    private mutating func move(_ action: Action, _ context: ScreenContext) -> Effects {
        let layout = DataLayout(self, context)
        if isReading || focus == .reader {
            let page = max(1, layout.readerRows - 1)
            switch action {
            case .down: scroll += 1
            case .up: scroll -= 1
            case .pageDown: scroll += page
            case .pageUp: scroll -= page
            case .halfDown: scroll += max(1, page / 2)
            case .halfUp: scroll -= max(1, page / 2)
            case .top: scroll = 0
            case .bottom: scroll = .max / 2
            default: break
            }
            clampScroll(layout)
            return []
        }
        let before = currentIndex
        Self.move(&cursor, action, height: layout.listRows)
        return moved(from: before, context)
    }

    /// Moves a cursor as the keys that move in every list do.
    static func move(_ cursor: inout ListCursor, _ action: Action, height: Int) {
        let page = max(1, height - 1)
        switch action {
        case .down: cursor.move(by: 1)
        case .up: cursor.move(by: -1)
        case .top: cursor.move(to: 0)
        case .bottom: cursor.move(to: cursor.count - 1)
        case .pageDown: cursor.move(by: page)
        case .pageUp: cursor.move(by: -page)
        case .halfDown: cursor.move(by: max(1, height / 2))
        case .halfUp: cursor.move(by: -max(1, height / 2))
        default: break
        }
        cursor.reveal(height: height)
    }

    private mutating func clampScroll(_ layout: DataLayout) {
        let lines = readerLines(width: layout.readerColumns, height: layout.readerRows, glyphs: .braille).count
        scroll = max(0, min(scroll, max(0, lines - layout.readerRows)))
    }

    // MARK: Reading

    private mutating func read(_ action: Action, _ context: ScreenContext) -> Effects {
        switch action {
        case .mask: readerMode = readerMode == .mask ? .text : .mask
        case .difference:
            guard readerMode != .difference else {
                readerMode = .text
                return []
            }
            guard current?.isEdited == true else {
                return [.say(Notice(.info, "this row is as it stands in the file; there is nothing to compare"))]
            }
            readerMode = .difference
        case .wrap:
            wraps.toggle()
            sideScroll = 0
            return [.say(Notice(.info, wraps ? "long lines wrap" : "long lines do not wrap; h l move sideways"))]
        case .open: isReading.toggle()
        case .nextPane: focus = focus == .list ? .reader : .list
        case .left:
            if wraps, isReading { return move(by: -1, context) }
            sideScroll = max(0, sideScroll - 8)
        case .right:
            if wraps, isReading { return move(by: 1, context) }
            if !wraps { sideScroll += 8 }
        case .scrollDown, .scrollUp:
            let layout = DataLayout(self, context)
            let step = max(1, layout.readerRows / 2)
            scroll += action == .scrollDown ? step : -step
            clampScroll(layout)
        default: break
        }
        if action == .mask || action == .difference {
            scroll = 0
            // Where only one pane fits, it has to be the one that changed.
            if DataLayout(self, context).reader == nil { focus = .reader }
        }
        return refreshReader()
    }

    mutating func back(_ context: ScreenContext) -> Effects {
        if reading != nil { return [.data(.cancelReading)] }
        if isMapping {
            sheet = nil
            return []
        }
        if failure != nil {
            failure = nil
            return []
        }
        if showsLibrary {
            showsLibrary = false
        } else if sheet != nil {
            sheet = nil
        } else if rangeStart != nil {
            rangeStart = nil
        } else if readerMode == .difference {
            readerMode = .text
        } else if isReading {
            isReading = false
        } else if !filter.isEmpty {
            return run(filter: "")
        } else if !marks.isEmpty {
            clearMarks()
        } else if focus == .reader {
            focus = .list
        }
        return []
    }

    // MARK: Library

    private mutating func performInLibrary(_ action: Action, _ context: ScreenContext) -> Effects {
        switch action {
        case .open:
            guard library.indices.contains(libraryCursor.selected) else { return [] }
            let name = library[libraryCursor.selected].name
            // A set whose journal went on elsewhere is read anew.
            if name == facts?.name, saveProblem == nil {
                showsLibrary = false
                return []
            }
            showsLibrary = false
            reading = ReadingProgress(name: name, fraction: nil)
            return [.data(.open(name))]
        case .openFile, .library:
            return [.prompt(Prompt(.openDataset, title: "read file", hint: "path of a .jsonl or .json file; ~ works"))]
        case .cancelReading: return [.data(.cancelReading)]
        case .mapping: return failure?.path.map { [.data(.inspect(path: $0))] } ?? []
        default:
            Self.move(&libraryCursor, action, height: max(1, context.height - 12))
        }
        return []
    }

    // MARK: Answers to prompts

    mutating func answer(_ purpose: Prompt.Purpose, _ text: String?, _ context: ScreenContext) -> Effects {
        guard let text else { return [] }
        let trimmed = text.trimmingCharacters(in: .whitespaces)
        switch purpose {
        case .filter: return run(filter: trimmed)
        case .openDataset:
            guard !trimmed.isEmpty else { return [] }
            showsLibrary = false
            failure = nil
            reading = ReadingProgress(name: trimmed, fraction: nil)
            return [.data(.importFile(path: trimmed, mapping: nil))]
        case .exportDataset:
            guard !trimmed.isEmpty else { return [] }
            return [.data(.export(path: trimmed, set.survivors)), .say(Notice(.info, "writing \(trimmed)"))]
        case .tag: return tag(text, context)
        case .note: return currentIndex.map { change(.note(trimmed.isEmpty ? nil : trimmed), on: [$0], context) } ?? []
        case .saveView: return saveView(named: trimmed)
        case .field(let part): return setField(part, trimmed)
        default: return []
        }
    }

    private func askTag() -> Effects {
        let rows = marks.isEmpty ? 1 : marks.count
        let tags = marks.isEmpty ? current?.state.tags ?? [] : []
        let has = tags.isEmpty ? "" : " (has \(tags.joined(separator: " ")))"
        return [
            .prompt(
                Prompt(
                    .tag, title: "tag \(rows == 1 ? "this row" : "\(rows) rows")\(has)",
                    hint: "words; -word takes one off"))
        ]
    }
}
