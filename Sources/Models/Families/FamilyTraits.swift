import OrderedJSON

/// What sets one family apart from the shared layers. Everything else is the same block.
struct FamilyTraits: Sendable {
    /// The class name in `architectures`.
    let architecture: String
    var names = WeightNames()
    var norm = NormKind.rms(offset: 0)
    /// Whether the norms of queries and keys are over each head; otherwise over all heads together.
    var normalisesHeads = true
    var positions = PositionKind.rotary
    /// Whether `head_dim` is read; otherwise D is C / H.
    var readsHeadWidth = true
    /// Whether projections are stored as (in, out).
    var storesInputsFirst = false
    /// Fresh matrices that add to the residual stream are smaller by √(2·layers).
    var shrinksResidualWeights = false

    // MARK: config.json

    /// What transformers takes for keys that published files leave out. An explicit null is no absence.
    var defaults: JSONObject = [:]
    /// The family's own names of common keys.
    var ownKeys: [String: String] = [:]
    /// Settings the engine runs with these values only; absent and null are as good.
    var fixed: [(key: String, value: JSONValue)] = []
    /// F as a multiple of C, where config.json gives none.
    var defaultFeedForwardFactor: Int?
    var epsilonKey = "rms_norm_eps"
    var activationKey = "hidden_act"
    /// The switches that give biases to queries, keys and values; to the output; to the feed-forward half.
    var biases = (queryKeyValue: Switch.never, output: Switch.never, feedForward: Switch.never)
    /// Whether `layer` sees only `sliding_window` tokens, when no `layer_types` says so.
    var slides: @Sendable (_ layer: Int, _ reader: ConfigurationReader) -> Bool = { _, _ in false }
    /// Whether `layer_types` decides; otherwise it may only repeat what `slides` says.
    var readsLayerTypes = false
    /// Sets what only this family has.
    var finish: @Sendable (inout ModelConfiguration, ConfigurationReader) throws(ModelError) -> Void = { _, _ in }

    enum Switch: Sendable {
        case never
        case always
        case key(String, absent: Bool)
    }

    enum PositionKind: Sendable, Equatable {
        /// Every column of a head turns.
        case rotary
        /// The first share of them; `key` is the older name of `partial_rotary_factor`.
        case partialRotary(share: Double, key: String)
        /// With a theta of its own for the layers that have a window.
        case rotaryByLayer(theta: Double, windowTheta: Double)
        /// A table added to the embedding.
        case learned
    }

    /// For layers that all have a window when config.json names one.
    static let slidesWherePossible: @Sendable (Int, ConfigurationReader) -> Bool = { _, reader in
        reader.value("sliding_window") != nil
    }
}
