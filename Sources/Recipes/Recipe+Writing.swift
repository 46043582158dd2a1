extension Recipe {
    /// This recipe as a file people edit: every field, its meaning in a comment above it.
    ///
    /// Without `comments` it is what records and checkpoints keep.
    public func yaml(comments: Bool = true) -> String {
        var out = comments ? "# Runs with: ftbench train FILE   (checks with: ftbench plan FILE)\n" : ""
        var section: String?
        for field in RecipeField.all {
            if field.section != section {
                section = field.section
                if comments { out += "\n" }
                if let section { out += "\(section):\n" }
            } else if comments, section == nil {
                out += "\n"
            }
            let indent = field.section == nil ? "" : "  "
            if comments {
                var words = field.explanation + " " + field.advice
                words += " Holds \(field.range)"
                if let absence = field.absence { words += "; null: \(absence)" }
                words += field.defaultText.isEmpty ? "." : "; default \(field.defaultText)."
                out += Self.comment(words, indent: indent)
            }
            out += "\(indent)\(field.name): \(field.value(in: self).yaml)\n"
        }
        return out
    }

    private static func comment(_ text: String, indent: String) -> String {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, indent.count + 3 + line.count + word.count > 100 {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        lines.append(line)
        return lines.map { "\(indent)# \($0)\n" }.joined()
    }
}

/// The catalogue as documentation.
public enum RecipeReference {
    /// A Markdown table a group: key, default, range, meaning.
    public static func markdown() -> String {
        var out = ""
        for group in RecipeField.Group.allCases {
            out += "## \(group.rawValue)\n\n| key | default | holds | what it does |\n| --- | --- | --- | --- |\n"
            for field in RecipeField.all where field.group == group {
                let start = field.isRequired ? "(needed)" : field.defaultText.isEmpty ? "–" : "`\(field.defaultText)`"
                let unit = field.unit.map { " (\($0))" } ?? ""
                out += "| `\(field.key)` | \(start) | \(field.range)\(unit) | \(field.explanation) \(field.advice) |\n"
            }
            out += "\n"
        }
        return out
    }
}
