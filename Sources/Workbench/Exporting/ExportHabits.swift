import OrderedJSON

/// What was chosen last: the dialog opens with it.
struct ExportHabits: Sendable, Equatable {
    var format: ExportOrder.Format = .safetensors
    var adapterOnly = false
    /// By format; a format that is not here has its usual type.
    var types: [String: String] = [:]
    var shardSize = "5GB"
    /// Where exports go; empty until the workspace has said where.
    var folder = ""
    /// Where models of the workspace go.
    var models = ""

    /// As the workspace keeps it.
    var text: String {
        var chosen: JSONObject = [:]
        for format in ExportOrder.Format.allCases {
            if let type = types[format.rawValue] { chosen[format.rawValue] = .string(type) }
        }
        return JSONValue.object([
            "format": .string(format.rawValue), "adapter_only": .bool(adapterOnly), "types": .object(chosen),
            "shard_size": .string(shardSize), "folder": .string(folder),
        ]).serialized()
    }

    /// Takes what was kept; what cannot be read leaves the default.
    mutating func recall(_ text: String?, exports: String, models: String) {
        self.models = models
        folder = exports
        guard let text, let json = try? JSONValue(parsing: text) else { return }
        if let kept = json["format"]?.string.flatMap(ExportOrder.Format.init(rawValue:)) { format = kept }
        if let kept = json["adapter_only"]?.bool { adapterOnly = kept }
        if let kept = json["shard_size"]?.string, ExportSheet.isSize(kept) { shardSize = kept }
        if let kept = json["folder"]?.string, kept.hasPrefix("/") { folder = kept }
        for format in ExportOrder.Format.allCases {
            guard let kept = json["types"]?[format.rawValue]?.string,
                ExportSheet.types(of: format, adapterOnly: false).contains(kept)
            else { continue }
            types[format.rawValue] = kept
        }
    }

    /// Of the order that is being written.
    mutating func remember(_ order: ExportOrder) {
        shardSize = order.shardSize
        if order.modelName == nil {
            format = order.format
            adapterOnly = order.adapterOnly
            if let slash = order.output.lastIndex(of: "/"), slash > order.output.startIndex {
                folder = String(order.output[..<slash])
            }
        }
        if !order.adapterOnly { types[order.format.rawValue] = order.type }
    }
}
