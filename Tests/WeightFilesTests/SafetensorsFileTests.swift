import Foundation
import OrderedJSON
import Tensors
import Testing

@testable import WeightFiles

/// A folder of its own for one test, removed with the value.
final class TemporaryFolder {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "ftbench-tests-" + UUID().uuidString
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A safetensors file with this header and so many bytes of data.
    func safetensors(header: String, dataBytes: Int, claiming claimed: UInt64? = nil) throws -> String {
        var bytes = withUnsafeBytes(of: (claimed ?? UInt64(header.utf8.count)).littleEndian) { Array($0) }
        bytes += Array(header.utf8) + [UInt8](repeating: 0, count: dataBytes)
        return try file("model.safetensors", bytes)
    }

    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(filePath: path + "/" + name))
        return path + "/" + name
    }

    var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path))?.sorted() ?? [] }
}

@Suite("Safetensors files")
struct SafetensorsFileTests {
    let folder = TemporaryFolder()

    func error(_ path: String) throws -> SafetensorsError {
        try #require(#expect(throws: SafetensorsError.self) { try SafetensorsFile(path: path) })
    }

    @Test("what is written is read back, in each computable type")
    func roundTrip() throws {
        let values: [Float] = [0, 1, -2.5, 0.333, 65_000, -1e-3]
        let path = folder.path + "/a.safetensors"
        for (type, tolerance) in [(ElementType.float32, Float(0)), (.float16, 5e-4), (.bfloat16, 4e-3)] {
            try SafetensorsFile.write(
                [("b", Tensor(values, shape: [2, 3])), ("a", Tensor([7]))], to: path, as: type,
                metadata: ["format": "pt", "made": "here"])
            let file = try SafetensorsFile(path: path)
            #expect(file.entries.map(\.name) == ["a", "b"])
            #expect(file.metadata == ["format": "pt", "made": "here"])
            let tensor = try file.tensor("b", shape: [2, 3])
            #expect(tensor.elementType == type && tensor.isMapped)
            for (read, value) in zip(tensor.toArray(), values) {
                #expect(abs(read - value) <= tolerance * abs(value))
            }
        }
    }

    @Test("an empty list of tensors, and a tensor without elements, survive")
    func empty() throws {
        let path = folder.path + "/a.safetensors"
        try SafetensorsFile.write([], to: path)
        #expect(try SafetensorsFile(path: path).entries.isEmpty)
        try SafetensorsFile.write([("none", Tensor.zeros([0, 4])), ("one", Tensor([1]))], to: path, as: .bfloat16)
        #expect(try SafetensorsFile(path: path).tensor("none").shape == [0, 4])
    }

    @Test("a file larger than one piece is converted without a seam")
    func manyPieces() throws {
        let count = (1 << 20) + 5
        let path = folder.path + "/a.safetensors"
        try SafetensorsFile.write(
            [("x", Tensor((0..<count).map { Float($0 % 251) }, shape: [count]))], to: path, as: .bfloat16)
        let read = try SafetensorsFile(path: path).tensor("x").toArray()
        #expect(read.count == count && read.indices.allSatisfy { read[$0] == Float($0 % 251) })
    }

