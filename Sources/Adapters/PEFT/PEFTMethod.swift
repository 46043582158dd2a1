/// The methods that PEFT 0.21 knows by `peft_type`, and which of them this engine runs.
enum PEFTMethod {
    static let runs: Set<String> = ["LORA"]

    /// Methods whose folders are recognised, with what they do in a few words.
    private static let others: [String: String] = [
        "ADALORA": "LoRA with ranks that adapt", "ADAPTION_PROMPT": "prompts inside the layers (LLaMA-Adapter)",
        "BOFT": "butterfly orthogonal fine-tuning", "C3A": "circulant adapters", "CPT": "context-aware prompts",
        "FOURIERFT": "adapters in the frequency domain", "HRA": "Householder reflections",
        "IA3": "learned scaling of activations", "LN_TUNING": "trained norms", "LOHA": "Hadamard-product adapters",
        "LOKR": "Kronecker-product adapters", "MISS": "shard-sharing adapters",
        "MULTITASK_PROMPT_TUNING": "prompts over several tasks", "OFT": "orthogonal fine-tuning",
        "POLY": "mixtures of adapters", "PREFIX_TUNING": "learned keys and values before the text",
        "PROMPT_TUNING": "learned embeddings before the text", "P_TUNING": "learned embeddings before the text",
        "RANDLORA": "random bases with learned scales", "ROAD": "rotations", "SHIRA": "sparse updates",
        "TRAINABLE_TOKENS": "trained rows of the token table", "VBLORA": "vectors from a shared bank",
        "VERA": "shared random matrices with learned scales", "XLORA": "mixtures of LoRA adapters",
    ]

    /// - Throws: `AdapterError.unsupported` with the method's name.
    static func check(_ type: String?, file: String) throws(AdapterError) {
        guard let type else {
            throw .unsupported(
                file: file, feature: "no peft_type",
                remedy: "Use the adapter_config.json that PEFT saved: it names the method, here LORA.")
        }
        guard !runs.contains(type.uppercased()) else { return }
        let words = others[type.uppercased()].map { "the method \(type) (\($0))" } ?? "the method \(type)"
        throw .unsupported(
            file: file, feature: words,
            remedy: "It runs LORA: merge the adapter with the tool that made it where the method can be merged, and "
                + "load the resulting model.")
    }
}
