import Foundation
import OrderedJSON

/// What LLaMA-Factory's `dataset_info.json` says about a data file that lies beside it: its formatting, which column
/// plays which part, and how messages name theirs. Defaults are those of its `DatasetAttr`.
struct LlamaFactoryEntry {
    var name: String
    /// Relative to the folder of the description.
    var file: String
    var mapping: ColumnMapping

    /// The entry about a file, from the description in its folder.
    static func beside(_ path: String) -> LlamaFactoryEntry? {
        let name = (path as NSString).lastPathComponent
        let folder = (path as NSString).deletingLastPathComponent
        return all(inFile: (folder.isEmpty ? "." : folder) + "/dataset_info.json")?.first { $0.file == name }
    }

    /// Nil when there is no such file, or it is another one of that name, as `datasets` writes.
    static func all(inFile path: String) -> [LlamaFactoryEntry]? {
        guard let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int, size < 1 << 24,
            let data = FileManager.default.contents(atPath: path),
            let members = (try? JSONValue(parsing: data))?.object
        else { return nil }
        let entries = members.compactMap { name, value in value.object.flatMap { LlamaFactoryEntry(name, $0) } }
        return entries.isEmpty ? nil : entries
    }

    private init?(_ name: String, _ entry: JSONObject) {
        guard let file = entry["file_name"]?.string, !file.isEmpty else { return nil }
        self.name = name
        self.file = file
        let columns = entry["columns"]?.object ?? [:]
        func column(_ key: String, _ standard: String? = nil) -> String? { columns[key]?.string ?? standard }
        let isRanked = entry["ranking"]?.bool ?? false
        let label = column("kto_tag")
        var fields: [ColumnMapping.Part: String] = [:]
        fields[.system] = column("system")
        switch entry["formatting"]?.string ?? "alpaca" {
        case "sharegpt", "openai":
            let isOpenAI = entry["formatting"]?.string == "openai"
            fields[.messages] = column("messages", isOpenAI ? "messages" : "conversations")
            fields[.tools] = column("tools")
            mapping = ColumnMapping(shape: isOpenAI ? .messages : .sharegpt)
            mapping.tags = Self.tags(entry["tags"]?.object ?? [:], isOpenAI: isOpenAI)
        default:
            fields[.instruction] = column("prompt", "instruction")
            fields[.input] = column("query", "input")
            fields[.output] = column("response", "output")
            fields[.history] = column("history")
            mapping = ColumnMapping(shape: .alpaca)
        }
        if isRanked || label != nil {
            fields[.prompt] = fields.removeValue(forKey: .instruction)
            let response = fields.removeValue(forKey: .output)
            mapping.shape = isRanked ? .preference : .feedback
            if isRanked {
                fields[.chosen] = column("chosen", "chosen")
                fields[.rejected] = column("rejected", "rejected")
            } else {
                fields[.completion] = response
                fields[.label] = label
            }
        }
        mapping.fields = fields
    }

    private static func tags(_ tags: JSONObject, isOpenAI: Bool) -> RoleTags {
        func tag(_ key: String, _ standard: String) -> String { tags[key]?.string ?? standard }
        return RoleTags(
            role: tag("role_tag", isOpenAI ? "role" : "from"),
            content: tag("content_tag", isOpenAI ? "content" : "value"),
            names: [
                "user": tag("user_tag", isOpenAI ? "user" : "human"),
                "assistant": tag("assistant_tag", isOpenAI ? "assistant" : "gpt"),
                "tool": tag("observation_tag", isOpenAI ? "tool" : "observation"),
                "function_call": tag("function_tag", "function_call"), "system": tag("system_tag", "system"),
            ])
    }
}
