import Foundation
public import OrderedJSON
import Tables

/// Writes examples in any of the shapes that reading knows, as JSON lines, one JSON list, or delimited text.
public enum DatasetWriter {
    /// How the file is laid out.
    public enum Layout: String, Sendable, CaseIterable {
        case jsonl, json, csv, tsv

        /// By the ending of a file's name; JSON lines for any other.
        public init(path: String) {
            self = Layout(rawValue: FormatGuess.ending(of: path)) ?? .jsonl
        }
    }

    /// Writes a file beside the target and renames it, so that no reader ever sees half a file.
    /// - Parameters:
    ///   - examples: The rows.
    ///   - shape: Nil writes each row in the shape nearest to it.
    ///   - layout: Nil goes by the ending of the path.
    ///   - path: A file that is there already is replaced.
    /// - Returns: The number of rows.
    /// - Throws: `cannotExport` for a row that the shape or layout cannot hold, and then nothing is written;
    ///   `cannotWrite`.
    @discardableResult
    public static func write(
        _ examples: some Sequence<Example>, shape: RowShape? = nil, layout: Layout? = nil, to path: String
    ) throws(DatasetError) -> Int {
        let layout = layout ?? Layout(path: path)
        switch layout {
        case .jsonl, .json:
            return try write(examples, layout, to: path) { example throws(DatasetError) in
                try row(example, shape: shape)
            }
        case .csv, .tsv:
            return try DelimitedExport(delimiter: layout == .csv ? UInt8(ascii: ",") : 0x09).write(
                examples, shape: shape, to: path)
        }
    }

    /// Writes rows with what was decided about them, as JSON lines; see `CuratedRow`.
    @discardableResult
    public static func write(curated rows: some Sequence<CuratedRow>, to path: String) throws(DatasetError) -> Int {
        try write(rows, .jsonl, to: path) { row throws(DatasetError) in row.asJSON }
    }

    private static func write<Row>(
        _ rows: some Sequence<Row>, _ layout: Layout, to path: String,
        _ json: (Row) throws(DatasetError) -> JSONValue
    ) throws(DatasetError) -> Int {
        var file = try ReplacedFile(path: path)
        var count = 0
        if layout == .json { file.append("[\n".utf8) }
        for one in rows {
            if layout == .json, count > 0 { file.append(",\n".utf8) }
            file.append(try json(one).serialized(.python).utf8)
            if layout == .jsonl { file.append(CollectionOfOne(0x0A)) }
            try file.flush(leaving: 1 << 20)
            count += 1
        }
        if layout == .json { file.append(count > 0 ? "\n]\n".utf8 : "]\n".utf8) }
        try file.finish()
        return count
    }

    /// One row, with the fields that play no part after those of the shape. One of these that has a name of the
    /// shape gets a low line behind it.
    public static func row(_ example: Example, shape: RowShape? = nil) throws(DatasetError) -> JSONValue {
        let shape = shape ?? naturalShape(of: example)
        var members: JSONObject
        do {
            members = try ShapeWriting.members(example, shape)
        } catch {
            throw .cannotExport(line: example.line, shape: shape, reason: error.reason)
        }
        if shape == .curated { return .object(members) }
        for (key, value) in example.extra {
            var free = key
            while members[free] != nil || free != key && example.extra[free] != nil { free += "_" }
            members[free] = value
        }
        return .object(members)
    }

    public static func naturalShape(of example: Example) -> RowShape {
        switch example.content {
        case .chat: .messages
        case .completion: .promptCompletion
        case .text: .text
        case .preference: .preference
        case .feedback: .feedback
        case .steps: .stepwise
        case .tokens: .tokens
        }
    }
}

/// A file that is written beside its target and takes its place once it is whole.
struct ReplacedFile: ~Copyable {
    private let path: String
    private let beside: String
    private let handle: FileHandle
    private var pending: [UInt8] = []
    private var isFinished = false

    init(path: String) throws(DatasetError) {
        self.path = path
        beside = path + ".\(ProcessInfo.processInfo.processIdentifier).part"
        do {
            try Data().write(to: URL(fileURLWithPath: beside))
            handle = try FileHandle(forWritingTo: URL(fileURLWithPath: beside))
        } catch {
            unlink(beside)
            throw .cannotWrite(path: path, reason: Self.reason(error))
        }
    }

    deinit {
        if !isFinished { unlink(beside) }
    }

    mutating func append(_ bytes: some Sequence<UInt8>) { pending += bytes }

    /// Writes what is pending once there is more than `leaving` of it.
    mutating func flush(leaving: Int) throws(DatasetError) {
        guard pending.count > leaving else { return }
        do {
            try handle.write(contentsOf: pending)
        } catch {
            throw .cannotWrite(path: path, reason: Self.reason(error))
        }
        pending.removeAll(keepingCapacity: true)
    }

    mutating func finish() throws(DatasetError) {
        try flush(leaving: 0)
        do {
            try handle.synchronize()
            try handle.close()
        } catch {
            throw .cannotWrite(path: path, reason: Self.reason(error))
        }
        if rename(beside, path) != 0 { throw .cannotWrite(path: path, reason: FileBytes.reason(errno)) }
        isFinished = true
    }

    private static func reason(_ error: any Error) -> String {
        let error = error as NSError
        if let posix = error.userInfo[NSUnderlyingErrorKey] as? NSError, posix.domain == NSPOSIXErrorDomain {
            return FileBytes.reason(Int32(posix.code))
        }
        return error.localizedDescription
    }
}
