import Decompression

/// How pages are packed (parquet.thrift, CompressionCodec).
enum ParquetCodec: Int {
    case none, snappy, gzip, lzo, brotli, lz4, zstd, lz4Raw

    var name: String {
        switch self {
        case .none: "none"
        case .snappy: "snappy"
        case .gzip: "gzip"
        case .lzo: "LZO"
        case .brotli: "Brotli"
        case .lz4, .lz4Raw: "LZ4"
        case .zstd: "zstd"
        }
    }

    /// Unpacks a page of `size` bytes, as its header states; another number of them is an error.
    func unpack(_ bytes: [UInt8], size: Int) throws(ParquetError) -> [UInt8] {
        let unpacked: [UInt8]
        do {
            switch self {
            case .none: unpacked = bytes
            case .snappy: unpacked = try Snappy.unpack(bytes, limit: size)
            case .gzip: unpacked = try Gzip.unpack(bytes, limit: size)
            case .zstd: unpacked = try Zstd.unpack(bytes, limit: size)
            case .lz4Raw: unpacked = try LZ4.unpack(bytes[...], limit: size)
            case .lz4:
                unpacked = try LZ4.unpackHadoop(bytes, limit: size) ?? LZ4.unpack(bytes[...], limit: size)
            case .lzo, .brotli:
                throw ParquetError.unsupported(
                    feature: "\(name) compression",
                    remedy: "write it again with compression snappy, zstd, gzip or none")
            }
        } catch let error as ParquetError {
            throw error
        } catch {
            throw .damaged(reason: "\(error)")
        }
        guard unpacked.count == size else {
            throw .damaged(reason: "a page states \(size) bytes and holds \(unpacked.count)")
        }
        return unpacked
    }
}
