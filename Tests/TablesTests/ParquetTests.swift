import MutationTesting
import OrderedJSON
import Testing

@testable import Tables

@Suite struct ParquetTests {
    private func rows(_ name: String) throws -> [JSONValue] { try rows(Fixture.bytes(name)) }

    private func rows(_ bytes: [UInt8]) throws -> [JSONValue] {
        var file = try ParquetFile(bytes)
        var found: [JSONValue] = []
        while let row = try file.next() { found.append(.object(row)) }
        #expect(found.count == file.rowCount)
        return found
    }

    @Test(arguments: [
        "dictionary-v1-snappy", "dictionary-v2-zstd", "plain-v1-gzip", "plain-v2-lz4", "plain-v1-none", "delta-v2-none",
        "delta-v1-snappy",
    ]) func everyEncodingGivesTheSameRows(name: String) throws {
        let wanted = try Fixture.rows("encodings.jsonl").map { row -> JSONValue in
            var members = row.object ?? [:]
            // A float of 32 bits is read as the double of the same value; whole ones are written without a fraction.
            members["real"] = .number(members["real"]?.double ?? .nan)
            return .object(members)
        }
        #expect(try rows("encodings-\(name).parquet") == wanted)
    }

    @Test func conversationsAreNestedLists() throws {
        let wanted = try Fixture.rows("messages.jsonl")
        let found = try rows("messages.parquet")
        #expect(found.map { $0["messages"] } == wanted.map { $0["messages"] })
        #expect(found.map { $0["id"] } == wanted.map { $0["id"] })
        #expect(found.map { $0["score"]?.double } == wanted.map { $0["score"]?.double })
        let file = try ParquetFile(Fixture.bytes("messages.parquet"))
        #expect(file.columns == ["messages", "id", "score"])
        #expect(file.codecs == ["snappy"])
        #expect(file.creator.hasPrefix("parquet-cpp-arrow"))
    }

    @Test func typesBecomeWhatTheyMean() throws {
        let found = try rows("types.parquet")
        for (row, wanted) in zip(found, try Fixture.rows("types.jsonl")) {
            for (key, value) in wanted.object ?? [:] { #expect(row[key] == value, "\(key)") }
            #expect(row.object?.keys == wanted.object?.keys)
        }
        #expect(found.count == 3)
    }

    @Test func daysAndSecondsBeforeTheEpoch() {
        #expect(CivilTime.date(-719_468) == "0000-03-01")
        #expect(CivilTime.date(-719_529) == "-0001-12-31")
        #expect(CivilTime.timestamp(-1, .micro, isUTC: true) == "1969-12-31T23:59:59.999999+00:00")
        #expect(CivilTime.timestamp(1, .nano, isUTC: false) == "1970-01-01T00:00:00.000000001")
        #expect(CivilTime.timestamp(.min, .milli, isUTC: false).isEmpty == false)
        #expect(ParquetValues.decimal("5", isNegative: true, scale: 3) == "-0.005")
    }

    @Test func whatIsNotReadIsRefusedInWords() throws {
        let brotli = #expect(throws: ParquetError.self) { try rows("encodings-brotli.parquet") }
        #expect(brotli?.description.contains("Brotli") == true)
        #expect(brotli?.description.contains("write it again") == true)
        let none = #expect(throws: ParquetError.self) { try rows(Array("PAR1 and no more".utf8)) }
        #expect(none?.description.contains("cut off") == true)
        #expect(throws: ParquetError.self) { try rows([]) }
    }

    @Test func aDamagedPageIsFoundByItsChecksum() throws {
        let bytes = try Fixture.bytes("encodings-plain-v1-gzip.parquet")
        var found = 0
        for place in stride(from: 100, to: 800, by: 100) {
            var changed = bytes
            changed[place] ^= 0x10
            do {
                _ = try rows(changed)
            } catch let error as ParquetError {
                if error.description.contains("checksum") { found += 1 }
            }
        }
        // Statistics in a page's header may change unseen; its content may not.
        #expect(found > 3)
    }

    @Test func cutFilesAreErrors() throws {
        let bytes = try Fixture.bytes("types.parquet")
        for count in stride(from: 0, to: bytes.count, by: 61) {
            #expect(throws: ParquetError.self) { try rows(Array(bytes.prefix(count))) }
        }
    }

    @Test func mutatedFilesNeverCrash() throws {
        var numbers = SeededNumbers(state: 3)
        let seeds = try [
            "encodings-delta-v2-none.parquet", "encodings-dictionary-v1-snappy.parquet", "types.parquet",
            "encodings-plain-v1-gzip.parquet",
        ].map(Fixture.bytes)
        var accepted = 0
        for _ in 0..<500 {
            var bytes = seeds.randomElement(using: &numbers) ?? []
            // The directory at the end is what decides everything: changed bytes, but its length and mark stay.
            let tail = Array(bytes.suffix(8))
            bytes = numbers.mutated(Array(bytes.dropLast(8))) + tail
            guard var file = try? ParquetFile(bytes) else { continue }
            accepted += 1
            var count = 0
            while count < 200, (try? file.next()) != nil { count += 1 }
        }
        #expect(accepted > 0)
    }

    @Test func bitPackedNumbersAndRuns() throws {
        // Encodings.md: 0 to 7 in three bits.
        var bits = BitReader([0b1000_1000, 0b1100_0110, 0b1111_1010], 0..<3)
        #expect((0..<8).map { _ in bits.next(3) } == [0, 1, 2, 3, 4, 5, 6, 7])
        #expect(bits.next(1) == nil)
        var found: [UInt32] = []
        // A run of four sevens, then a group of eight.
        try ParquetBits.hybrid(
            [0x08, 0x07, 0x03, 0b1000_1000, 0b1100_0110, 0b1111_1010], 0..<6, width: 3, count: 12
        ) { found += repeatElement($0, count: $1) }
        #expect(found == [7, 7, 7, 7, 0, 1, 2, 3, 4, 5, 6, 7])
        #expect(throws: ParquetError.self) { try ParquetBits.hybrid([0x00], 0..<1, width: 3, count: 1) { _, _ in } }
    }
}
