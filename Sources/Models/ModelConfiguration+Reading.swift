import Autograd
public import OrderedJSON
import WeightFiles

extension ModelConfiguration {
    /// Reads `config.json` of a model folder, of either generation of keys.
    ///
    /// - Throws: `ModelError`.
    public static func load(folder: String) throws(ModelError) -> ModelConfiguration {
        let file = folder + "/config.json"
        let json: JSONValue
        do {
            json = try JSONValue(readingFile: file)
        } catch {
            throw .noConfiguration(file: file, reason: error.reason)
        }
        guard let members = json.object else {
            throw .noConfiguration(file: file, reason: "it holds \(json.kind), not an object")
        }
        return try ModelConfiguration(json: members, file: file)
    }

    /// `file` is what error messages call the source.
    ///
    /// - Throws: `ModelError`, naming every missing key at once, or the first value that does not fit.
    public init(json whole: JSONObject, file: String = "config.json") throws(ModelError) {
        let json = ModelConfiguration.textPart(of: whole)
        let family = try ModelConfiguration.family(of: json, file: file)
        let traits = family.traits
        let reader = ConfigurationReader(json: json, file: file, traits: traits)
        try reader.refuseOtherModels()
        let required = [
            "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
            "max_position_embeddings",
        ].filter { $0 != "intermediate_size" || traits.defaultFeedForwardFactor == nil }
        let missing = required.filter { reader.value($0) == nil }
        guard missing.isEmpty else { throw .missingKeys(file: file, keys: missing.map(reader.name)) }

        let layers = try reader.size("num_hidden_layers", upTo: 4096)
        let hiddenSize = try reader.size("hidden_size", upTo: 1 << 20)
        let heads = try reader.size("num_attention_heads", upTo: 1 << 14)
        let (keyValueHeads, headWidth) = try reader.headSizes(hiddenSize: hiddenSize, heads: heads)
        self.family = family
        self.layers = layers
        self.hiddenSize = hiddenSize
        self.heads = heads
        self.keyValueHeads = keyValueHeads
        self.headWidth = headWidth
        vocabularySize = try reader.size("vocab_size", upTo: 1 << 26)
        feedForward = try reader.size(
            "intermediate_size", upTo: 1 << 22, absent: traits.defaultFeedForwardFactor.map { $0 * hiddenSize })
        normEpsilon = Float(try reader.positive(traits.epsilonKey, absent: 1e-6))
        initializerRange = Float(try reader.positive("initializer_range", absent: 0.02))
        activation = try reader.activation()
        let positions = try reader.size("max_position_embeddings", upTo: 1 << 28)
        let rope = try reader.rope(headWidth: headWidth, contextLength: positions)
        self.rope = rope?.all
        windowRope = rope?.window
        if case .dynamic(let factor, _)? = rope?.all.scaling {
            contextLength = Int(min(Double(1 << 28), Double(positions) * max(1, factor)))
        } else {
            contextLength = positions
        }
        tiesEmbeddings = try reader.flag("tie_word_embeddings", absent: false)
        queryKeyValueBias = try reader.isOn(traits.biases.queryKeyValue)
        outputBias = try reader.isOn(traits.biases.output)
        feedForwardBias = try reader.isOn(traits.biases.feedForward)
        windows = try reader.windows(layers: layers)
        attentionScales = Array(repeating: 1 / Float(headWidth).squareRoot(), count: layers)
        bosID = reader.ids("bos_token_id").first
        eosIDs = reader.ids("eos_token_id")
        padID = reader.ids("pad_token_id").first
        dtype = json["dtype"]?.string ?? json["torch_dtype"]?.string
        source = json
        try traits.finish(&self, reader)
        guard parameterCount < 1 << 50 else {
            throw .badValue(
                file: file, key: "hidden_size",
                problem: "and the other sizes make \(parameterCount) weights, more than any model has")
        }
    }

    private static func family(of json: JSONObject, file: String) throws(ModelError) -> ModelFamily {
        let type = json["model_type"]?.string
        if let type, let family = ModelFamily(rawValue: type) { return family }
        let architecture = json["architectures"]?[0]?.string
        if type == nil, let family = ModelFamily.allCases.first(where: { $0.architecture == architecture }) {
            return family
        }
        throw .unknownArchitecture(
            file: file, found: type ?? architecture, known: ModelFamily.allCases.map(\.rawValue))
    }

    /// The part of a model that also sees which reads and writes text, as a model of its own: `text_config`, with
    /// what the whole says about tokens and type. Any other configuration as it is.
    private static func textPart(of whole: JSONObject) -> JSONObject {
        guard whole["model_type"]?.string == "gemma3", var text = whole["text_config"]?.object else { return whole }
        let shared = [
            "bos_token_id", "eos_token_id", "pad_token_id", "dtype", "torch_dtype", "tie_word_embeddings",
            "quantization_config",
        ]
        for key in shared where text[key] == nil || key == "eos_token_id" {
            if let value = whole[key] { text[key] = value }
        }
        text["model_type"] = .string(ModelFamily.gemma3.rawValue)
        text["architectures"] = [.string(ModelFamily.gemma3.architecture)]
        return text
    }
}

extension ConfigurationReader {
    /// K and D: both may be absent, and then follow from C and H.
    fileprivate func headSizes(
        hiddenSize: Int, heads: Int
    ) throws(ModelError) -> (keyValueHeads: Int, headWidth: Int) {
        let keyValueHeads = try size("num_key_value_heads", upTo: 1 << 14, absent: heads)
        guard heads % keyValueHeads == 0 else {
            throw .badValue(
                file: file, key: "num_key_value_heads",
                problem: "is \(keyValueHeads), which does not divide the \(heads) attention heads")
        }
        guard traits.readsHeadWidth, value("head_dim") != nil else {
            guard hiddenSize % heads == 0 else {
                throw .badValue(
                    file: file, key: name("hidden_size"),
                    problem: "is \(hiddenSize), which \(heads) attention heads do not divide, and there is no head_dim")
            }
            return (keyValueHeads, hiddenSize / heads)
        }
        return (keyValueHeads, try size("head_dim", upTo: 1 << 14))
    }
}
