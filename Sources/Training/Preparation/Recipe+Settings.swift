import Adapters
import Recipes
import Tensors

extension Recipe {
    var productPrecision: ProductPrecision { precision == .bf16 ? .bfloat16 : .float32 }

    /// What the adapter's own target understands; no type below `Training` sees a recipe.
    var loraSettings: LoRASettings {
        var settings = LoRASettings(
            rank: lora.r, alpha: lora.alpha, dropout: lora.dropout,
            targets: lora.targetModules.contains("all-linear") ? .allLinear : .modules(lora.targetModules),
            isRankStabilized: lora.useRSLoRA, usesDoRA: lora.useDoRA, modulesToSave: lora.modulesToSave)
        for entry in lora.rankPattern { settings.rankPattern[entry.pattern] = Int(entry.value) }
        for entry in lora.alphaPattern { settings.alphaPattern[entry.pattern] = entry.value }
        return settings
    }
}
