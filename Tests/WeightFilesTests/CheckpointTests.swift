import Foundation
import OrderedJSON
import Tensors
import Testing

@testable import WeightFiles

@Suite("Model folders and their shards")
struct CheckpointTests {
    let folder = TemporaryFolder()

    func writeShard(_ name: String, _ keys: [String]) throws {
        try SafetensorsFile.write(
            keys.map { ($0, Tensor([Float($0.utf8.count), 2])) }, to: folder.path + "/" + name)
    }

    func writeIndex(_ map: [String: String]) throws {
        let members = JSONObject(uniqueKeysWithValues: map.map { ($0.key, JSONValue.string($0.value)) })
        try DurableFile.write(
            JSONValue.object(["weight_map": .object(members)]).serialized(),
            to: folder.path + "/model.safetensors.index.json")
    }

    func error() throws -> SafetensorsError {
        try #require(#expect(throws: SafetensorsError.self) { try Checkpoint(folder: folder.path) })
    }

    @Test("tensors are found in the shard that the index names")
    func shards() throws {
        try writeShard("one.safetensors", ["a"])
        try writeShard("two.safetensors", ["bb", "ccc"])
        try writeIndex(["a": "one.safetensors", "bb": "two.safetensors", "ccc": "two.safetensors"])
        let checkpoint = try Checkpoint(folder: folder.path)
        #expect(checkpoint.names == ["a", "bb", "ccc"])
        #expect(try checkpoint.tensor("ccc", shape: [2]).toArray() == [3, 2])
        #expect(checkpoint.byteCount == 24)
        let error = #expect(throws: SafetensorsError.self) { try checkpoint.tensor("cccc") }
        #expect(error?.description.contains("nearest name there is 'ccc'") == true)
    }

    @Test(
        "a shard outside the folder is refused",
        arguments: ["../other.safetensors", "/etc/passwd", "sub/one.safetensors", "..", "", "a\\b", "a\0b"])
    func escapes(shard: String) throws {
        try writeIndex(["a": shard])
        #expect(
            try error()
                == .unsafeShardName(
                    index: folder.path + "/model.safetensors.index.json", shard: shard))
    }

    @Test("a missing shard, a tensor that is not in its shard and an index without a map are named")
    func badIndex() throws {
        let index = folder.path + "/model.safetensors.index.json"
        try writeIndex(["a": "one.safetensors"])
        #expect(try error() == .missingShard(index: index, shard: "one.safetensors"))
        try writeShard("one.safetensors", ["b"])
        #expect(try error() == .notInShard(key: "a", index: index, shard: "one.safetensors"))
        try DurableFile.write("{}", to: index)
        #expect(try error().description.contains("no weight_map"))
        try DurableFile.write("{,}", to: index)
        #expect(try error().description.contains("line 1, column 2"))
        try DurableFile.write(#"{"weight_map":{"a":3}}"#, to: index)
        #expect(try error().description.contains("a number"))
    }

    @Test("a folder without safetensors says what it has instead")
    func noWeights() throws {
        #expect(try error() == .noWeights(folder: folder.path, found: []))
        _ = try folder.file("pytorch_model.bin", [1])
        #expect(try error().description.contains("It does hold pytorch_model.bin"))
    }

    @Test("a small JSON file that is absent, empty, invalid or an LFS pointer is described")
    func jsonFiles() throws {
        func reason(_ path: String) throws -> String {
            try #require(#expect(throws: JSONFileError.self) { try JSONValue(readingFile: path) }).description
        }
        #expect(try reason(folder.path + "/none.json").contains("No such file"))
        #expect(try reason(folder.file("a.json", [])).contains("empty"))
        #expect(try reason(folder.file("b.json", Array("{\n \"a\" 1}".utf8))).contains("line 2"))
        #expect(try reason(folder.file("c.json", [0x22, 0xFF, 0x22])).contains("c.json"))
        #expect(try reason(folder.file("d.json", Array("version https://git-lfs.x/".utf8))).contains("LFS"))
    }
}

@Suite("Durable files")
struct DurableFileTests {
    let folder = TemporaryFolder()

    @Test("a write replaces the file and leaves nothing beside it")
    func replaces() throws {
        let path = folder.path + "/a.txt"
        try DurableFile.write("one", to: path)
        try DurableFile.write("two", to: path)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "two")
        #expect(folder.names == ["a.txt"])
    }

    /// The temporary is a link to /dev/full, where every write fails as on a full disk.
    @Test(
        "a full disk is said so, what was there is kept, and the temporary is removed",
        .enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "the system has no /dev/full"))
    func fullDisk() throws {
        let path = folder.path + "/model.safetensors"
        try SafetensorsFile.write([("a", Tensor([1]))], to: path)
        let before = try Data(contentsOf: URL(filePath: path))
        try FileManager.default.createSymbolicLink(
            atPath: DurableFile.temporaryPath(for: path), withDestinationPath: "/dev/full")
        let error = #expect(throws: FileWriteError.self) {
            try SafetensorsFile.write([("a", Tensor([2]))], to: path)
        }
        #expect(error?.description.contains("the disk is full") == true)
        #expect(error?.path == path)
        #expect(try Data(contentsOf: URL(filePath: path)) == before)
        #expect(folder.names == ["model.safetensors"])
    }

    @Test("an error in the middle leaves nothing behind")
    func failingBody() throws {
        let path = folder.path + "/a.txt"
        #expect(throws: FileWriteError.self) {
            try DurableFile.write(to: path) { sink throws(FileWriteError) in
                try sink.write([1, 2, 3])
                throw FileWriteError(path: path, code: 5)
            }
        }
        #expect(folder.names.isEmpty)
    }

    @Test("a folder that is missing or is a file is named")
    func badFolders() throws {
        let missing = #expect(throws: FileWriteError.self) {
            try DurableFile.write("x", to: folder.path + "/no/a.txt")
        }
        #expect(missing?.description.contains("folder does not exist") == true)
        try DurableFile.write("x", to: folder.path + "/file")
        #expect(throws: FileWriteError.self) { try DurableFile.write("x", to: folder.path + "/file/a.txt") }
        try DurableFile.makeFolder(folder.path + "/p/q/r")
        try DurableFile.makeFolder(folder.path + "/p/q/r")
        #expect(folder.names == ["file", "p"])
    }
}
