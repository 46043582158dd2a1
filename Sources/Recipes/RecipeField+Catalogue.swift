extension RecipeField {
    /// Every field, in the order of the file and of the screen.
    public static let all: [RecipeField] =
        sourceFields + methodFields + optimizerFields + scheduleFields + batchFields + runFields + evaluationFields
        + checkpointFields + exportFields

    private static let sourceFields: [RecipeField] = [
        .path(
            "model", \.model,
            FieldText(
                title: "Base model", group: .source,
                explanation: "The model to start from: a Hugging Face folder, or the name of a model in the workspace.",
                advice: "Llama, Mistral and Qwen2 folders with safetensors weights are read.")),
        .path(
            "data.train", \.data.train,
            FieldText(
                title: "Training data", group: .source,
                explanation: "A JSONL file, or NAME or NAME@VERSION of a data set in the workspace.",
                advice: "Look at it on the Data screen first: what is trained is what stands there.")),
        .validation(
            "data.validation", \.data.validation,
            FieldText(
                title: "Held-out rows", group: .source,
                explanation: "Rows kept out of training to measure the loss on: a share of the training rows, chosen by"
                    + " their content and the seed, or a file of its own. 0 holds nothing out.",
                advice: "Too small and the held-out loss is noise; too large and training rows are lost. Usual: 0.05 to"
                    + " 0.2, at least 50 rows.")),
        .choice(
            "data.train_on", \.data.trainOn,
            FieldText(
                title: "Train on", group: .source,
                explanation: "Which tokens the loss is taken over: everything, the assistant's answers, or the"
                    + " last answer of each conversation.",
                advice:
                    "answers for instructions and chat; everything for plain text and pre-training; last_answer"
                    + " when earlier turns are context only.")),
        .choice(
            "data.too_long", \.data.tooLong,
            FieldText(
                title: "Rows too long", group: .source,
                explanation:
                    "What happens to a row longer than batch.sequence_length: drop leaves it out, truncate"
                    + " cuts it and keeps the end token, split makes several rows of it, stop refuses to start.",
                advice: "Cut answers teach a model to stop mid-sentence: drop is safe for chat, split for plain text.")),
    ]

    private static let methodFields: [RecipeField] = [
        .choice(
            "method", \.method,
            FieldText(
                title: "Method", group: .method,
                explanation: "lora trains small matrices beside the frozen weights; full trains every weight.",
                advice: "lora needs a fraction of the memory and forgets less; full can change more, needs 16 bytes a"
                    + " parameter and a rate about ten times lower.")),
        .integer(
            "lora.r", 1...1024, \.lora.r, steps: .doubling,
            FieldText(
                title: "Rank", group: .method,
                explanation: "Width of the low-rank update of each target projection. Hu et al. 2021.",
                advice: "Too low cannot hold the task; too high costs memory and overfits small sets. Usual: 8 to 64.")),
        .number(
            "lora.alpha", 0.001...4096, \.lora.alpha, steps: .doubling,
            FieldText(
                title: "Alpha", group: .method,
                explanation: "The update is scaled by alpha / r (alpha / sqrt(r) with use_rslora).",
                advice: "Acts like a learning rate for the adapter. Usual: r or 2 r; keep it when you change the rank.")
        ),
        .number(
            "lora.dropout", 0...0.95, \.lora.dropout, steps: .linear(0.05),
            FieldText(
                title: "Dropout", group: .method,
                explanation: "Share of the adapter's inputs set to zero in training, against overfitting.",
                advice: "Too high slows learning. Usual: 0.05 for small sets, 0 for more than 10,000 rows.")),
        .list(
            "lora.target_modules", .words, \.lora.targetModules, mayBeEmpty: false,
            FieldText(
                title: "Target modules", group: .method,
                explanation: "Which projections get an adapter: all-linear, or names such as q_proj, v_proj.",
                advice: "Attention only is lighter; all-linear learns more for the same rank.")),
        .flag(
            "lora.use_rslora", \.lora.useRSLoRA,
            FieldText(
                title: "Rank-stabilised", group: .method,
                explanation: "Scale by alpha / sqrt(r), so that high ranks keep learning. Kalajdzievski 2023.",
                advice: "Turn it on for ranks above 32; a lower alpha goes with it.")),
        .flag(
            "lora.use_dora", \.lora.useDoRA,
            FieldText(
                title: "DoRA", group: .method,
                explanation: "Learn the length of each output's weights apart from their direction. Liu et al. 2024.",
                advice: "Often better at low ranks; a step takes noticeably longer. Usual: false.")),
        .list(
            "lora.modules_to_save", .words, \.lora.modulesToSave, mayBeEmpty: true,
            FieldText(
                title: "Trained whole", group: .method,
                explanation: "Modules trained and saved as they are beside the adapter, such as lm_head, embed_tokens.",
                advice: "For new tokens or a new language; costs 16 bytes for each of their parameters. Usual: none.")),
        .patterns(
            "lora.rank_pattern", 1...1024, whole: true, \.lora.rankPattern,
            FieldText(
                title: "Ranks by module", group: .method,
                explanation: "Other ranks for modules whose names end with the pattern: q_proj: 8, down_proj: 32.",
                advice: "The first pattern that matches counts. Usual: none.")),
        .patterns(
            "lora.alpha_pattern", 0.001...4096, whole: false, \.lora.alphaPattern,
            FieldText(
                title: "Alphas by module", group: .method,
                explanation: "Other alphas for modules whose names end with the pattern: q_proj: 16.",
                advice: "Goes with a rank of its own, to keep alpha / r. Usual: none.")),
    ]

    private static let optimizerFields: [RecipeField] = [
        .choice(
            "optimizer.name", \.optimizer.name,
            FieldText(
                title: "Optimizer", group: .optimizer,
                explanation: "AdamW: Adam with weight decay apart from the gradient. Loshchilov and Hutter 2017.",
                advice: "Keeps two numbers for each trained parameter.")),
        .number(
            "optimizer.learning_rate", 0...1, \.optimizer.learningRate, steps: .oneTwoFive,
            FieldText(
                title: "Learning rate", group: .optimizer,
                explanation: "Size of the updates at the peak of the schedule. The one number to get right.",
                advice: "Too high: the loss jumps or becomes NaN; too low: it hardly falls. Usual: 1e-4 to 5e-4 for"
                    + " lora, 1e-5 to 5e-5 for full; small models bear ten times more.")),
        .number(
            "optimizer.weight_decay", 0...1, \.optimizer.weightDecay, steps: .ladder([0, 0.001, 0.01, 0.05, 0.1, 0.2]),
            FieldText(
                title: "Weight decay", group: .optimizer,
                explanation: "Pulls the trained matrices towards zero by learning rate × this share a step.",
                advice: "0 to 0.01 for lora; 0.1 for pre-training. Too high erases what was learnt.")),
        .numbers(
            "optimizer.betas", count: 2, 0...0.999999, \.optimizer.betas,
            FieldText(
                title: "Betas", group: .optimizer,
                explanation: "How long Adam remembers the gradient, and its square.",
                advice: "0.9, 0.999; pre-training with large batches uses 0.9, 0.95.")),
        .number(
            "optimizer.epsilon", 1e-20...0.1, \.optimizer.epsilon, steps: .ladder([1e-10, 1e-8, 1e-6, 1e-4]),
            FieldText(
                title: "Epsilon", group: .optimizer,
                explanation: "Added to the root of the mean square, so that tiny gradients are not blown up.",
                advice: "1e-8; raise it when the loss spikes early.")),
        .number(
            "optimizer.max_grad_norm", 0...1e6, \.optimizer.maxGradNorm,
            steps: .ladder([0, 0.1, 0.3, 0.5, 1, 2, 5, 10]),
            FieldText(
                title: "Clip gradient", group: .optimizer, unit: "L2 norm",
                explanation: "Gradients longer than this are scaled down to it; 0 turns clipping off.",
                advice: "1 is safe. Clipping at every step means the rate is too high or the limit too low.")),
    ]

    private static let scheduleFields: [RecipeField] = [
        .choice(
            "schedule.name", \.schedule.name,
            FieldText(
                title: "Schedule", group: .schedule,
                explanation: "How the rate goes from its peak to its end: constant, linear, cosine.",
                advice: "cosine for a fixed length; constant when you mean to stop by eye.")),
        .number(
            "schedule.warmup_ratio", 0...1, \.schedule.warmupRatio, steps: .linear(0.01),
            FieldText(
                title: "Warm-up share", group: .schedule, unit: "share of steps",
                explanation: "Share of all steps in which the rate rises in a line to its peak.",
                advice: "Without warm-up the first steps can spoil the model. Usual: 0.03 to 0.1.")),
        .optionalInteger(
            "schedule.warmup_steps", 0...10_000_000, \.schedule.warmupSteps,
            steps: .ladder([0, 5, 10, 20, 50, 100, 200]),
            absence: "warmup_ratio decides",
            FieldText(
                title: "Warm-up steps", group: .schedule, unit: "steps",
                explanation: "The same as a number of steps; wins over warmup_ratio when set.",
                advice: "10 to 100 for fine-tuning.")),
        .number(
            "schedule.minimum_ratio", 0...1, \.schedule.minimumRatio, steps: .ladder([0, 0.01, 0.05, 0.1, 0.2, 0.5]),
            FieldText(
                title: "End of schedule", group: .schedule, unit: "share of peak",
                explanation: "Rate at the last step as a share of the peak, for linear and cosine.",
                advice: "0 for fine-tuning, 0.1 for pre-training.")),
    ]

    private static let batchFields: [RecipeField] = [
        .integer(
            "batch.micro_batch_size", 1...65_536, \.batch.microBatchSize, steps: .doubling,
            FieldText(
                title: "Micro-batch", group: .batch, unit: "sequences",
                explanation: "Sequences computed at a time. Memory for activations grows with it.",
                advice: "As many as memory holds; then accumulate.")),
        .integer(
            "batch.gradient_accumulation_steps", 1...65_536, \.batch.gradientAccumulationSteps, steps: .doubling,
            FieldText(
                title: "Accumulate", group: .batch, unit: "micro-batches",
                explanation: "Micro-batches summed, weighted by their tokens, before one update.",
                advice: "Makes a large batch in little memory; the result is the same as one large micro-batch.")),
        .integer(
            "batch.sequence_length", 8...1_048_576, \.batch.sequenceLength, steps: .doubling,
            FieldText(
                title: "Sequence length", group: .batch, unit: "tokens",
                explanation: "Longest sequence. Memory grows with it, and the work of attention with its square.",
                advice: "A little above the longest row you want to keep; no more than the model's context.")),
        .flag(
            "batch.packing", \.batch.packing,
            FieldText(
                title: "Packing", group: .batch,
                explanation: "Lays several rows into one sequence; none can see another.",
                advice: "Faster with short rows, same loss. An update then holds more rows: expect fewer steps.")),
    ]

    private static let runFields: [RecipeField] = [
        .choice(
            "precision", \.precision,
            FieldText(
                title: "Precision", group: .run,
                explanation:
                    "What matrix products round to, and the type weights are saved in. Sums, trained weights and the "
                    + "optimiser are float32.",
                advice: "bf16 trains faster where the processor has such products; fp32 keeps every bit.")),
        .choice(
            "gradient_checkpointing", \.gradientCheckpointing,
            FieldText(
                title: "Checkpointing", group: .run,
                explanation: "block keeps one activation a block and computes the rest again in the backward pass.",
                advice: "Saves most of the activation memory for about a third more time; gradients are the same.")),
        .number(
            "epochs", 0.01...10_000, \.epochs, steps: .ladder([0.1, 0.25, 0.5, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20]),
            FieldText(
                title: "Epochs", group: .run, unit: "passes",
                explanation: "Passes over the training rows; ignored when max_steps is set.",
                advice: "Too many overfits: the held-out loss rises. Usual: 1 to 3, more for a few hundred rows.")),
        .optionalInteger(
            "max_steps", 1...1_000_000_000, \.maxSteps, steps: .oneTwoFive, absence: "epochs decides",
            FieldText(
                title: "Steps", group: .run, unit: "updates",
                explanation: "Updates to make; wins over epochs when set.",
                advice: "Use it for a quick look or for pre-training.")),
        .seed(
            "seed", \.seed,
            FieldText(
                title: "Seed", group: .run,
                explanation: "Decides the held-out rows, the order, dropout and the adapter's start.",
                advice: "The same seed gives the same run; try a few to see how much luck there is.")),
        .optionalText(
            "name", \.name, absence: "made from model, method and date",
            FieldText(
                title: "Name", group: .run, explanation: "Name of the run and of its folder.",
                advice: "Letters, digits, - and _.")),
    ]

    private static let evaluationFields: [RecipeField] = [
        .integer(
            "evaluation.every_steps", 0...1_000_000_000, \.evaluation.everySteps,
            steps: .ladder([0, 5, 10, 20, 50, 100, 200, 500, 1000]),
            FieldText(
                title: "Evaluate every", group: .evaluation, unit: "steps",
                explanation: "Steps between measurements of the held-out loss; 0 measures at the end only.",
                advice: "Often enough to see the loss turn, seldom enough to cost under a tenth of the time.")),
        .list(
            "evaluation.prompts", .texts, \.evaluation.prompts, mayBeEmpty: true,
            FieldText(
                title: "Sample prompts", group: .evaluation,
                explanation: "Prompts completed greedily at each evaluation and kept with the run, asked through the"
                    + " model's chat template when it has one.",
                advice: "Two or three of the kind you care about.")),
        .integer(
            "evaluation.max_tokens", 1...32_768, \.evaluation.maxTokens, steps: .doubling,
            FieldText(
                title: "Sample length", group: .evaluation, unit: "tokens",
                explanation: "Most tokens written for each sample prompt.", advice: "64 to 256.")),
    ]

    private static let checkpointFields: [RecipeField] = [
        .integer(
            "checkpoints.every_steps", 0...1_000_000_000, \.checkpoints.everySteps,
            steps: .ladder([0, 10, 20, 50, 100, 200, 500, 1000]),
            FieldText(
                title: "Checkpoint every", group: .checkpoints, unit: "steps",
                explanation: "Steps between checkpoints a run can resume from; 0 saves at the end only.",
                advice: "What you can bear to compute again after a power cut.")),
        .integer(
            "checkpoints.keep", 1...10_000, \.checkpoints.keep, steps: .linear(1),
            FieldText(
                title: "Keep", group: .checkpoints, unit: "checkpoints",
                explanation: "The newest this many are kept, and the best one besides.",
                advice: "Full fine-tuning writes 12 bytes a parameter for each.")),
    ]

    private static let exportFields: [RecipeField] = [
        .choice(
            "export.format", \.export.format,
            FieldText(
                title: "Export as", group: .export,
                explanation: "What is written into the run's folder for other tools once the run is finished: peft or"
                    + " mlx (the adapter), safetensors (a whole folder), gguf (one file for llama.cpp), or none.",
                advice: "Everything that could make the export fail is checked before the first step.")),
        .choice(
            "export.type", \.export.type,
            FieldText(
                title: "Numbers", group: .export,
                explanation: "How the exported numbers are stored; auto is f16 for gguf and the model's own type for"
                    + " safetensors. The types from q8_0 on are for gguf only.",
                advice: "q8_0 is nearly exact in half the size of f16; q4_k_m is the usual choice for small machines.")),
        .flag(
            "export.merge", \.export.merge,
            FieldText(
                title: "Merge the adapter", group: .export,
                explanation: "Whether a gguf file holds the whole model with the adapter in its weights, or the adapter"
                    + " alone.",
                advice: "Merge unless the other tool has the very same base model already.")),
        .optionalText(
            "export.pre_tokenizer", \.export.preTokenizer, absence: "the tokenizer is recognised or the export refused",
            FieldText(
                title: "Pre-tokeniser", group: .export,
                explanation:
                    "For gguf: llama.cpp's name of the way the tokenizer cuts text (llama-bpe, qwen2, gpt-2, …).",
                advice: "Needed only when the check says that the tokenizer is not recognised; a wrong name gives other"
                    + " tokens.")),
    ]
}
