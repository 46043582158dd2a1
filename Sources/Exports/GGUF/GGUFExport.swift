import Models
import OrderedJSON
import Tensors
import WeightFiles

/// A whole model as one GGUF file: what goes in, and every reason why it would not be right.
struct GGUFExport {
    private(set) var metadata: [(key: String, value: GGUFValue)] = []
    private(set) var entries: [GGUFWriter.Entry] = []
    private(set) var problems: [ExportProblem] = []

    var byteCount: Int { GGUFWriter.byteCount(metadata: metadata, entries: entries) }

    /// - Parameters:
    ///   - folder: of the model: config.json, tokenizer, card.
    ///   - weights: what is written, an adapter merged in.
    ///   - type: how numbers are stored.
    ///   - name: what the file calls the model.
    ///   - baseModel: what it was tuned from, when that is known.
    ///   - preTokenizer: a name given by the person.
    init(
        folder: String, weights: ExportWeights, type: ExportType, name: String, baseModel: String?,
        preTokenizer: String?
    ) {
        guard let json = weights.configuration ?? (try? JSONValue(readingFile: folder + "/config.json"))?.object else {
            problems.append(.error("\(folder)/config.json cannot be read", "Export a whole model folder."))
            return
        }
        let modelType = json["model_type"]?.string ?? ""
        guard let architecture = GGUFArchitecture.writing(modelType: modelType) else {
            problems.append(
                .error(
                    "ftbench writes no GGUF of the kind '\(modelType)'",
                    "It writes " + GGUFArchitecture.all.flatMap(\.modelTypes).joined(separator: ", ")
                        + ". Export it as safetensors and convert it with llama.cpp's own converter."))
            return
        }
        let parameters = GGUFParameters(json: json, architecture: architecture)
        problems += parameters.problems
        let tied =
            json["tie_word_embeddings"]?.bool ?? (architecture.tiesByDefault || !weights.contains("lm_head.weight"))
        let embedding = architecture.outer(named: "token_embd") + ".weight"
        guard let rows = weights.shape(of: embedding)?.first else {
            problems.append(.error("The weights have no '\(embedding)'", "Export a whole model folder."))
            return
        }
        let vocabulary = VocabularyExport(folder: folder, rows: rows, forced: preTokenizer)
        problems += vocabulary.problems
        let facts = MixtureFacts(
            layers: parameters.layers, tiesHead: tied,
            sharesValuesWidely: parameters.layers == 80 && parameters.heads != parameters.keyValueHeads
                && ["llama", "qwen2"].contains(architecture.name))
        addTensors(weights, architecture: architecture, parameters: parameters, tied: tied) { name, shape in
            type.tensorType(name: name, shape: shape, of: facts)
        }
        let count = entries.reduce(0) { $0 + $1.shape.reduce(1, *) }
        let safeName = Self.loadableName(name, vocabulary: vocabulary)
        if safeName != name {
            problems.append(
                .warning(
                    "The file calls the model '\(safeName)': llama.cpp expects Phi-3's own tokens of a model called "
                        + "'\(name)', and could not load it"))
        }
        metadata =
            GGUFGeneral.metadata(
                architecture: architecture.name, type: "model", name: safeName, fileType: type.fileType,
                parameters: count, card: ModelCard(folder: folder), baseModel: baseModel)
            + parameters.metadata + vocabulary.metadata
        addFallbackWarning(type)
    }

    private mutating func addTensors(
        _ weights: ExportWeights, architecture: GGUFArchitecture, parameters: GGUFParameters, tied: Bool,
        typed: (String, [Int]) -> GGUFTensorType
    ) {
        for (name, values) in parameters.ropeTensors {
            entries.append(.init(name: name, tensor: Tensor(values), type: .f32))
        }
        var names: Set<String> = []
        for key in weights.keys where !Self.isIgnored(key) && !(tied && key == "lm_head.weight") {
            // GPT-2's oldest checkpoints hold the inner model alone.
            let isBare =
                architecture.name == "gpt2" && !key.hasPrefix("transformer.") && key != "lm_head.weight"
            let spelled = isBare ? "transformer." + key : key
            guard let (name, change) = architecture.place(ofKey: spelled), var shape = weights.shape(of: key) else {
                problems.append(
                    .error(
                        "'\(key)' has no place in a '\(architecture.name)' file",
                        "Check that config.json and weights belong together."))
                continue
            }
            guard weights.elementType(of: key)?.isComputable == true else {
                problems.append(
                    .error(
                        "'\(key)' is stored in a type that ftbench does not read", "Use weights in F32, F16 or BF16."))
                continue
            }
            if change == .transpose { shape.reverse() }
            names.insert(name)
            entries.append(
                .init(
                    name: name, shape: shape, type: typed(name, shape),
                    rows: Self.rows(of: key, change, weights: weights, parameters: parameters)))
        }
        let missing = architecture.requiredNames(layers: parameters.layers, tied: tied).filter { !names.contains($0) }
        if !missing.isEmpty {
            problems.append(
                .error(
                    "The weights lack \(missing.prefix(4).joined(separator: ", "))"
                        + (missing.count > 4 ? " and \(missing.count - 4) more" : ""),
                    "Check that config.json and weights belong together."))
        }
    }

