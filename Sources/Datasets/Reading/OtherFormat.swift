/// Formats that people hand over by mistake, told by their first bytes.
enum OtherFormat {
    private static let known: [(start: [UInt8], name: String, remedy: String)] = [
        ([0x1F, 0x8B], "a gzip archive", "unpack it first (gunzip)"),
        ([0x28, 0xB5, 0x2F, 0xFD], "a zstd archive", "unpack it first (zstd -d)"),
        ([0x42, 0x5A, 0x68], "a bzip2 archive", "unpack it first (bunzip2)"),
        ([0x50, 0x4B, 0x03, 0x04], "a zip archive", "unpack it first (unzip)"),
        (Array("PAR1".utf8), "a Parquet file", "write it as JSON lines first (in Python: Dataset.to_json)"),
        (Array("ARROW1".utf8), "an Arrow file", "write it as JSON lines first (in Python: Dataset.to_json)"),
        (Array("SQLite format 3".utf8), "an SQLite database", "export its rows as JSON lines first"),
        (Array("version https://git-lfs".utf8), "a Git LFS pointer", "fetch the data itself (git lfs pull)"),
        ([0xFF, 0xFE], "UTF-16 text", "save it as UTF-8"),
        ([0xFE, 0xFF], "UTF-16 text", "save it as UTF-8"),
    ]

    static func refuse(_ head: ArraySlice<UInt8>, path: String) throws(DatasetError) {
        if head.isEmpty { throw .empty(path: path) }
        for format in known where head.starts(with: format.start) {
            throw .otherFormat(path: path, format: format.name, remedy: format.remedy)
        }
        if head.prefix(4_096).contains(0) {
            throw .otherFormat(
                path: path, format: "a binary file", remedy: "a data set has one JSON object on each line")
        }
    }
}