    @Test("a truncated file says how many bytes it has and how many its header needs")
    func truncated() throws {
        let path = try folder.safetensors(
            header: #"{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#, dataBytes: 7)
        let size = 8 + 55 + 16
        #expect(try error(path) == .truncated(file: path, expectedBytes: size, actualBytes: size - 9))
        #expect(try error(path).description.contains("fetch the file again"))
        #expect(
            try error(folder.file("short", [1, 2, 3]))
                == .truncated(
                    file: folder.path + "/short", expectedBytes: 8, actualBytes: 3))
        #expect(
            try error(folder.file("empty", []))
                == .truncated(
                    file: folder.path + "/empty", expectedBytes: 8, actualBytes: 0))
    }

    @Test(
        "a header length beyond the file is refused before it is used",
        arguments: [200, 1 << 31, UInt64(Int.max), UInt64.max, 100_000_001] as [UInt64])
    func lyingLength(claimed: UInt64) throws {
        let path = try folder.safetensors(header: "{}", dataBytes: 20, claiming: claimed)
        #expect(try error(path) == .headerBeyondFile(file: path, claimedBytes: claimed, fileBytes: 30))
    }

    @Test("an LFS pointer, a web page, a zip and a GGUF are called by their names")
    func foreign() throws {
        let pointer = try folder.file(
            "p", Array("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n".utf8))
        #expect(try error(pointer) == .gitLFSPointer(file: pointer))
        #expect(try error(pointer).description.contains("git lfs pull"))
        let page = try folder.file("h", Array("\n <!DOCTYPE html><html><head>".utf8))
        #expect(try error(page) == .webPage(file: page))
        #expect(try error(folder.file("z", [0x50, 0x4B, 3, 4, 0, 0, 0, 0, 0])).description.contains("zip"))
        #expect(try error(folder.file("g", Array("GGUF\u{3}\0\0\0".utf8))).description.contains("GGUF"))
        #expect(
            try error(folder.path + "/absent")
                == .cannotRead(
                    file: folder.path + "/absent", reason: "No such file or directory"))
        #expect(try error(folder.path).description.contains("not a regular file"))
    }

    @Test(
        "entries that lie are refused by name",
        arguments: [
            (#"{"w":{"dtype":"F32","shape":[5],"data_offsets":[0,16]}}"#, "needs 20 bytes"),
            (#"{"w":{"dtype":"F32","shape":[-4],"data_offsets":[0,16]}}"#, "sizes"),
            (#"{"w":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}}"#, "not a range"),
            (#"{"w":{"dtype":"F32","shape":[4],"data_offsets":[-16,0]}}"#, "not a range"),
            (#"{"w":{"dtype":"F32","shape":[4],"data_offsets":[0]}}"#, "two integers"),
            (#"{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,1e300]}}"#, "two integers"),
            (#"{"w":{"dtype":"F33","shape":[4],"data_offsets":[0,16]}}"#, "F33"),
            (#"{"w":{"dtype":"F32","shape":"4","data_offsets":[0,16]}}"#, "no shape"),
            (#"{"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#, "larger than any file"),
            (#"{"w":{"dtype":"F32","shape":[9223372036854775807,2],"data_offsets":[0,16]}}"#, "larger than any file"),
            (#"{"w":{"dtype":"F32","shape":[4],"data_offsets":[9223372036854775790,9223372036854775806]}}"#, "range"),
            (#"{"w":7}"#, "no dtype"),
        ])
    func lyingEntries(header: String, words: String) throws {
        let found = try error(folder.safetensors(header: header, dataBytes: 16))
        guard case .badEntry(_, "w", let problem) = found else {
            Issue.record("expected a bad entry, found \(found)")
            return
        }
        #expect(problem.contains(words))
    }

    @Test("overlaps, gaps, loose ends and headers that are no JSON objects are refused")
    func coverage() throws {
        func two(_ second: String) -> String {
            #"{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[8],"data_offsets":\#(second)}}"#
        }
        let path = folder.path + "/model.safetensors"
        #expect(
            try error(folder.safetensors(header: two("[4,12]"), dataBytes: 12))
                == .overlap(
                    file: path, first: "a", second: "b"))
        #expect(
            try error(folder.safetensors(header: two("[12,20]"), dataBytes: 20))
                == .gap(
                    file: path, before: "b", bytes: 4))
        #expect(
            try error(folder.safetensors(header: two("[8,16]"), dataBytes: 19))
                == .trailingBytes(
                    file: path, bytes: 3))
        for header in ["[]", "{", "not json", "{\"a\":\u{1}}"] {
            guard case .headerNotJSON = try error(folder.safetensors(header: header, dataBytes: 0)) else {
                Issue.record("'\(header)' was not refused as a header")
                continue
            }
        }
    }

    @Test("no header of random bytes, and no single damaged byte, crashes the reader")
    func damage() throws {
        let path = folder.path + "/a.safetensors"
        try SafetensorsFile.write([("first", Tensor([1, 2])), ("second", Tensor([3]))], to: path)
        let whole = try [UInt8](Data(contentsOf: URL(filePath: path)))
        var state: UInt64 = 9
        for place in whole.indices {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            var damaged = whole
            damaged[place] = UInt8(truncatingIfNeeded: state >> 40)
            let file = try? SafetensorsFile(path: folder.file("b", damaged))
            for entry in file?.entries ?? [] { _ = try? file?.tensor(entry.name).toArray() }
            #expect((try? SafetensorsFile(path: folder.file("c", Array(whole[..<place])))) == nil)
        }
    }

    @Test("a missing tensor names the nearest, a wrong shape both, a type without arithmetic itself")
    func asking() throws {
        let path = try folder.safetensors(
            header: #"{"q_proj.weight":{"dtype":"U32","shape":[2,2],"data_offsets":[0,16]}}"#, dataBytes: 16)
        let file = try SafetensorsFile(path: path)
        #expect(throws: SafetensorsError.missingTensor(key: "q_porj.weight", file: path, nearest: "q_proj.weight")) {
            try file.tensor("q_porj.weight")
        }
        #expect(
            throws: SafetensorsError.wrongShape(key: "q_proj.weight", file: path, expected: [4, 1], actual: [2, 2])
        ) { try file.tensor("q_proj.weight", shape: [4, 1]) }
        let error = #expect(throws: SafetensorsError.self) { try file.tensor("q_proj.weight") }
        #expect(error?.description.contains("stored as U32") == true)
        #expect(try file.bytes("q_proj.weight").count == 16)
        #expect(file.entries[0].elementType == nil)
    }
}
