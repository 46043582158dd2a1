import Decompression

/// No packed file of the size we feed unpacks to more than this in earnest.
private let limit = 1 << 22

extension FuzzSubject {
    static let gzip = FuzzSubject(
        "gzip", seeds: { FixtureSeeds.files(in: "tables", ".gz", ".zlib") },
        read: { _ = try? Gzip.unpack($0, limit: limit) })

    static let zstd = FuzzSubject(
        "zstd", seeds: { FixtureSeeds.files(in: "tables", ".zst") }, read: { _ = try? Zstd.unpack($0, limit: limit) })

    static let snappy = FuzzSubject(
        "snappy", seeds: { FixtureSeeds.files(in: "tables", ".snappy") },
        read: { _ = try? Snappy.unpack($0, limit: limit) })

    static let lz4 = FuzzSubject(
        "lz4", seeds: { FixtureSeeds.files(in: "tables", ".lz4") },
        read: {
            _ = try? LZ4.unpack($0[...], limit: limit)
            _ = LZ4.unpackHadoop($0, limit: limit)
        })
}
