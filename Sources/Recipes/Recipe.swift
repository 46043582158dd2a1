/// What a run should do. Written by people as YAML (see `Recipe+YAML.swift`): every field but `model`
/// and `data.train` has a default, and field names in the file are the field's own in snake_case.
public struct Recipe: Sendable, Equatable {
    /// A Hugging Face folder, or the name of a model in the workspace.
    public var model: String
    public var data: DataSection
    public var method: Method = .lora
    public var lora = LoRASection()
    public var optimizer = OptimizerSection()
    public var schedule = ScheduleSection()
    public var batch = BatchSection()
    public var precision: Precision = .fp32
    public var gradientCheckpointing: GradientCheckpointing = .none
    /// Passes over the training rows; ignored when `maxSteps` is set.
    public var epochs: Double = 3
    public var maxSteps: Int?
    public var seed: UInt64 = 42
    public var evaluation = EvaluationSection()
    public var checkpoints = CheckpointSection()
    public var export = ExportSection()
    /// Name of the run; one is made from model, method and date when absent.
    public var name: String?

    public init(model: String, data: DataSection) {
        self.model = model
        self.data = data
    }

    public enum Method: String, Sendable, CaseIterable { case full, lora }
    public enum Precision: String, Sendable, CaseIterable { case fp32, bf16 }
    public enum GradientCheckpointing: String, Sendable, CaseIterable { case none, block }

    public struct DataSection: Sendable, Equatable {
        /// A file, or NAME or NAME@VERSION of the workspace.
        public var train: String
        public var validation: Validation = .share(0.1)
        public var trainOn: TrainOn = .answers
        public var tooLong: TooLong = .drop
        public init(train: String) { self.train = train }

        /// Rows held out of training: a share of the training file, a file of their own, or none (`0`).
        public enum Validation: Sendable, Equatable { case share(Double), file(String) }
        public enum TrainOn: String, Sendable, CaseIterable { case everything, answers, lastAnswer = "last_answer" }
        public enum TooLong: String, Sendable, CaseIterable { case drop, truncate, split, stop }
    }

    public struct LoRASection: Sendable, Equatable {
        public var r = 16
        public var alpha: Double = 32
        public var dropout: Double = 0.05
        /// `all-linear`, or module names such as q_proj, v_proj.
        public var targetModules: [String] = ["all-linear"]
        /// Scale alpha / sqrt(r) instead of alpha / r. Kalajdzievski 2023, arXiv 2312.03732.
        public var useRSLoRA = false
        /// Learn the length of each output's weights apart. Liu et al. 2024, arXiv 2402.09353.
        public var useDoRA = false
        /// Modules trained and saved as a whole beside the adapter, such as lm_head.
        public var modulesToSave: [String] = []
        /// Ranks and alphas of modules whose names end with the pattern; the first that matches counts.
        public var rankPattern: [Pattern] = []
        public var alphaPattern: [Pattern] = []
        public init() {}

        /// A regular expression on module names, and the number that holds there.
        public struct Pattern: Sendable, Equatable {
            public var pattern: String
            public var value: Double
            public init(_ pattern: String, _ value: Double) {
                self.pattern = pattern
                self.value = value
            }
        }
    }

    public struct OptimizerSection: Sendable, Equatable {
        public var name: Name = .adamw
        public var learningRate: Double = 2e-4
        public var weightDecay: Double = 0
        public var betas: [Double] = [0.9, 0.999]
        public var epsilon: Double = 1e-8
        /// Gradients are scaled down to this L2 norm; 0 turns clipping off.
        public var maxGradNorm: Double = 1
        public init() {}
        public enum Name: String, Sendable, CaseIterable { case adamw }
    }

    public struct ScheduleSection: Sendable, Equatable {
        public var name: Name = .cosine
        /// Share of all steps in linear warm-up; `warmupSteps` wins when set.
        public var warmupRatio: Double = 0.03
        public var warmupSteps: Int?
        /// Rate at the end as a share of the peak, for linear and cosine.
        public var minimumRatio: Double = 0
        public init() {}
        public enum Name: String, Sendable, CaseIterable { case constant, linear, cosine }
    }

    public struct BatchSection: Sendable, Equatable {
        /// Sequences (packed or not) computed at a time.
        public var microBatchSize = 4
        public var gradientAccumulationSteps = 2
        /// Longest sequence in tokens.
        public var sequenceLength = 512
        public var packing = true
        public init() {}
    }

    public struct EvaluationSection: Sendable, Equatable {
        /// 0: only at the end.
        public var everySteps = 20
        public var prompts: [String] = []
        /// Tokens generated for each prompt.
        public var maxTokens = 64
        public init() {}
    }

    public struct CheckpointSection: Sendable, Equatable {
        /// 0: only at the end.
        public var everySteps = 50
        /// The newest this many are kept, and the best one besides.
        public var keep = 2
        public init() {}
    }

    /// What is written for other tools when the run is finished.
    public struct ExportSection: Sendable, Equatable {
        public var format: Format = .none
        /// How numbers are stored; `auto` is the format's usual.
        public var type: NumberType = .auto
        /// Whether the adapter becomes part of the weights; for GGUF only, where it can also stand alone.
        public var merge = true
        /// For GGUF: the name of the pre-tokeniser, when the tokenizer is not recognised.
        public var preTokenizer: String?
        public init() {}
        public enum Format: String, Sendable, CaseIterable { case none, peft, mlx, safetensors, gguf }
        public enum NumberType: String, Sendable, CaseIterable { case auto, f32, f16, bf16, q8_0, q4_0, q4_k_m, q6_k }
    }
}
