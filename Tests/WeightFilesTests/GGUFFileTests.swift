import Foundation
import Tensors
import Testing

@testable import WeightFiles

private let fixture = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/gguf/blocks.gguf").path

@Suite("GGUF files")
struct GGUFFileTests {
    let folder = TemporaryFolder()

    @Test("a file of the format's own tool is read, metadata of every type included")
    func reading() throws {
        let file = try GGUFFile(path: fixture)
        #expect(file.version == 3)
        #expect(file["general.architecture"] == .string("fixture"))
        #expect(file["test.uint8"] == .uint8(200) && file["test.int8"] == .int8(-100))
        #expect(file["test.uint16"] == .uint16(60000) && file["test.int16"] == .int16(-30000))
        #expect(file["test.uint32"] == .uint32(4_000_000_000) && file["test.int32"] == .int32(-2_000_000_000))
        #expect(file["test.uint64"] == .uint64(1 << 63) && file["test.int64"] == .int64(-(1 << 62)))
        #expect(file["test.float32"] == .float32(0.1) && file["test.float64"] == .float64(0.1))
        #expect(file["test.bool"] == .bool(true))
        #expect(file["test.string"] == .string("Grüße 🚀\n"))
        #expect(file["test.strings"] == .strings(["a", "", "▁the", "Ġthe"]))
        #expect(file["test.int32s"] == .int32s([1, -2, 3]))
        #expect(file["test.float32s"] == .float32s([0.5, -1.5]))
        #expect(file["test.bools"]?.bools == [true, false, true])
        #expect(file["test.uint64"]?.int == nil && file["test.int8"]?.int == -100)
        #expect(file["absent"] == nil)
        #expect(file.info("values")?.shape == [10, 256])
    }

    static let types: [GGUFTensorType] = [.f16, .bf16, .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q4_K, .q5_K, .q6_K]

    @Test("blocks give exactly the numbers that the reference gives", arguments: types)
    func dequantizing(type: GGUFTensorType) throws {
        let file = try GGUFFile(path: fixture)
        let expected = try file.tensor(type.name + ".values", shape: [10, 256]).toArray()
        let actual = try file.tensor(type.name).toArray()
        #expect(file.info(type.name)?.type == type)
        #expect(actual.map(\.bitPattern) == expected.map(\.bitPattern))
    }

    @Test("numbers give exactly the bytes that the reference gives", arguments: types.filter { $0 != .q4_1 })
    func quantizing(type: GGUFTensorType) throws {
        let file = try GGUFFile(path: fixture)
        let path = folder.path + "/out.gguf"
        try GGUFWriter.write(
            metadata: [], entries: [.init(name: "x", tensor: try file.tensor("values"), type: type)], to: path)
        let written = try GGUFFile(path: path)
        #expect(try written.storedBytes("x") == file.storedBytes(type.name))
    }

    @Test("blocks that the format has no number for are no type of a file")
    func blocksOfOurs() {
        #expect(GGUFTensorType(rawValue: UInt32(BlockFormat.nf4.rawValue)) == nil)
        #expect(!GGUFTensorType.readable.contains { $0.blockFormat == .nf4 })
        #expect(GGUFTensorType.allCases.allSatisfy { $0.elementType?.blockFormat == nil })
    }

