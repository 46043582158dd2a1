import Autograd
import Foundation
import Models
import Tensors

/// Models of random weights, held as a frozen model is.
enum BenchModel {
    /// Random weights by way of the disk, where a frozen model comes from: mapped, in the type it is held in.
    ///
    /// `dtype` is fp32, bf16, or q8_0 and q4_0, which are held in memory.
    static func frozen(_ configuration: ModelConfiguration, dtype: String, seed: UInt64) throws -> Decoder {
        if let type = ["q8_0": ElementType.q8_0, "q4_0": .q4_0][dtype] {
            let blocks = Decoder.random(configuration, seed: seed).quantized(as: type)
            MemoryLedger.trim()
            return blocks
        }
        let folder = NSTemporaryDirectory() + "ftbench-bench-\(getpid())"
        // Mapped files live on without their names, until the process ends.
        defer { try? FileManager.default.removeItem(atPath: folder) }
        do {
            let type = dtype == "bf16" ? ElementType.bfloat16 : .float32
            try Decoder.random(configuration, seed: seed, frozen: type)
                .save(to: folder, as: type, copyingTextFrom: nil)
        }
        MemoryLedger.trim()
        return try Decoder.load(folder: folder, trainable: false)
    }

    /// Bytes of weights that a decoded token reads: all of them, but of an embedding that is not the head too.
    static func bytesRead(by decoder: Decoder) -> Int {
        let embedding = decoder.embedding.value
        let isHead = decoder.head === decoder.embedding
        return decoder.parameters.reduce(0) { sum, parameter in
            parameter.variable.value === embedding && !isHead ? sum : sum + parameter.variable.value.byteCount
        }
    }
}
