import MutationTesting
import Testing

@testable import Decompression

@Suite struct UnpackingTests {
    private static let limit = 1 << 20

    @Test func everyFormatGivesTheSameBytes() throws {
        let wanted = try Gzip.unpack(Packed.bytes("mixed.raw.gz"), limit: Self.limit)
        #expect(wanted.count > 50_000)
        for name in ["mixed-1.zst", "mixed-19.zst", "mixed-stream.zst"] {
            #expect(try Zstd.unpack(Packed.bytes(name), limit: Self.limit) == wanted, "\(name)")
        }
        #expect(try Snappy.unpack(Packed.bytes("mixed.snappy"), limit: Self.limit) == wanted)
        #expect(try LZ4.unpack(Packed.bytes("mixed.lz4")[...], limit: Self.limit) == wanted)
    }

    @Test func kindsOfDeflateBlocksAndWrappers() throws {
        let noise = try Gzip.unpack(Packed.bytes("stored.gz"), limit: Self.limit)
        #expect(noise.count == 3_000)
        #expect(try Zstd.unpack(Packed.bytes("skipped.zst"), limit: Self.limit) == noise)
        let text = try Gzip.unpack(Packed.bytes("wrapped.zlib"), limit: Self.limit)
        #expect(text.count == 2_000)
        #expect(try Gzip.unpack(Packed.bytes("fixed.gz"), limit: Self.limit) == Array(text.prefix(700)))
        #expect(try Gzip.unpack(Packed.bytes("members.gz"), limit: Self.limit) == Array(text.prefix(1_000)))
    }

    @Test func piecesNeedNotComeWhole() throws {
        for (name, isGzip) in [("members.gz", true), ("mixed-19.zst", false)] {
            let bytes = try Packed.bytes(name)
            var position = 0
            let input = CompressedInput {
                defer { position = min(bytes.count, position + 7) }
                return Array(bytes[position..<min(bytes.count, position + 7)])
            }
            var output: [UInt8] = []
            if isGzip {
                var gzip = Gzip(input)
                while let piece = try gzip.next() { output += piece }
                #expect(try output == Gzip.unpack(bytes, limit: Self.limit))
            } else {
                var zstd = Zstd(input)
                while let piece = try zstd.next() { output += piece }
                #expect(try output == Zstd.unpack(bytes, limit: Self.limit))
            }
        }
    }

    @Test func aCutIsAnErrorAndNotAShorterText() throws {
        for name in ["fixed.gz", "stored.gz", "wrapped.zlib"] {
            let bytes = try Packed.bytes(name)
            for count in stride(from: 0, to: bytes.count, by: 13) {
                #expect(throws: DecompressionError.self, "\(name) to \(count)") {
                    try Gzip.unpack(Array(bytes.prefix(count)), limit: Self.limit)
                }
            }
        }
        let zstd = try Packed.bytes("skipped.zst")
        for count in stride(from: 12, to: zstd.count, by: 131) {
            #expect(throws: DecompressionError.self) { try Zstd.unpack(Array(zstd.prefix(count)), limit: Self.limit) }
        }
    }

    @Test func damageIsNamedWithItsPlace() throws {
        var bytes = try Packed.bytes("fixed.gz")
        bytes[bytes.count - 6] ^= 1
        let error = #expect(throws: DecompressionError.self) { try Gzip.unpack(bytes, limit: Self.limit) }
        #expect(error?.description.contains("its checksum does not match its content") == true)
        #expect(error?.format == .gzip)
        let trailing = try Packed.bytes("fixed.gz") + [1, 2, 3]
        let after = #expect(throws: DecompressionError.self) { try Gzip.unpack(trailing, limit: Self.limit) }
        #expect(after?.reason == "other bytes come after the end")
        // Frame header with a dictionary's number.
        let dictionary: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x21, 0x05, 0x00, 0x01, 0x00, 0x00]
        let refusal = #expect(throws: DecompressionError.self) { try Zstd.unpack(dictionary, limit: Self.limit) }
        #expect(refusal?.reason.contains("dictionary") == true)
    }

    @Test func statedSizesAreLimitsAndAllocateNothing() throws {
        // Four gigabytes in five bytes.
        let snappy = #expect(throws: DecompressionError.self) {
            try Snappy.unpack([0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0], limit: Self.limit)
        }
        #expect(snappy?.reason.contains("4294967295") == true)
        #expect(throws: DecompressionError.self) { try Gzip.unpack(Packed.bytes("mixed.raw.gz"), limit: 100) }
        #expect(throws: DecompressionError.self) { try Zstd.unpack(Packed.bytes("mixed-1.zst"), limit: 100) }
        #expect(throws: DecompressionError.self) { try LZ4.unpack(Packed.bytes("mixed.lz4")[...], limit: 100) }
        // A window of two terabytes.
        let window: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xF8, 0x01, 0x00, 0x00]
        #expect(throws: DecompressionError.self) { try Zstd.unpack(window, limit: Self.limit) }
    }

    @Test func checksumsOfKnownTexts() {
        var crc = CRC32()
        crc.update("123456789".utf8)
        #expect(crc.value == 0xCBF4_3926)
        var adler = Adler32()
        adler.update("Wikipedia".utf8)
        #expect(adler.value == 0x11E6_0398)
        var empty = XXHash64()
        #expect(empty.value == 0xEF46_DB37_51D8_E999)
        empty.update(Array("abc".utf8)[...])
        #expect(empty.value == 0x44BC_2CF5_AD77_0999)
    }

    @Test func mutatedBytesNeverCrash() throws {
        var numbers = SeededNumbers(state: 1)
        let seeds = try [
            "fixed.gz", "stored.gz", "members.gz", "wrapped.zlib", "skipped.zst", "mixed.snappy", "mixed.lz4",
        ].map { ($0, Array(try Packed.bytes($0).prefix(4_000))) }
        var accepted = 0
        for _ in 0..<600 {
            let (name, bytes) = seeds.randomElement(using: &numbers) ?? ("", [])
            let mutated = numbers.mutated(bytes)
            let output: [UInt8]? =
                if name.hasSuffix("zst") {
                    try? Zstd.unpack(mutated, limit: 1 << 16)
                } else if name.hasSuffix("snappy") {
                    try? Snappy.unpack(mutated, limit: 1 << 16)
                } else if name.hasSuffix("lz4") {
                    try? LZ4.unpack(mutated[...], limit: 1 << 16)
                } else {
                    try? Gzip.unpack(mutated, limit: 1 << 16)
                }
            if let output {
                accepted += 1
                #expect(output.count <= 1 << 16)
            }
        }
        #expect(accepted < 600)
    }
}
