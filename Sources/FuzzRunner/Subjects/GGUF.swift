import Tensors
import WeightFiles

extension FuzzSubject {
    static let gguf = FuzzSubject(
        "gguf", words: ["GGUF", "general.alignment", "general.architecture", "tokenizer.ggml.tokens"],
        seeds: { [small] },
        read: { bytes in
            guard let file = try? GGUFFile(path: ScratchFile.holding(bytes)) else { return }
            for tensor in file.tensors where tensor.count <= 1 << 16 { _ = try? file.tensor(tensor.name).asFloat32() }
        })
    /// Version 3 with a text, an array of texts and two tensors: 2 x 2 of float32 and a block of 32 of Q8_0.
    private static var small: [UInt8] {
        func number(_ value: UInt64, bytes: UInt64 = 8) -> [UInt8] {
            (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        func text(_ value: String) -> [UInt8] { number(UInt64(value.utf8.count)) + Array(value.utf8) }
        var file = Array("GGUF".utf8) + number(3, bytes: 4) + number(2) + number(3)
        file += text("general.architecture") + number(8, bytes: 4) + text("llama")
        file += text("general.alignment") + number(4, bytes: 4) + number(32, bytes: 4)
        file += text("tokenizer.ggml.tokens") + number(9, bytes: 4) + number(8, bytes: 4) + number(2)
        file += text("a") + text("b")
        file += text("a.weight") + number(2, bytes: 4) + number(2) + number(2) + number(0, bytes: 4) + number(0)
        file += text("b.weight") + number(1, bytes: 4) + number(32) + number(8, bytes: 4) + number(32)
        while file.count % 32 != 0 { file.append(0) }
        return file + [UInt8](repeating: 0x3c, count: 32 + 34 + 30)
    }
}