    @Test("what is written is read back: names, order, shapes, every kind of value")
    func roundTrip() throws {
        let metadata: [(key: String, value: GGUFValue)] = [
            ("general.architecture", .string("llama")), ("a", .uint8(1)), ("b", .int8(-1)), ("c", .uint16(2)),
            ("d", .int16(-2)), ("e", .uint32(3)), ("f", .int32(-3)), ("g", .float32(0.5)), ("h", .bool(false)),
            ("i", .uint64(4)), ("j", .int64(-4)), ("k", .float64(0.25)), ("l", .strings(["x", ""])),
            ("m", .int32s([5, -5])), ("n", .float32s([1.5])), ("o", .array(type: .bool, elements: [.bool(true)])),
            (
                "p",
                .array(
                    type: .array, elements: [.int32s([1]), .array(type: .uint8, elements: [.uint8(9)])])
            ),
        ]
        let path = folder.path + "/out.gguf"
        let matrix = Tensor.random([3, 32], seed: 1)
        let vector = Tensor([1, 2, 3])
        try GGUFWriter.write(
            metadata: metadata,
            entries: [
                .init(name: "second.weight", tensor: matrix, type: .f32),
                .init(name: "first.weight", tensor: vector, type: .f32),
                .init(name: "third.weight", tensor: matrix, type: .q8_0),
            ], to: path)
        let file = try GGUFFile(path: path)
        #expect(file.metadata.map(\.key) == metadata.map(\.key))
        for (key, value) in metadata { #expect(file[key] == value, "\(key)") }
        #expect(file.tensors.map(\.name) == ["second.weight", "first.weight", "third.weight"])
        #expect(try file.tensor("second.weight", shape: [3, 32]).toArray() == matrix.toArray())
        #expect(try file.tensor("first.weight").toArray() == [1, 2, 3])
        let largest = matrix.toArray().map(abs).max() ?? 0
        for (a, b) in zip(try file.tensor("third.weight").toArray(), matrix.toArray()) {
            #expect(abs(a - b) <= largest / 250)
        }
        #expect(
            try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
                == GGUFWriter.byteCount(
                    metadata: metadata,
                    entries: [
                        .init(name: "second.weight", tensor: matrix, type: .f32),
                        .init(name: "first.weight", tensor: vector, type: .f32),
                        .init(name: "third.weight", tensor: matrix, type: .q8_0),
                    ]))
        #expect(folder.names == ["out.gguf"])
    }

    @Test("a tensor that cannot be made leaves nothing behind and its own error")
    func failingTensor() throws {
        let path = folder.path + "/out.gguf"
        #expect(throws: CancellationError.self) {
            try GGUFWriter.write(
                metadata: [],
                entries: [.init(name: "x", shape: [2, 2], type: .f32) { _ in throw CancellationError() }], to: path)
        }
        #expect(folder.names.isEmpty)
    }

    @Test("an unknown tensor names the nearest; a wrong shape and an unreadable type are told")
    func asking() throws {
        let file = try GGUFFile(path: fixture)
        #expect(throws: GGUFError.missingTensor(key: "value", file: fixture, nearest: "values")) {
            try file.tensor("value")
        }
        #expect(throws: GGUFError.wrongShape(key: "values", file: fixture, expected: [1], actual: [10, 256])) {
            try file.tensor("values", shape: [1])
        }
    }
}

/// Bytes of a GGUF file, put together freely.
struct GGUFBytes {
    var bytes = Array("GGUF".utf8)

    init(version: UInt32 = 3, tensors: UInt64, values: UInt64) {
        put(version)
        put(tensors)
        put(values)
    }

    mutating func put(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func put(_ text: String) {
        put(UInt64(text.utf8.count))
        bytes += Array(text.utf8)
    }

    /// A tensor's description; sizes innermost first.
    mutating func tensor(_ name: String, _ sizes: [UInt64], type: UInt32 = 0, offset: UInt64) {
        put(name)
        put(UInt32(sizes.count))
        for size in sizes { put(size) }
        put(type)
        put(offset)
    }

    mutating func data(_ count: Int) {
        while bytes.count % 32 != 0 { bytes.append(0) }
        bytes += [UInt8](repeating: 0, count: count)
    }
}

@Suite("Damaged GGUF files")
struct DamagedGGUFTests {
    let folder = TemporaryFolder()

    func error(_ bytes: [UInt8]) throws -> GGUFError {
        let path = try folder.file("bad.gguf", bytes)
        return try #require(#expect(throws: GGUFError.self) { try GGUFFile(path: path) })
    }

