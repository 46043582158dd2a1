public import OrderedJSON
public import Tensors
public import WeightFiles

/// A GGUF file seen as a Hugging Face model folder: its metadata as config.json, its tensors by checkpoint key.
///
/// Tensors are changed back when asked for: heads to halves, norms minus one, matrices transposed. F32, F16 and BF16
/// keep their type; blocks become float32.
public final class GGUFModel {
    public let file: GGUFFile
    public let architecture: GGUFArchitecture
    /// What config.json would say.
    public let configuration: JSONObject
    private let places: [String: (name: String, change: GGUFArchitecture.Change)]

    /// Tensors that say how positions are stretched, which the configuration takes in.
    static let ropeTensors: Set<String> = [
        "rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight",
    ]

    /// Whether a path is that of a GGUF file, by its name.
    public static func isGGUF(_ path: String) -> Bool { path.lowercased().hasSuffix(".gguf") }

    /// - Throws: `GGUFError` for the file, `ModelError` for what it describes.
    public init(path: String) throws {
        file = try GGUFFile(path: path)
        guard file["general.type"]?.string ?? "model" == "model" else {
            throw ModelError.unsupported(
                file: path, key: "general.type", value: "'\(file["general.type"]?.string ?? "")'",
                supported: "whole models")
        }
        if let parts = file["split.count"]?.int, parts > 1 {
            throw ModelError.unsupported(
                file: path, key: "split.count", value: "\(parts)", supported: "models in one file (merge its parts)")
        }
        guard let name = file["general.architecture"]?.string else {
            throw GGUFError.missingKey(key: "general.architecture", file: path)
        }
        guard let architecture = GGUFArchitecture.reading(name) else {
            throw ModelError.unknownArchitecture(
                file: path, found: name, known: GGUFArchitecture.all.map(\.name))
        }
        self.architecture = architecture
        configuration = try GGUFConfiguration(file: file, architecture: architecture).json()
        var places: [String: (name: String, change: GGUFArchitecture.Change)] = [:]
        for tensor in file.tensors where !Self.ropeTensors.contains(tensor.name) {
            guard let (key, change) = architecture.key(ofName: tensor.name) else {
                throw ModelError.unusedTensor(folder: path, key: tensor.name, family: name)
            }
            places[key] = (tensor.name, change)
        }
        self.places = places
    }

    /// Every tensor's checkpoint key, sorted.
    public var names: [String] { places.keys.sorted() }
    public func contains(_ key: String) -> Bool { places[key] != nil }
    /// The stored type of a tensor.
    public func type(of key: String) -> GGUFTensorType? { places[key].flatMap { file.info($0.name)?.type } }
    /// The name of the type that most numbers are stored in.
    public var mainType: String? {
        var counts: [GGUFTensorType: Int] = [:]
        for tensor in file.tensors { counts[tensor.type, default: 0] += tensor.count }
        return counts.max { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }?.key.name
    }

    public func shape(of key: String) -> [Int]? {
        guard let (name, change) = places[key], let shape = file.info(name)?.shape else { return nil }
        return change == .transpose ? shape.reversed() : shape
    }

    /// The tensor of that key, as a checkpoint would hold it.
    ///
    /// - Throws: `GGUFError` when it is missing, has another shape, or a type that is not read.
    public func tensor(_ key: String, shape: [Int]? = nil) throws(GGUFError) -> Tensor {
        guard let (name, change) = places[key] else {
            throw .missingTensor(key: key, file: file.path, nearest: names.nearest(to: key))
        }
        if let shape, let actual = self.shape(of: key), actual != shape {
            throw .wrongShape(key: key, file: file.path, expected: shape, actual: actual)
        }
        let stored = try file.tensor(name)
        let changed = try undo(change, stored, name: name)
        guard stored.elementType != .float32, changed.elementType == .float32, change != .addOne else { return changed }
        // Moved numbers are the same numbers: they fit the type they came in.
        return changed.converted(to: stored.elementType)
    }

    private func undo(
        _ change: GGUFArchitecture.Change, _ stored: Tensor, name: String
    ) throws(GGUFError) -> Tensor {
        switch change {
        case .none: return stored
        case .transpose:
            guard stored.shape.count == 2 else {
                throw .badTensor(file: file.path, tensor: name, problem: "shape \(stored.shape) is no matrix")
            }
            return stored.transposed()
        case .addOne:
            let ones = Tensor.uninitialized(stored.shape)
            ones.fill(1)
            let result = stored.copy()
            result.add(ones, scaledBy: -1)
            return result
        case .pairQueryHeads, .pairKeyHeads:
            let key = change == .pairQueryHeads ? "num_attention_heads" : "num_key_value_heads"
            let heads = configuration[key]?.int ?? 0
            let rows = stored.shape.first ?? 0
            guard heads > 0, rows % heads == 0, rows / heads % 2 == 0 else {
                throw .badTensor(file: file.path, tensor: name, problem: "\(rows) rows are not \(heads) heads")
            }
            let order = GGUFArchitecture.halvedOrder(heads: heads, width: rows / heads)
            if stored.shape.count == 1 {
                return stored.reshaped([rows, 1]).reorderingRows(order).reshaped([rows])
            }
            return stored.reorderingRows(order)
        }
    }
}
