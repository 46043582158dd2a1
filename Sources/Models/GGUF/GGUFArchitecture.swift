/// How one architecture of GGUF names and lays out what a Hugging Face checkpoint of that kind holds.
///
/// A table by checkpoint key, read in both directions: exports go from keys to names, reading a file goes back.
/// - Source: llama.cpp's converter and tensor names (`gguf-py/gguf/tensor_mapping.py`).
public struct GGUFArchitecture: Sendable {
    /// What changes between a checkpoint's weight and the file's.
    public enum Change: Sendable, Equatable {
        case none
        /// Each head's rows go from two halves to interleaved pairs, as this architecture rotates neighbours.
        case pairQueryHeads, pairKeyHeads
        /// The file holds 1 + w of a norm that multiplies by 1 + w.
        case addOne
        /// The checkpoint holds (in, out).
        case transpose
    }

    struct Rule: Sendable {
        let key: String
        let name: String
        var change = Change.none
    }

    /// The value of `general.architecture`.
    public let name: String
    /// `model_type` values of config.json that are written so; a file is read as the first.
    public let modelTypes: [String]
    /// The class name for `architectures` of config.json.
    public let className: String
    /// Before the number of a layer in keys: `model.layers.`.
    let layerPrefix: String
    let outer: [Rule]
    let inner: [Rule]
    /// Whether config.json's silence means a tied head.
    public let tiesByDefault: Bool

    public static let all: [GGUFArchitecture] = [llama, qwen2, qwen3, gemma, gemma2, gemma3, phi3, gpt2]

    /// How models of that `model_type` are written; nil when they are not.
    public static func writing(modelType: String) -> GGUFArchitecture? {
        all.first { $0.modelTypes.contains(modelType) }
    }

    /// How a file of that architecture is read; nil when it is not.
    public static func reading(_ name: String) -> GGUFArchitecture? { all.first { $0.name == name } }

    // MARK: Names

    /// The file's name of a checkpoint's key, and what changes on the way; nil for a key that has no place.
    public func place(ofKey key: String) -> (name: String, change: Change)? {
        guard let (base, suffix) = split(key) else { return nil }
        if let rule = outer.first(where: { $0.key == base }) { return (rule.name + suffix, applied(rule, suffix)) }
        guard let (layer, rest) = numbered(base, prefix: layerPrefix),
            let rule = inner.first(where: { $0.key == rest })
        else { return nil }
        return ("blk.\(layer).\(rule.name)\(suffix)", applied(rule, suffix))
    }

    /// The checkpoint's key of a file's name; nil for a name that has no place.
    public func key(ofName name: String) -> (key: String, change: Change)? {
        guard let (base, suffix) = split(name) else { return nil }
        if let rule = outer.first(where: { $0.name == base }) { return (rule.key + suffix, applied(rule, suffix)) }
        guard let (layer, rest) = numbered(base, prefix: "blk."), let rule = inner.first(where: { $0.name == rest })
        else { return nil }
        return ("\(layerPrefix)\(layer).\(rule.key)\(suffix)", applied(rule, suffix))
    }

    /// Only matrices are transposed, and only the weight of a norm is shifted.
    private func applied(_ rule: Rule, _ suffix: String) -> Change {
        switch rule.change {
        case .transpose, .addOne: suffix == ".weight" ? rule.change : .none
        default: rule.change
        }
    }

    private func split(_ text: String) -> (base: String, suffix: String)? {
        for suffix in [".weight", ".bias"] where text.hasSuffix(suffix) {
            return (String(text.dropLast(suffix.count)), suffix)
        }
        return nil
    }

    private func numbered(_ text: String, prefix: String) -> (layer: Int, rest: String)? {
        guard text.hasPrefix(prefix) else { return nil }
        let tail = text.dropFirst(prefix.count)
        guard let dot = tail.firstIndex(of: "."), let layer = Int(tail[..<dot]), layer >= 0, layer < 1 << 16 else {
            return nil
        }
        return (layer, String(tail[tail.index(after: dot)...]))
    }

    // MARK: Orders of rows

    /// For each row of the file, the row of the checkpoint: halves of a head become neighbours.
    public static func pairedOrder(heads: Int, width: Int) -> [Int32] {
        (0..<heads * width).map { row in
            let (head, place) = (row / width, row % width)
            return Int32(head * width + place % 2 * (width / 2) + place / 2)
        }
    }

    /// The way back.
    public static func halvedOrder(heads: Int, width: Int) -> [Int32] {
        (0..<heads * width).map { row in
            let (head, place) = (row / width, row % width)
            return Int32(head * width + place % (width / 2) * 2 + place / (width / 2))
        }
    }
}

extension GGUFArchitecture {
    /// Names of tensors outside the layers, and of one layer's, without their suffix.
    public var outerNames: [String] { outer.map(\.name) }
    public var innerNames: [String] { inner.map(\.name) }

    /// The checkpoint's key of a name outside the layers, without its suffix.
    public func outer(named name: String) -> String { outer.first { $0.name == name }?.key ?? name }
}
