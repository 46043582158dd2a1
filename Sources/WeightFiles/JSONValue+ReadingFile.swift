public import OrderedJSON
import Tensors

/// Why a JSON file could not be read.
public struct JSONFileError: Error, Equatable, CustomStringConvertible {
    public let path: String
    public let reason: String

    public var description: String { "Cannot use \(path): \(reason)." }
}

extension JSONValue {
    /// Reads a small JSON file (a configuration, an index).
    ///
    /// - Throws: `JSONFileError` when it cannot be opened, is larger than 64 MB, or is not JSON (with line and column).
    public init(readingFile path: String) throws(JSONFileError) {
        let file: MappedFile
        do {
            file = try MappedFile(path: path)
        } catch {
            throw JSONFileError(path: path, reason: error.reason)
        }
        guard file.count > 0 else { throw JSONFileError(path: path, reason: "the file is empty") }
        guard file.count <= 64 << 20 else {
            throw JSONFileError(path: path, reason: "it has \(file.count) bytes, far more than such a file needs")
        }
        let bytes = file.bytes(0..<file.count)
        if bytes.starts(with: Array("version https://git-lfs".utf8)) {
            throw JSONFileError(
                path: path, reason: "it is a Git LFS pointer; run `git lfs pull` in its folder or download the file")
        }
        do {
            self = try JSONValue(parsing: bytes)
        } catch {
            throw JSONFileError(path: path, reason: "it is not valid JSON: \(error.description)")
        }
    }
}
