import Adapters
public import Datasets
import Foundation
public import Models
import Recipes

/// What the engine holds in memory between pieces of work. Lives on the engine's thread and never leaves it.
public final class EngineSession {
    /// The run that is live, between two of its steps.
    public internal(set) var live: TrainingRun?
    private var texts: [String: ModelText] = [:]
    private var loaded: (folder: String, decoder: Decoder)?

    init() {}

    /// Which weights to use.
    public enum Weights: Sendable, Equatable {
        /// A model folder as it is.
        case base(folder: String)
        /// A model folder with a PEFT adapter folder on it.
        case adapter(folder: String, base: String)
        /// The model of the live run as it stands now; the base under its adapter when `withAdapter` is false.
        case live(withAdapter: Bool)
    }

    /// Tokenizer and template of a folder, read once.
    public func text(folder: String) throws -> ModelText {
        if let known = texts[folder] { return known }
        let text = try ModelText.load(folder: folder)
        texts[folder] = text
        return text
    }

    /// Calls `body` with a decoder that has these weights.
    ///
    /// Decoders share the base's memory: that of a live LoRA run is used for every adapter on the same folder, so
    /// nothing is loaded twice and the run sees no change.
    public func withWeights<Value>(
        _ weights: Weights, _ body: (Decoder, ModelText) throws -> Value
    ) throws -> Value {
        switch weights {
        case .live(let withAdapter):
            guard let live else { throw TrainingError.noModelLoaded }
            return try body(withAdapter ? live.decoder : live.decoder.sharingWeights(), live.prepared.text)
        case .base(let folder):
            return try body(try base(folder), try text(folder: folder))
        case .adapter(let folder, let base):
            let decoder = try self.base(base).sharingWeights()
            let adapter = try LoRAAdapter.load(folder: folder)
            try adapter.attach(to: decoder)
            return try body(decoder, try text(folder: base))
        }
    }

    /// Forgets the model that no run uses, to free its memory.
    public func unload() { loaded = nil }

    private func base(_ folder: String) throws -> Decoder {
        if let live, live.adapter != nil, live.recipe.model == folder { return live.decoder.sharingWeights() }
        if let loaded, loaded.folder == folder { return loaded.decoder }
        loaded = nil
        let decoder = try Decoder.load(folder: folder, trainable: false)
        loaded = (folder, decoder)
        return decoder
    }
}
