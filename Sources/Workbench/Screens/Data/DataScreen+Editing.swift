import Curation
import Datasets
import OrderedJSON
import TerminalUI

/// Editing a row: in place, or as JSON in $EDITOR.
extension DataScreen {
    mutating func beginEditing() {
        guard let current else { return }
        editing = RowEditor(row: current.index, example: current.example)
    }

    /// The editor gets every key, those of every screen included: they are text.
    var capturesKeys: Bool { editing != nil }

    mutating func type(_ key: Key, _ context: ScreenContext) -> Effects {
        guard var editor = editing else { return [] }
        switch key {
        case .control("s"): return saveEditing(context)
        case .escape, .control("c"):
            guard editor.isChanged else {
                editing = nil
                return []
            }
            return [
                .ask(
                    Question(
                        title: "Leave row \(editor.row + 1) without saving?", lines: ["^S saves"],
                        choices: [.init("y", "leave, lose the changes", effects: [.confirmed(.leaveEditor)])],
                        isLine: true))
            ]
        case .tab: editor.turn(1)
        case .backTab: editor.turn(-1)
        default:
            guard editor.fields.indices.contains(editor.index) else { break }
            let area = DataLayout.editorText(context)
            _ = editor.fields[editor.index].editor.handle(key, width: area.width, height: area.height)
        }
        editing = editor
        return []
    }

    private mutating func saveEditing(_ context: ScreenContext) -> Effects {
        guard let editor = editing else { return [] }
        editing = nil
        guard editor.isChanged else { return [.say(Notice(.info, "unchanged"))] }
        return change(.edit(editor.edited), on: [editor.row], context)
    }

    // MARK: $EDITOR

    mutating func editExternally() -> Effects {
        guard let current else { return [] }
        var text = current.example.asJSON.serialized(.pretty(indent: 2)) + "\n"
        // What could not be taken comes back as it was typed: nobody types it twice.
        if let refusedText, refusedText.row == current.index { text = refusedText.text }
        return [.editExternally(EditorRequest(.example(current.index), text: text, fileExtension: "json"))]
    }

    mutating func receive(edited purpose: EditorRequest.Purpose, _ text: String?, _ context: ScreenContext) -> Effects {
        guard case .example(let row) = purpose, set.rows.indices.contains(row) else { return [] }
        guard let text else { return [.say(Notice(.info, "unchanged"))] }
        do {
            let value = try JSONValue(parsing: text)
            let example = try Example(json: value)
            refusedText = nil
            return change(.edit(example), on: [row], context)
        } catch let error as JSONError {
            return refuse(row, text, "line \(error.line), column \(error.column): \(error.reason)")
        } catch {
            return refuse(row, text, "\(error)")
        }
    }

    private mutating func refuse(_ row: Int, _ text: String, _ reason: String) -> Effects {
        refusedText = (row, text)
        return [.say(Notice(.error, "row \(row + 1) not taken: \(reason) · E opens it again as you left it"))]
    }
}
