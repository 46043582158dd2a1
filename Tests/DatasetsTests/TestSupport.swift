// swift-format-ignore-file: NeverForceUnwrap

import Foundation
import OrderedJSON
import Testing
import Tokenizers

@testable import Datasets

/// A folder of its own that goes away with the test.
final class Scratch {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "ftbench-datasets-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String, _ text: String) throws -> String { try file(name, bytes: Array(text.utf8)) }

    func file(_ name: String, bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
        return path + "/" + name
    }
}

enum Places {
    static let root: String = {
        var url = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { url.deleteLastPathComponent() }
        return url.path
    }()
    static let fixtures = root + "/Tests/Fixtures/datasets/"
    static let shared = root + "/../shared/data/"
    static let hasShared = FileManager.default.fileExists(atPath: shared + "datasets")
    static func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
}

/// A byte-level tokenizer with one token a byte: ids 0 to 255 are the bytes, the special tokens follow.
enum ByteTokenizer {
    static let special = ["<s>", "</s>", "<|im_start|>", "<|im_end|>"]
    static let begin: Int32 = 256
    static let end: Int32 = 257
    static let turnEnd: Int32 = 259

    static func json(addsBegin: Bool = false, special: [String] = special) -> JSONValue {
        var vocabulary: JSONObject = [:]
        var next: UInt32 = 256
        for byte in 0..<256 as Range<UInt32> {
            let isPrintable = (33...126).contains(byte) || (161...172).contains(byte) || (174...255).contains(byte)
            var scalar = byte
            if !isPrintable { (scalar, next) = (next, next + 1) }
            vocabulary[String(Character(Unicode.Scalar(scalar)!))] = .integer(Int(byte))
        }
        let added = special.enumerated().map { index, text -> JSONValue in
            [
                "id": .integer(256 + index), "content": .string(text), "single_word": false, "lstrip": false,
                "rstrip": false, "normalized": false, "special": true,
            ]
        }
        let template: JSONValue = [
            "type": "TemplateProcessing",
            "single": [
                ["SpecialToken": ["id": "<s>", "type_id": 0]], ["Sequence": ["id": "A", "type_id": 0]],
            ],
            "pair": [],
            "special_tokens": ["<s>": ["id": "<s>", "ids": [256], "tokens": ["<s>"]]],
        ]
        return [
            "version": "1.0", "truncation": nil, "padding": nil, "added_tokens": .array(added), "normalizer": nil,
            "pre_tokenizer": ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true],
            "post_processor": addsBegin ? template : nil,
            "decoder": ["type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true],
            "model": ["type": "BPE", "unk_token": nil, "vocab": .object(vocabulary), "merges": []],
        ]
    }

    static func text(
        template: String?, addsBegin: Bool = false, end: String? = "</s>", ends: [Int32] = [],
        special: [String] = special
    ) throws -> ModelText {
        try ModelText(
            tokenizer: Tokenizer(json: json(addsBegin: addsBegin, special: special), named: "bytes"),
            templateSource: template,
            beginToken: "<s>", endToken: end, endTokenIDs: ends)
    }
}

extension TokenizedExample {
    /// The text of the trained tokens, special tokens included, with `|` between runs.
    var trainedText: String {
        let bytes = Array(renderedText.utf8)
        var runs: [[UInt8]] = []
        var open = false
        for (index, isTrained) in trained.enumerated() {
            if isTrained {
                if !open { runs.append([]) }
                runs[runs.count - 1] += bytes[spans[index]]
            }
            open = isTrained
        }
        return runs.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "|")
    }
}

func chat(_ turns: (String, String)...) -> Example {
    Example(content: .chat(turns.map { ChatMessage(role: $0.0, content: $0.1) }, tools: nil), line: 1)
}
