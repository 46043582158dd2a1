import Recipes

/// Decides whether a checkpoint belongs to a recipe.
enum ResumeCheck {
    /// Fields that change neither a loss nor a weight.
    static let free: Set<String> = [
        "model", "data.train", "name", "gradient_checkpointing", "evaluation.every_steps", "evaluation.prompts",
        "evaluation.max_tokens", "checkpoints.every_steps", "checkpoints.keep", "precision",
    ]

    /// What differs in what matters, in words. Model and data are compared by content, not by path.
    static func differences(
        recipe: Recipe, fingerprint: RunFingerprint, from old: Recipe, _ oldPrint: RunFingerprint
    ) -> [String] {
        var found: [String] = []
        for difference in recipe.differences(from: old) where !free.contains(difference.key) {
            // LoRA's settings do not exist in full fine-tuning.
            if difference.key.hasPrefix("lora."), recipe.method == .full, old.method == .full { continue }
            found.append("\(difference.key) was \(show(difference.old)) and is \(show(difference.new))")
        }
        return found + fingerprint.differences(from: oldPrint)
    }

    private static func show(_ text: String) -> String { text.isEmpty ? "absent" : text }
}
