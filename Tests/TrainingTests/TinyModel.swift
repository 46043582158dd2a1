// swift-format-ignore-file: NeverForceUnwrap

import Datasets
import Foundation
import OrderedJSON
import Recipes
import Runs
import Synchronization
import Tensors
import Tokenizers
import Training
import WeightFiles

/// A model folder of a few thousand parameters with a tokenizer trained on a few sentences, made anew for each test.
struct TinyModel {
    let folder: String
    let configuration: JSONObject

    static let sentences = [
        "the cat sat on the mat", "the dog ran to the cat", "a bird sings in the tree", "the sun is warm today",
        "a fish swims in the sea", "the old man reads a book", "rain falls on the roof", "the child eats an apple",
    ]

    /// Trained once for all tests.
    static let tokenizerJSON = Result {
        var trainer = ByteLevelBPETrainer(vocabularySize: 320, specialTokens: ["<s>", "</s>"])
        for sentence in sentences { trainer.add(sentence + " User: Assistant:", count: 4) }
        return try trainer.train()
    }

    static let template =
        "{% for m in messages %}{{ m['role'] + ': ' + m['content'] }}"
        + "{% if m['role'] == 'assistant' %}{{ eos_token }}{% endif %}{{ '\\n' }}{% endfor %}"
        + "{% if add_generation_prompt %}assistant: {% endif %}"

    static let sizes = (hidden: 16, layers: 2, heads: 2, keyValueHeads: 1, headWidth: 8, feedForward: 24)

    init(
        in place: Scratch, named name: String = "model",
        embedding change: (inout [Float], Tokenizer) -> Void = { _, _ in }
    )
        throws
    {
        folder = place.path + "/" + name
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let json = try Self.tokenizerJSON.get()
        let tokenizer = try Tokenizer(json: json, named: "tiny")
        let vocabulary = tokenizer.vocabularySize
        try Self.write(json, folder + "/tokenizer.json")
        try Self.write(
            [
                "bos_token": "<s>", "eos_token": "</s>",
                "chat_template": .string(Self.template),
            ], folder + "/tokenizer_config.json")
        let s = Self.sizes
        configuration = [
            "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": .integer(s.hidden),
            "num_hidden_layers": .integer(s.layers), "num_attention_heads": .integer(s.heads),
            "num_key_value_heads": .integer(s.keyValueHeads), "head_dim": .integer(s.headWidth),
            "intermediate_size": .integer(s.feedForward), "vocab_size": .integer(vocabulary),
            "max_position_embeddings": 256, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
            "tie_word_embeddings": false, "hidden_act": "silu", "torch_dtype": "float32", "bos_token_id": 0,
            "eos_token_id": 1, "attention_bias": false, "mlp_bias": false,
        ]
        try Self.write(.object(configuration), folder + "/config.json")
        var embedding = Tensor.random([vocabulary, s.hidden], seed: 1, deviation: 0.5).toArray()
        change(&embedding, tokenizer)
        var tensors: [(name: String, tensor: Tensor)] = [
            ("model.embed_tokens.weight", Tensor(embedding, shape: [vocabulary, s.hidden])),
            ("lm_head.weight", .random([vocabulary, s.hidden], seed: 2, deviation: 0.2)),
            ("model.norm.weight", Self.ones(s.hidden)),
        ]
        for layer in 0..<s.layers {
            let name = "model.layers.\(layer)."
            let shapes: [(String, Int, Int)] = [
                ("self_attn.q_proj", s.heads * s.headWidth, s.hidden),
                ("self_attn.k_proj", s.keyValueHeads * s.headWidth, s.hidden),
                ("self_attn.v_proj", s.keyValueHeads * s.headWidth, s.hidden),
                ("self_attn.o_proj", s.hidden, s.heads * s.headWidth),
                ("mlp.gate_proj", s.feedForward, s.hidden), ("mlp.up_proj", s.feedForward, s.hidden),
                ("mlp.down_proj", s.hidden, s.feedForward),
            ]
            for (index, shape) in shapes.enumerated() {
                let seed = UInt64(100 + layer * 10 + index)
                tensors.append((name + shape.0 + ".weight", .random([shape.1, shape.2], seed: seed, deviation: 0.2)))
            }
            tensors.append((name + "input_layernorm.weight", Self.ones(s.hidden)))
            tensors.append((name + "post_attention_layernorm.weight", Self.ones(s.hidden)))
        }
        try SafetensorsFile.write(tensors, to: folder + "/model.safetensors")
    }

