import Tables

extension FuzzSubject {
    static let parquet = FuzzSubject(
        "parquet", words: ["PAR1", "schema", "list", "element", "key_value"],
        seeds: { FixtureSeeds.files(in: "tables", ".parquet") },
        tail: { bytes in
            // The directory's length, lowest byte first, and the mark stand at the end.
            guard bytes.count > 12 else { return 0 }
            let directory = bytes.suffix(8).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            return directory + 8
        },
        read: { bytes in
            guard var file = try? ParquetFile(bytes) else { return }
            // Columns of nulls are rows without bytes: a file may rightly hold more than a fuzzer should wait for.
            for _ in 0..<2_000 {
                guard (try? file.next()) != nil else { return }
            }
        })

    static let csv = FuzzSubject(
        "csv", words: ["\"\"", "\r\n", "\u{FEFF}", "\t", ";"],
        seeds: { FixtureSeeds.members(of: "tables/csv-cases.jsonl", "text") + [Array("a,b\n1,\"x\ny\"\n".utf8)] },
        read: { bytes in
            let delimiter = DelimiterGuess(bytes, isWhole: true)?.delimiter ?? UInt8(ascii: ",")
            var reader = DelimitedReader(delimiter: delimiter, bytes: bytes)
            while let record = try? reader.next() { _ = record.line }
        })
}