    @Test("other files are told by what they are")
    func foreign() throws {
        #expect(try error([]).description.contains("is empty"))
        #expect(try error(Array("<!DOCTYPE html>".utf8)).description.contains("web page"))
        #expect(try error(Array("version https://git-lfs.github.com".utf8)).description.contains("LFS"))
        #expect(try error(Array("FUGG\0\0\0\u{3}".utf8)).description.contains("backwards"))
        #expect(
            try error(Array("GGUF".utf8) + [0, 0, 0, 3] + [UInt8](repeating: 0, count: 16)).description.contains(
                "big-endian"))
        #expect(
            try error(Array("GGUF".utf8) + [1, 0, 0, 0] + [UInt8](repeating: 0, count: 16)).description.contains(
                "version 1"))
    }

    @Test("counts, lengths and sizes beyond the file are refused before anything is allocated")
    func lies() throws {
        guard case .badHeader = try error(GGUFBytes(tensors: .max, values: 0).bytes) else {
            Issue.record("a lying number of tensors")
            return
        }
        var longString = GGUFBytes(tensors: 0, values: 1)
        longString.put(UInt64.max)
        longString.bytes += [UInt8](repeating: 65, count: 40)
        guard case .truncated = try error(longString.bytes) else {
            Issue.record("a lying length of a name")
            return
        }
        for kind in GGUFValue.Kind.allCases {
            var longArray = GGUFBytes(tensors: 0, values: 1)
            longArray.put("key")
            longArray.put(UInt32(9))
            longArray.put(kind.rawValue)
            longArray.put(UInt64.max / 2)
            longArray.bytes += [UInt8](repeating: 0, count: 64)
            _ = try error(longArray.bytes)
        }
        var nested = GGUFBytes(tensors: 0, values: 1)
        nested.put("key")
        nested.put(UInt32(9))
        for _ in 0..<1000 {
            nested.put(UInt32(9))
            nested.put(UInt64(1))
        }
        #expect(try error(nested.bytes).description.contains("nested deeper"))
    }

    @Test("tensors that overlap, overrun, repeat, are misaligned or of no size are refused")
    func tensors() throws {
        func file(_ build: (inout GGUFBytes) -> Void, count: UInt64 = 2, data: Int = 256) -> [UInt8] {
            var bytes = GGUFBytes(tensors: count, values: 0)
            build(&bytes)
            bytes.data(data)
            return bytes.bytes
        }
        let good = file { bytes in
            bytes.tensor("a", [8, 4], offset: 0)
            bytes.tensor("b", [8], offset: 128)
        }
        let read = try GGUFFile(path: try folder.file("good.gguf", good))
        #expect(read.tensors.map(\.shape) == [[4, 8], [8]])
        guard
            case .overlap(_, "a", "b") = try error(
                file { bytes in
                    bytes.tensor("a", [8, 4], offset: 0)
                    bytes.tensor("b", [8], offset: 96)
                })
        else {
            Issue.record("overlapping tensors")
            return
        }
        #expect(
            try error(
                file { bytes in
                    bytes.tensor("a", [8, 4], offset: 0)
                    bytes.tensor("a", [8], offset: 128)
                }
            ).description.contains("there twice"))
        #expect(
            try error(file({ $0.tensor("a", [8], offset: 16) }, count: 1)).description.contains("no multiple of 32"))
        guard case .truncated = try error(file({ $0.tensor("a", [8], offset: 256) }, count: 1)) else {
            Issue.record("a tensor behind the end")
            return
        }
        guard case .truncated = try error(file({ $0.tensor("a", [8], offset: .max - 31) }, count: 1)) else {
            Issue.record("an offset that overflows")
            return
        }
        for sizes: [UInt64] in [[1 << 62, 8], [.max], [1 << 40, 1 << 40], [8, 1, 1, 1, 1]] {
            guard case .badTensor = try error(file({ $0.tensor("a", sizes, offset: 0) }, count: 1)) else {
                Issue.record("sizes \(sizes)")
                return
            }
        }
        #expect(
            try error(file({ $0.tensor("a", [33], type: 8, offset: 0) }, count: 1)).description.contains("blocks"))
        #expect(
            try error(file({ $0.tensor("a", [32], type: 5, offset: 0) }, count: 1)).description.contains("no type"))
    }

    @Test("keys may not repeat, truth is 0 or 1, the alignment a power of two")
    func metadata() throws {
        var twice = GGUFBytes(tensors: 0, values: 2)
        for _ in 0..<2 {
            twice.put("key")
            twice.put(UInt32(4))
            twice.put(UInt32(1))
        }
        #expect(try error(twice.bytes).description.contains("there twice"))
        var truth = GGUFBytes(tensors: 0, values: 1)
        truth.put("key")
        truth.put(UInt32(7))
        truth.put(UInt8(2))
        truth.bytes += [UInt8](repeating: 0, count: 16)
        #expect(try error(truth.bytes).description.contains("neither false"))
        var alignment = GGUFBytes(tensors: 0, values: 1)
        alignment.put("general.alignment")
        alignment.put(UInt32(4))
        alignment.put(UInt32(24))
        #expect(try error(alignment.bytes).description.contains("power of two"))
    }

    @Test("a mutated file is read or refused, never a crash", arguments: [UInt64(1), 2, 3])
    func mutations(seed: UInt64) throws {
        var seedBytes = GGUFBytes(tensors: 2, values: 3)
        seedBytes.put("general.architecture")
        seedBytes.put(UInt32(8))
        seedBytes.put("llama")
        seedBytes.put("tokens")
        seedBytes.put(UInt32(9))
        seedBytes.put(UInt32(8))
        seedBytes.put(UInt64(3))
        for text in ["a", "bc", ""] { seedBytes.put(text) }
        seedBytes.put("flags")
        seedBytes.put(UInt32(9))
        seedBytes.put(UInt32(7))
        seedBytes.put(UInt64(2))
        seedBytes.bytes += [0, 1]
        seedBytes.tensor("a.weight", [32, 2], type: 8, offset: 0)
        seedBytes.tensor("b.weight", [8], offset: 96)
        seedBytes.data(128)
        let rounds = Int(ProcessInfo.processInfo.environment["FTBENCH_GGUF_MUTATIONS"] ?? "") ?? 400
        var generator = MutationSource(state: seed)
        var refused = 0
        for _ in 0..<rounds {
            let path = try folder.file("mutated.gguf", generator.mutate(seedBytes.bytes))
            guard let file = try? GGUFFile(path: path) else {
                refused += 1
                continue
            }
            for tensor in file.tensors { _ = try? file.tensor(tensor.name) }
        }
        #expect(refused > rounds / 4)
    }
}

/// Seeded small damages: flipped and set bytes, extreme words, cuts, copies.
struct MutationSource {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(max(1, limit))) }

    mutating func mutate(_ seed: [UInt8]) -> [UInt8] {
        var bytes = seed
        for _ in 0...below(4) where !bytes.isEmpty {
            let place = below(bytes.count)
            switch below(6) {
            case 0: bytes[place] ^= 1 << UInt8(below(8))
            case 1: bytes[place] = UInt8(below(256))
            case 2:
                let words: [UInt64] = [.max, 0, 1 << 63, 1 << 32, UInt64(bytes.count), 0x7fff_ffff, 1 << 62]
                let word = words[below(words.count)]
                for offset in 0..<8 where place + offset < bytes.count {
                    bytes[place + offset] = UInt8(truncatingIfNeeded: word >> (8 * UInt64(offset)))
                }
            case 3: bytes.removeLast(min(bytes.count, below(64)))
            case 4: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + below(24))], at: below(bytes.count))
            default: bytes.removeSubrange(place..<min(bytes.count, place + below(16)))
            }
        }
        return bytes
    }
}
