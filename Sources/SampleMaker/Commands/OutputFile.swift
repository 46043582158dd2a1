import Foundation
import OrderedJSON

/// A file that could not be read or written, with what to do.
struct FileTrouble: Error, CustomStringConvertible {
    let description: String
}

/// Writes `text` to `name` in `folder`, which is made when missing.
func write(_ text: String, to name: String, in folder: String = "") throws(FileTrouble) {
    let path = folder.isEmpty ? name : folder + "/" + name
    let url = URL(fileURLWithPath: path)
    do {
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url, options: .atomic)
    } catch {
        throw FileTrouble(
            description: "Cannot write \(path): \(error.localizedDescription) Check the folder's rights and free space."
        )
    }
}

func write(_ value: JSONValue, to name: String, in folder: String) throws(FileTrouble) {
    try write(value.serialized(.pretty(indent: 2)) + "\n", to: name, in: folder)
}

/// Lines of a UTF-8 file.
func lines(of path: String) throws(FileTrouble) -> [Substring] {
    do {
        return try String(contentsOf: URL(fileURLWithPath: path), encoding: .utf8).split(separator: "\n")
    } catch {
        throw FileTrouble(
            description: "Cannot read \(path): \(error.localizedDescription) Make it with `SampleMaker corpus`.")
    }
}
