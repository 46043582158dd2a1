import Foundation
import OrderedJSON
import Tokenizers

/// The small files of a model folder that concern text.
struct ModelTextFiles {
    let folder: String

    /// The folder itself, or the folder of the tokenizer.json that was named.
    init(folder: String) {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder)
        self.folder = exists && !isFolder.boolValue ? (folder as NSString).deletingLastPathComponent : folder
    }

    func path(_ name: String) -> String { folder.isEmpty ? name : folder + "/" + name }

    /// Nil when the file is not there.
    func json(_ name: String) throws(ModelTextError) -> JSONValue? {
        guard let bytes = try bytes(name) else { return nil }
        do {
            return try JSONValue(parsing: bytes)
        } catch {
            throw ModelTextError(
                file: path(name), reason: "not valid JSON: \(error)",
                remedy: "Copy the file again from where the model came")
        }
    }

    /// Of the files that the vocabulary is read from, in order.
    func hash(ofTokenizerAt path: String) throws(ModelTextError) -> String {
        var content: [UInt8] = []
        for file in Tokenizer.files(ofTokenizerAt: path) { content += try bytes(at: file) ?? [] }
        return content.isEmpty ? "" : ContentHash(content).hex
    }

    /// Templates by name, `default` being the one in use; a file of its own wins over tokenizer_config.json.
    func templates(in configuration: JSONValue?) throws -> [String: (source: String, file: String)] {
        var found: [String: (source: String, file: String)] = [:]
        switch configuration?["chat_template"] {
        case .string(let source): found["default"] = (source, "tokenizer_config.json")
        case .array(let list):
            for element in list {
                guard let name = element["name"]?.string, let source = element["template"]?.string else { continue }
                found[name] = (source, "tokenizer_config.json")
            }
            if found["default"] == nil, found.count == 1, let only = found.first { found["default"] = only.value }
        default: break
        }
        for name in ["chat_template.json"] {
            if let source = try json(name)?["chat_template"]?.string { found["default"] = (source, name) }
        }
        if let bytes = try bytes("chat_template.jinja") {
            guard let source = String(validating: bytes, as: UTF8.self) else {
                throw ModelTextError(
                    file: path("chat_template.jinja"), reason: "not valid UTF-8",
                    remedy: "Copy the file again from where the model came")
            }
            found["default"] = (source, "chat_template.jinja")
        }
        return found
    }

    private func bytes(_ name: String) throws(ModelTextError) -> [UInt8]? { try bytes(at: path(name)) }

    private func bytes(at path: String) throws(ModelTextError) -> [UInt8]? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        do {
            return try FileBytes.contents(of: path)
        } catch {
            throw ModelTextError(file: path, reason: "\(error)", remedy: "Check that the file can be read")
        }
    }
}
