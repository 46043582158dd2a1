import Tensors
import WeightFiles

extension FuzzSubject {
    static let gguf = FuzzSubject(
        "gguf", words: ["GGUF", "general.alignment", "general.architecture", "tokenizer.ggml.tokens"],
        seeds: { FixtureSeeds.files(in: "gguf", ".gguf") },
        read: { bytes in
            guard let file = try? GGUFFile(path: ScratchFile.holding(bytes)) else { return }
            for tensor in file.tensors where tensor.count <= 1 << 16 { _ = try? file.tensor(tensor.name).asFloat32() }
        })
}