    /// Older exports store what is computed from the configuration.
    private static func isIgnored(_ key: String) -> Bool {
        key.hasSuffix("rotary_emb.inv_freq") || key.hasSuffix(".attn.bias") || key.hasSuffix(".attn.masked_bias")
    }

    /// Makes pieces of a tensor; one that must be changed as a whole is kept until its last piece.
    private static func rows(
        of key: String, _ change: GGUFArchitecture.Change, weights: ExportWeights, parameters: GGUFParameters
    ) -> (Range<Int>) throws -> Tensor {
        var kept: Tensor?
        return { range in
            let tensor: Tensor
            if let present = kept {
                tensor = present
            } else {
                tensor = try changed(try weights.tensor(key), change, parameters: parameters)
                kept = tensor
            }
            if range.upperBound == tensor.rowCount { kept = nil }
            let piece = tensor.rows(range)
            guard piece.asFloat32().isFinite else { throw ExportError.notFinite(key: key) }
            return piece
        }
    }

    static func changed(
        _ tensor: Tensor, _ change: GGUFArchitecture.Change, parameters: GGUFParameters
    ) throws -> Tensor {
        switch change {
        case .none: return tensor
        case .transpose: return tensor.transposed()
        case .addOne:
            let ones = Tensor.uninitialized(tensor.shape)
            ones.fill(1)
            return tensor.asFloat32().sum(with: ones)
        case .pairQueryHeads, .pairKeyHeads:
            let heads = change == .pairQueryHeads ? parameters.heads : parameters.keyValueHeads
            let order = GGUFArchitecture.pairedOrder(heads: heads, width: tensor.shape[0] / max(1, heads))
            guard order.count == tensor.shape[0] else {
                throw ExportError.refused([
                    .error("A weight of \(tensor.shape[0]) rows is not \(heads) heads", "Check config.json.")
                ])
            }
            if tensor.shape.count == 1 {
                return tensor.reshaped([tensor.count, 1]).reorderingRows(order).reshaped([tensor.count])
            }
            return tensor.reorderingRows(order)
        }
    }

    /// llama.cpp looks for certain tokens by the model's name, and stops when one is missing.
    private static func loadableName(_ name: String, vocabulary: VocabularyExport) -> String {
        let lowered = name.lowercased()
        guard lowered.contains("phi-3") || lowered.contains("phi3"),
            !["<unk>", "<s>", "</s>", "<|endoftext|>"].allSatisfy(vocabulary.contains)
        else { return name }
        return lowered.split(separator: "phi-3", omittingEmptySubsequences: false).joined(separator: "phi_3")
            .split(separator: "phi3", omittingEmptySubsequences: false).joined(separator: "phi_3")
    }

    private mutating func addFallbackWarning(_ type: ExportType) {
        guard [.q8_0, .q4_0, .q4_k_m, .q6_k].contains(type) else { return }
        let block = type == .q4_k_m || type == .q6_k ? 256 : 32
        let odd = entries.filter { $0.shape.count > 1 && $0.type != .f32 && ($0.shape.last ?? 1) % block != 0 }
        guard !odd.isEmpty else { return }
        let types = Set(odd.map(\.type.name)).sorted().joined(separator: ", ")
        problems.append(
            .warning(
                "\(odd.count) of \(entries.count) tensors have rows that are no multiple of \(block) and are stored as "
                    + "\(types), as llama.cpp does"))
    }
}

extension GGUFArchitecture {
    /// Names that a file of so many layers must have.
    func requiredNames(layers: Int, tied: Bool) -> [String] {
        outerNames.filter { !(tied && $0 == "output") }.map { $0 + ".weight" }
            + (0..<layers).flatMap { layer in innerNames.map { "blk.\(layer).\($0).weight" } }
    }
}
