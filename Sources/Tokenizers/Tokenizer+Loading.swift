import Foundation
import OrderedJSON

extension Tokenizer {
    /// Beyond any published file (34 MB), small enough to hold in memory.
    private static let largestFile = 256 << 20

    /// Reads a `tokenizer.json`, or that of a model's folder. Errors name the file and what to do.
    public static func load(path: String) throws(TokenizerError) -> Tokenizer {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        let file = isFolder.boolValue ? (path as NSString).appendingPathComponent("tokenizer.json") : path
        guard exists, FileManager.default.fileExists(atPath: file) else {
            throw TokenizerError(
                file: file, what: "there is no such file",
                remedy: "Point to a model folder that holds a tokenizer.json; a tokenizer.model alone is not enough.")
        }
        let size = (try? FileManager.default.attributesOfItem(atPath: file))?[.size] as? Int ?? 0
        guard size <= largestFile else {
            throw TokenizerError(
                file: file,
                what: "it is \(size >> 20) MiB, more than the \(largestFile >> 20) MiB that a tokenizer may be",
                remedy: "Check that this is a tokenizer.json.")
        }
        guard let data = FileManager.default.contents(atPath: file) else {
            throw TokenizerError(file: file, what: "it cannot be read", remedy: "Check its permissions.")
        }
        return try Tokenizer(bytes: [UInt8](data), named: file)
    }

    /// Takes the bytes of a `tokenizer.json`; errors call it by the name given.
    public convenience init(bytes: [UInt8], named name: String) throws(TokenizerError) {
        let json: JSONValue
        do {
            json = try JSONValue(parsing: bytes)
        } catch {
            throw TokenizerError(
                file: name, what: "it is not valid JSON: \(error)",
                remedy: "The file is damaged or was cut off while being copied; fetch it again.")
        }
        try self.init(json: json, tokens: VocabularyReader.tokens(in: bytes), named: name)
    }
}
