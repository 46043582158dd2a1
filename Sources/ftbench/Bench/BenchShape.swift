import Foundation
import Models
import OrderedJSON

/// A model shape that is timed with random weights.
struct BenchShape: Sendable {
    var name: String
    var family: String
    var hidden: Int
    var layers: Int
    var heads: Int
    var keyValueHeads: Int
    var feedForward: Int
    var vocabulary: Int
    var context: Int
    var ropeTheta: Double
    var epsilon: Double

    static let all = [
        BenchShape(
            name: "smollm2-135m", family: "llama", hidden: 576, layers: 30, heads: 9, keyValueHeads: 3,
            feedForward: 1536,
            vocabulary: 49152, context: 8192, ropeTheta: 100_000, epsilon: 1e-5),
        BenchShape(
            name: "qwen2.5-0.5b", family: "qwen2", hidden: 896, layers: 24, heads: 14, keyValueHeads: 2,
            feedForward: 4864,
            vocabulary: 151_936, context: 32768, ropeTheta: 1_000_000, epsilon: 1e-6),
        BenchShape(
            name: "tiny-3m", family: "llama", hidden: 192, layers: 6, heads: 6, keyValueHeads: 6, feedForward: 512,
            vocabulary: 4096, context: 1024, ropeTheta: 10000, epsilon: 1e-5),
        BenchShape(
            name: "nano-llama", family: "llama", hidden: 48, layers: 2, heads: 6, keyValueHeads: 2, feedForward: 80,
            vocabulary: 320, context: 512, ropeTheta: 10000, epsilon: 1e-5),
    ]

    /// - Throws: `Failure` that lists the shapes.
    static func named(_ name: String) throws -> BenchShape {
        if let shape = all.first(where: { $0.name == name }) { return shape }
        let known = all.map(\.name).joined(separator: ", ")
        throw Failure("There is no shape '\(name)'. Choose one of \(known).")
    }

    func configuration() throws -> ModelConfiguration {
        let json: JSONObject = [
            "architectures": [.string(family == "qwen2" ? "Qwen2ForCausalLM" : "LlamaForCausalLM")],
            "model_type": .string(family), "hidden_size": .integer(hidden), "num_hidden_layers": .integer(layers),
            "num_attention_heads": .integer(heads), "num_key_value_heads": .integer(keyValueHeads),
            "intermediate_size": .integer(feedForward), "vocab_size": .integer(vocabulary),
            "max_position_embeddings": .integer(context), "rope_theta": .number(ropeTheta),
            "rms_norm_eps": .number(epsilon), "tie_word_embeddings": true, "hidden_act": "silu", "bos_token_id": 0,
            "eos_token_id": 0, "initializer_range": 0.02, "torch_dtype": "float32",
        ]
        return try ModelConfiguration(json: json, file: "the shape \(name)")
    }

    /// The weight matrices of one layer as (in, out).
    var matrices: [(input: Int, output: Int)] {
        let keyValue = keyValueHeads * (hidden / heads)
        return [
            (hidden, hidden), (hidden, keyValue), (hidden, keyValue), (hidden, hidden), (hidden, feedForward),
            (hidden, feedForward), (feedForward, hidden),
        ]
    }

    /// Multiply-add work of one training step in FLOPs, a multiply and an add counted as two.
    ///
    /// Linear layers: 2·N·T each for the forward, the gradient of the inputs, and (full only) of the weights; the head
    /// included, the embedding lookup excluded. LoRA factors 6·N·T. Attention, the causal half: forward 2·B·S²·D·L,
    /// backward twice that. Checkpointing repeats the layers' forward once.
    func stepWork(isLoRA: Bool, batch: Int, sequence: Int, rank: Int, checkpointing: Bool) -> Double {
        let inLayers = Double(layers * matrices.reduce(0) { $0 + $1.input * $1.output })
        let head = Double(hidden * vocabulary)
        let lora = isLoRA ? Double(layers * matrices.reduce(0) { $0 + rank * ($1.input + $1.output) }) : 0
        let tokens = Double(batch * sequence)
        let attention = 2 * Double(batch) * Double(sequence) * Double(sequence) * Double(hidden) * Double(layers)
        let forward = 2 * (inLayers + head) * tokens + 2 * lora * tokens + attention
        var backward = 2 * (inLayers + head) * tokens + 4 * lora * tokens + 2 * attention
        if !isLoRA { backward += 2 * (inLayers + head) * tokens }
        return forward + backward + (checkpointing ? 2 * (inLayers + lora) * tokens + attention : 0)
    }
}
