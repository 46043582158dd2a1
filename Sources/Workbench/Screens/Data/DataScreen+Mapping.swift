import Curation
import Datasets
import TerminalUI

/// How the file is read, and rows that share something.
extension DataScreen {
    // MARK: Shape and fields

    mutating func showMapping(_ inspection: FileInspection) -> Effects {
        let known = inspection.path == facts?.path ? facts?.mapping : nil
        sheet = .mapping(MappingSheet(inspection, mapping: known))
        return []
    }

    mutating func perform(_ action: Action, in mapping: MappingSheet, _ height: Int) -> Effects {
        var mapping = mapping
        switch action {
        case .next: mapping.turn(1)
        case .previous: mapping.turn(-1)
        case .edit:
            guard let part = mapping.part else { return [.say(Notice(.info, "h and l change this line"))] }
            return [
                .prompt(
                    Prompt(
                        .field(part.rawValue), title: "field for \(part.rawValue)",
                        text: mapping.mapping.fields[part] ?? "",
                        hint: "a name; dots reach into objects"))
            ]
        case .choose:
            if let missing = mapping.missing {
                return [
                    .say(Notice(.warning, "\(mapping.mapping.shape.rawValue) needs a field for \(missing.rawValue)"))
                ]
            }
            sheet = nil
            failure = nil
            showsLibrary = false
            reading = ReadingProgress(name: mapping.path, fraction: nil)
            return [.data(.importFile(path: mapping.path, mapping: mapping.mapping))]
        default: Self.move(&mapping.cursor, action, height: height)
        }
        sheet = .mapping(mapping)
        return []
    }

    mutating func setField(_ part: String, _ name: String) -> Effects {
        guard case .mapping(var mapping) = sheet, let part = ColumnMapping.Part(rawValue: part) else { return [] }
        mapping.mapping.fields[part] = name.isEmpty ? nil : name
        sheet = .mapping(mapping)
        return []
    }

    // MARK: Rows that share something

    static func values(of row: CurationRow) -> [SameValue] {
        var values = [SameValue(title: "status \(row.status.rawValue)", filter: "status:\(row.status.rawValue)")]
        if let source = row.source {
            values.append(SameValue(title: "source \(source)", filter: "source:\"\(escaped(source))\""))
        }
        values += row.state.tags.map { SameValue(title: "tag \($0)", filter: "tag:\"\(escaped($0))\"") }
        guard let signals = row.signals else { return values }
        let found = Signal.allCases.filter { signals.flags.contains($0) }
        let kinds = PIIKind.allCases.filter { signals.pii.contains($0) }
        return found.map { SameValue(title: $0.title, filter: "is:\($0.rawValue)") }
            + kinds.map { SameValue(title: "personal data: \($0.rawValue)", filter: "pii:\($0.rawValue)") }
            + [SameValue(title: "language \(signals.language.rawValue)", filter: "lang:\(signals.language.rawValue)")]
            + values
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    }

    mutating func perform(
        _ action: Action, in values: [SameValue], _ cursor: ListCursor, _ height: Int
    ) -> Effects {
        var cursor = cursor
        guard action == .choose || action == .first, values.indices.contains(cursor.selected) else {
            Self.move(&cursor, action, height: height)
            sheet = .same(values, cursor)
            return []
        }
        sheet = nil
        let value = values[cursor.selected]
        if action == .first { return run(filter: value.filter) }
        guard let expression = try? FilterExpression(parsing: value.filter) else { return [] }
        let filter = FilterRun(expression)
        let rows = shown.filter { filter.matches($0, in: set) }
        mark(rows)
        return [
            .say(Notice(.info, "\(NumberText.grouped(rows.count)) rows marked: \(value.title) · A keeps, X drops them"))
        ]
    }
}
