/// Formats that people hand over by mistake, told by their first bytes.
enum OtherFormat {
    private static let arrowRemedy =
        "write it as Parquet first (in Python: datasets.Dataset.from_file(PATH).to_parquet(NEW), or "
        + "load_from_disk(FOLDER).to_parquet(NEW))"
    private static let known: [(start: [UInt8], name: String, remedy: String)] = [
        ([0x42, 0x5A, 0x68], "a bzip2 archive", "unpack it first (bunzip2)"),
        ([0x50, 0x4B, 0x03, 0x04], "a zip archive", "unpack it first (unzip)"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "an xz archive", "unpack it first (xz -d)"),
        ([0x04, 0x22, 0x4D, 0x18], "an LZ4 archive", "unpack it first (lz4 -d)"),
        ([0x37, 0x7A, 0xBC, 0xAF], "a 7-Zip archive", "unpack it first"),
        (Array("PARE".utf8), "an encrypted Parquet file", "write it again without encryption"),
        (Array("ARROW1".utf8), "an Arrow file", arrowRemedy),
        ([0xFF, 0xFF, 0xFF, 0xFF], "an Arrow stream", arrowRemedy),
        (Array("ORC".utf8), "an ORC file", "write it as Parquet first"),
        ([0x80, 0x04, 0x95], "a Python pickle", "a pickle is a program and never run; write it as JSON lines first"),
        (Array("SQLite format 3".utf8), "an SQLite database", "export its rows as JSON lines first"),
        (Array("version https://git-lfs".utf8), "a Git LFS pointer", "fetch the data itself (git lfs pull)"),
        ([0xFF, 0xFE], "UTF-16 text", "save it as UTF-8"),
        ([0xFE, 0xFF], "UTF-16 text", "save it as UTF-8"),
    ]

    static func refuse(_ head: ArraySlice<UInt8>, path: String) throws(DatasetError) {
        for format in known where head.starts(with: format.start) {
            throw .otherFormat(path: path, format: format.name, remedy: format.remedy)
        }
        if head.count > 262, head[(head.startIndex + 257)..<(head.startIndex + 262)].elementsEqual("ustar".utf8) {
            throw .otherFormat(
                path: path, format: "a tar archive", remedy: "unpack it first (tar xf) and name the folder")
        }
        if head.prefix(4_096).contains(0) {
            throw .otherFormat(
                path: path, format: "a binary file",
                remedy: "data sets are JSON lines, JSON, CSV, TSV, Parquet or plain text in UTF-8")
        }
    }
}
