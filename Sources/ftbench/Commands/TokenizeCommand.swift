import ArgumentParser
import Datasets
import Foundation
import OrderedJSON
import Records
import Tokenizers

/// Text to ids.
struct TokenizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "tokenize", abstract: "Turn text into token ids.")

    @OptionGroup var options: CommonOptions
    @Option(help: "Model folder, tokenizer file, or a model of the workspace.") var model: String
    @Option(help: "The text itself.") var text: String?
    @Option(help: "A file to take the whole text from.") var file: String?
    @Option(help: "A JSONL file: the `text` of each line; prints one object a line.") var lines: String?
    @Flag(name: .customLong("no-special"), help: "Add no begin or end tokens.") var noSpecial = false

    func validate() throws {
        if [text, file, lines].count(where: { $0 != nil }) != 1 {
            throw ValidationError("Give one of --text, --file and --lines.")
        }
    }

    func run() throws {
        let tokenizer = try Tokenizer.loadAny(try NamedThings.forText(options).modelPath(model))
        if let lines {
            try JSONLines.forEach(in: lines) { object, line in
                guard let text = object["text"]?.string else { throw JSONLines.missing("text", lines, line) }
                show(tokenizer.encode(text, addSpecialTokens: !noSpecial), asLine: true)
            }
        } else {
            let content = try text ?? TextFile.read(file ?? "")
            show(tokenizer.encode(content, addSpecialTokens: !noSpecial), asLine: false)
        }
    }

    private func show(_ ids: [Int32], asLine: Bool) {
        if options.json || asLine {
            Output.json(["ids": .array(ids.map { .integer(Int($0)) })])
        } else {
            Output.line(ids.map(String.init).joined(separator: " "))
        }
    }
}

/// Ids to text.
struct DetokenizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "detokenize", abstract: "Turn token ids into text.")

    @OptionGroup var options: CommonOptions
    @Option(help: "Model folder, tokenizer file, or a model of the workspace.") var model: String
    @Option(help: "Ids, separated by commas or spaces.") var ids: String?
    @Option(help: "A JSONL file: the `ids` of each line; prints one object a line.") var lines: String?
    @Flag(name: .customLong("keep-special"), help: "Write special tokens too.") var keepSpecial = false

    func validate() throws {
        if (ids == nil) == (lines == nil) { throw ValidationError("Give one of --ids and --lines.") }
    }

    func run() throws {
        let tokenizer = try Tokenizer.loadAny(try NamedThings.forText(options).modelPath(model))
        if let lines {
            try JSONLines.forEach(in: lines) { object, line in
                guard let list = object["ids"]?.array else { throw JSONLines.missing("ids", lines, line) }
                let ids = try list.map { value -> Int32 in
                    guard let id = value.int.flatMap(Int32.init(exactly:)) else {
                        throw Failure(
                            "\(lines), line \(line): `ids` holds \(value.serialized()), which is no token id.")
                    }
                    return id
                }
                Output.json(["text": .string(tokenizer.decode(ids, skipSpecialTokens: !keepSpecial))])
            }
        } else {
            let text = tokenizer.decode(try IDList.parse(ids ?? ""), skipSpecialTokens: !keepSpecial)
            if options.json { Output.json(["text": .string(text)]) } else { Output.line(text) }
        }
    }
}

enum IDList {
    static func parse(_ text: String) throws -> [Int32] {
        try text.split { ", \t\n[]".contains($0) }.map { word in
            guard let id = Int32(word), id >= 0 else { throw ValidationError("'\(word)' is no token id.") }
            return id
        }
    }
}

enum TextFile {
    /// The file as text; what is no UTF-8 is refused with the place.
    static func read(_ path: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure("\(path) cannot be read. Check the path and its permissions.")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw Failure("\(path) is not UTF-8 text. Convert it first, for example with iconv.")
        }
        return text
    }
}

enum JSONLines {
    /// Calls `body` for every line that is not blank, with its number from 1.
    static func forEach(in path: String, _ body: (JSONObject, Int) throws -> Void) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure("\(path) cannot be read. Check the path and its permissions.")
        }
        var number = 0
        for line in data.split(separator: 0x0A, omittingEmptySubsequences: false) {
            number += 1
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { continue }
            do {
                guard case .object(let object) = try JSONValue(parsing: line) else {
                    throw Failure("\(path), line \(number): expected an object.")
                }
                try body(object, number)
            } catch let error as JSONError {
                throw Failure("\(path), line \(number), column \(error.column): \(error.reason).")
            }
        }
    }

    static func missing(_ key: String, _ path: String, _ line: Int) -> Failure {
        Failure("\(path), line \(line): the object has no `\(key)`.")
    }
}

extension NamedThings {
    /// Text commands must not create a workspace: they look into one only when it is there.
    static func forText(_ options: CommonOptions) throws -> NamedThings {
        let exists = FileManager.default.fileExists(atPath: options.workspaceFolder + "/workspace.sqlite")
        return NamedThings(workspace: exists ? try options.openWorkspace() : nil)
    }
}
