/// A named set of changes to a recipe.
public struct RecipePreset: Sendable, Identifiable {
    public let name: String
    /// For which case it is meant.
    public let explanation: String
    /// Field and new text, in order.
    public let changes: [(key: String, text: String)]

    public var id: String { name }

    public static func named(_ name: String) -> RecipePreset? { all.first { $0.name == name } }

    /// The recipe with the changes made. Fields a preset does not name stay as they are.
    public func applied(to recipe: Recipe) -> Recipe {
        var copy = recipe
        for change in changes { try? RecipeField.named(change.key)?.set(change.text, in: &copy) }
        return copy
    }

    public static let all: [RecipePreset] = [
        RecipePreset(
            name: "lora-small", explanation: "Rank 8 on attention: least memory, for style and small corrections.",
            changes: [
                ("method", "lora"), ("lora.r", "8"), ("lora.alpha", "16"), ("lora.dropout", "0.05"),
                ("lora.target_modules", "q_proj, k_proj, v_proj, o_proj"), ("lora.use_rslora", "false"),
                ("optimizer.learning_rate", "2e-4"), ("epochs", "3"), ("max_steps", ""),
            ]),
        RecipePreset(
            name: "lora-standard", explanation: "Rank 16 on every projection: where to begin.",
            changes: [
                ("method", "lora"), ("lora.r", "16"), ("lora.alpha", "32"), ("lora.dropout", "0.05"),
                ("lora.target_modules", "all-linear"), ("lora.use_rslora", "false"),
                ("optimizer.learning_rate", "2e-4"), ("epochs", "3"), ("max_steps", ""),
            ]),
        RecipePreset(
            name: "lora-large", explanation: "Rank 64, rank-stabilised: for much data or a new skill.",
            changes: [
                ("method", "lora"), ("lora.r", "64"), ("lora.alpha", "16"), ("lora.dropout", "0"),
                ("lora.target_modules", "all-linear"), ("lora.use_rslora", "true"),
                ("optimizer.learning_rate", "1e-4"), ("epochs", "3"), ("max_steps", ""),
            ]),
        RecipePreset(
            name: "full-small", explanation: "Every weight, low rate: for models of a few hundred million parameters.",
            changes: [
                ("method", "full"), ("optimizer.learning_rate", "2e-5"), ("optimizer.weight_decay", "0.01"),
                ("schedule.warmup_ratio", "0.05"), ("epochs", "2"), ("max_steps", ""),
                ("gradient_checkpointing", "block"),
            ]),
        RecipePreset(
            name: "quick-look", explanation: "Fifty short steps: does the loss fall at all?",
            changes: [
                ("max_steps", "50"), ("evaluation.every_steps", "10"), ("checkpoints.every_steps", "0"),
                ("schedule.warmup_ratio", "0.1"),
            ]),
        RecipePreset(
            name: "low-memory", explanation: "One sequence at a time, activations computed again.",
            changes: [
                ("batch.micro_batch_size", "1"), ("batch.gradient_accumulation_steps", "8"),
                ("gradient_checkpointing", "block"),
            ]),
        RecipePreset(
            name: "pretrain",
            explanation: "Every token of plain text, every weight, high rate: for a model from nothing.",
            changes: [
                ("method", "full"), ("data.train_on", "everything"), ("data.too_long", "split"),
                ("optimizer.learning_rate", "1e-3"), ("optimizer.weight_decay", "0.1"),
                ("optimizer.betas", "0.9, 0.95"), ("schedule.name", "cosine"), ("schedule.warmup_ratio", "0.02"),
                ("schedule.minimum_ratio", "0.1"), ("batch.packing", "true"), ("epochs", "1"),
            ]),
    ]
}