    private static func ones(_ count: Int) -> Tensor {
        Tensor([Float](repeating: 1, count: count), shape: [count])
    }

    private static func write(_ json: JSONValue, _ path: String) throws {
        try Data(json.serialized(.pretty()).utf8).write(to: URL(fileURLWithPath: path))
    }
}

/// A folder that goes when the test ends.
final class Scratch: Sendable {
    let path: String
    private let isOwned: Bool
    init() throws {
        isOwned = true
        path = NSTemporaryDirectory() + "ftbench-training-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    /// A folder that someone else removes.
    init(at path: String) {
        self.path = path
        isOwned = false
    }
    deinit { if isOwned { try? FileManager.default.removeItem(atPath: path) } }
}

/// Rows, recipe and run folder around a tiny model.
struct TinyRun {
    let scratch: Scratch
    let model: TinyModel
    var recipe: Recipe
    var rows: [Example]

    init(
        method: Recipe.Method = .lora, in place: Scratch? = nil,
        embedding: (inout [Float], Tokenizer) -> Void = { _, _ in }
    ) throws {
        scratch = try place ?? Scratch()
        model = try TinyModel(in: scratch, embedding: embedding)
        recipe = Recipe(model: model.folder, data: Recipe.DataSection(train: "tiny.jsonl"))
        recipe.method = method
        recipe.lora.r = 4
        recipe.lora.alpha = 8
        recipe.lora.dropout = 0.1
        recipe.optimizer.learningRate = 5e-3
        recipe.optimizer.weightDecay = 0.01
        recipe.schedule.warmupSteps = 2
        recipe.batch.microBatchSize = 2
        recipe.batch.gradientAccumulationSteps = 2
        recipe.batch.sequenceLength = 64
        recipe.maxSteps = 12
        recipe.data.validation = .share(0.15)
        recipe.evaluation.everySteps = 4
        recipe.checkpoints.everySteps = 6
        rows = Self.rows(24)
    }

    static func rows(_ count: Int) -> [Example] {
        (0..<count).map { index in
            let sentence = TinyModel.sentences[index % TinyModel.sentences.count]
            let next = TinyModel.sentences[(index * 3 + 1) % TinyModel.sentences.count]
            return Example(
                content: .chat(
                    [
                        ChatMessage(role: "user", content: "\(sentence) \(index)"),
                        ChatMessage(role: "assistant", content: next),
                    ], tools: nil), line: index + 1)
        }
    }

    func request(_ folder: String = "run", resumeFrom: String? = nil) -> RunRequest {
        let rows = rows
        return RunRequest(
            id: RunID(folder), recipe: recipe, folder: path(folder), resumeFrom: resumeFrom
        ) { DataSource(name: "tiny.jsonl", train: rows) }
    }

    func path(_ folder: String) -> String { scratch.path + "/" + folder }

    func prepared() throws -> PreparedRun {
        try PreparedRun(
            recipe: recipe, text: try ModelText.load(folder: model.folder),
            data: DataSource(name: "tiny.jsonl", train: rows))
    }

    /// Runs to the end on this thread and keeps what was told.
    func run(
        _ folder: String = "run", resumeFrom: String? = nil,
        onEvent: @escaping (RunEvent, (RunCommand) -> Void) -> Void = { _, _ in }
    ) -> Told {
        let told = Told()
        told.outcome = EngineHost.runHere(request(folder, resumeFrom: resumeFrom)) { event, send in
            told.events.append(event)
            onEvent(event, send)
        }
        return told
    }
}

/// What a run told.
final class Told {
    var events: [RunEvent] = []
    var outcome = RunOutcome(phase: .failed, output: nil, bestCheckpoint: nil, lastCheckpoint: nil, message: nil)

    var steps: [MetricPoint] { events.compactMap { if case .step(let point) = $0 { point } else { nil } } }
    var losses: [Double] { steps.map(\.loss) }
    var evaluations: [EvaluationPoint] {
        events.compactMap { if case .evaluation(let point) = $0 { point } else { nil } }
    }
    var checkpoints: [CheckpointRecord] {
        events.compactMap { if case .checkpoint(let record) = $0 { record } else { nil } }
    }
    var samples: [SampleText] { events.compactMap { if case .sample(let text) = $0 { text } else { nil } } }
    var notices: [String] { events.compactMap { if case .notice(let notice) = $0 { notice.text } else { nil } } }
    var phases: [RunPhase] { events.compactMap { if case .phase(let phase, _) = $0 { phase } else { nil } } }
}

func bytes(_ path: String) -> Data { FileManager.default.contents(atPath: path) ?? Data() }
