import OrderedJSON
public import Tensors

/// One tensor as the header describes it, after the checks.
public struct SafetensorsEntry: Sendable, Equatable {
    public let name: String
    /// As the file spells it, also for types that the engine cannot hold (`F8_E4M3`, `U32`, …).
    public let type: String
    public let shape: [Int]
    /// Bytes from the start of the file.
    public let bytes: Range<Int>

    /// Nil for types that the engine cannot hold.
    public var elementType: ElementType? { ElementType(safetensorsName: type) }
    public var count: Int { shape.reduce(1, *) }
}

/// The header of a safetensors file, every claim checked against the file's size before anything is used.
///
/// Layout: 8 bytes little-endian header length, that many bytes of JSON
/// `{"name": {"dtype", "shape", "data_offsets"}, …, "__metadata__": {…}}`, then the data without holes.
struct SafetensorsHeader {
    /// In the order of the data.
    let entries: [SafetensorsEntry]
    let metadata: [String: String]

    /// Larger headers than this are refused by the reference implementation too.
    static let largestBytes = 100_000_000

    static let bitsPerElement: [String: Int] = [
        "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
        "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32,
        "F32": 32, "I64": 64, "U64": 64, "F64": 64, "C64": 64,
    ]

    init(of file: MappedFile, named path: String) throws(SafetensorsError) {
        let start = file.bytes(0..<64)
        if let wrong = SafetensorsHeader.foreignFormat(start, path: path) { throw wrong }
        guard start.count >= 8 else { throw .truncated(file: path, expectedBytes: 8, actualBytes: file.count) }
        let claimed = start[0..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard claimed <= UInt64(SafetensorsHeader.largestBytes), Int(claimed) <= file.count - 8 else {
            throw .headerBeyondFile(file: path, claimedBytes: claimed, fileBytes: file.count)
        }
        let dataStart = 8 + Int(claimed)
        let json: JSONValue
        do {
            json = try JSONValue(parsing: file.bytes(8..<dataStart))
        } catch {
            throw .headerNotJSON(file: path, reason: error.description)
        }
        guard let members = json.object else {
            throw .headerNotJSON(file: path, reason: "it is \(json.kind), not an object")
        }
        var entries: [SafetensorsEntry] = []
        var metadata: [String: String] = [:]
        for (name, value) in members {
            if name == "__metadata__" {
                for (key, text) in value.object ?? [:] { metadata[key] = text.string }
            } else {
                entries.append(
                    try SafetensorsHeader.entry(name: name, value: value, dataStart: dataStart, path: path))
            }
        }
        entries.sort { ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound) }
        try SafetensorsHeader.checkCoverage(entries, from: dataStart, fileBytes: file.count, path: path)
        self.entries = entries
        self.metadata = metadata
    }

    private static func entry(
        name: String, value: JSONValue, dataStart: Int, path: String
    ) throws(SafetensorsError) -> SafetensorsEntry {
        func wrong(_ problem: String) -> SafetensorsError { .badEntry(file: path, tensor: name, problem: problem) }
        guard let type = value["dtype"]?.string else { throw wrong("it has no dtype") }
        guard let bits = bitsPerElement[type] else { throw wrong("'\(type)' is no known dtype") }
        guard let sizes = value["shape"]?.array else { throw wrong("it has no shape") }
        guard let offsets = value["data_offsets"]?.array, offsets.count == 2, let begin = offsets[0].int,
            let end = offsets[1].int
        else { throw wrong("data_offsets must be two integers") }
        guard begin >= 0, end >= begin, end < Int.max / 2 else {
            throw wrong("data_offsets [\(begin), \(end)] are not a range")
        }
        var shape: [Int] = []
        var total = bits
        for size in sizes {
            guard let size = size.int, size >= 0 else { throw wrong("its shape holds something else than sizes") }
            let (product, overflow) = total.multipliedReportingOverflow(by: size)
            guard !overflow else { throw wrong("its shape is larger than any file") }
            total = product
            shape.append(size)
        }
        guard total % 8 == 0, total / 8 == end - begin else {
            throw wrong("shape \(shape) of \(type) needs \(total / 8) bytes, its data_offsets give \(end - begin)")
        }
        return SafetensorsEntry(name: name, type: type, shape: shape, bytes: dataStart + begin..<dataStart + end)
    }

    /// The data must be covered once, without holes, to the last byte: anything else means a damaged file.
    private static func checkCoverage(
        _ entries: [SafetensorsEntry], from dataStart: Int, fileBytes: Int, path: String
    ) throws(SafetensorsError) {
        var end = dataStart
        var previous = ""
        for entry in entries {
            if entry.bytes.lowerBound < end { throw .overlap(file: path, first: previous, second: entry.name) }
            if entry.bytes.lowerBound > end {
                throw .gap(file: path, before: entry.name, bytes: entry.bytes.lowerBound - end)
            }
            end = entry.bytes.upperBound
            previous = entry.name
        }
        if end > fileBytes { throw .truncated(file: path, expectedBytes: end, actualBytes: fileBytes) }
        if end < fileBytes { throw .trailingBytes(file: path, bytes: fileBytes - end) }
    }

    /// Files that often lie where weights should be, told by their first bytes.
    private static func foreignFormat(_ start: [UInt8], path: String) -> SafetensorsError? {
        let text = String(decoding: start, as: UTF8.self)
        if text.hasPrefix("version https://git-lfs") { return .gitLFSPointer(file: path) }
        let lowered = text.lowercased().drop { $0.isWhitespace || $0 == "\u{FEFF}" }
        if lowered.hasPrefix("<!doctype") || lowered.hasPrefix("<html") || lowered.hasPrefix("<?xml") {
            return .webPage(file: path)
        }
        if start.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
            return .otherFormat(file: path, format: "a zip archive, as PyTorch's .bin files are")
        }
        if text.hasPrefix("GGUF") { return .otherFormat(file: path, format: "a GGUF file") }
        return nil
    }
}
