import OrderedJSON
import WeightFiles

/// The `general.*` metadata: what the file is and where it comes from.
enum GGUFGeneral {
    /// The version of the block formats.
    static let quantizationVersion: UInt32 = 2

    static func metadata(
        architecture: String, type: String, name: String, fileType: UInt32, parameters: Int?, card: ModelCard,
        baseModel: String?
    ) -> [(key: String, value: GGUFValue)] {
        var metadata: [(key: String, value: GGUFValue)] = [
            ("general.architecture", .string(architecture)), ("general.type", .string(type)),
            ("general.name", .string(name)),
        ]
        if let parameters, parameters > 0 {
            metadata.append(("general.size_label", .string(sizeLabel(parameters))))
        }
        if let license = card.license { metadata.append(("general.license", .string(license))) }
        add("base_model", (baseModel.map { [$0] } ?? card.baseModels), to: &metadata)
        add("dataset", card.datasets, to: &metadata)
        if !card.tags.isEmpty { metadata.append(("general.tags", .strings(card.tags))) }
        if !card.languages.isEmpty { metadata.append(("general.languages", .strings(card.languages))) }
        metadata.append(("general.file_type", .uint32(fileType)))
        metadata.append(("general.quantization_version", .uint32(quantizationVersion)))
        metadata.append(("general.alignment", .uint32(UInt32(GGUFWriter.alignment))))
        return metadata
    }

    /// Names as the hub has them, `owner/name`, also get their address.
    private static func add(
        _ kind: String, _ names: [String], to metadata: inout [(key: String, value: GGUFValue)]
    ) {
        guard !names.isEmpty else { return }
        metadata.append(("general.\(kind).count", .uint32(UInt32(names.count))))
        for (index, name) in names.enumerated() {
            let parts = name.split(separator: "/")
            let isHubName = parts.count == 2 && !name.hasPrefix("/") && !name.hasPrefix(".")
            metadata.append(("general.\(kind).\(index).name", .string(String(parts.last ?? ""))))
            guard isHubName else { continue }
            metadata.append(("general.\(kind).\(index).organization", .string(String(parts[0]))))
            metadata.append(("general.\(kind).\(index).repo_url", .string("https://huggingface.co/\(name)")))
        }
    }

    /// `3.2M`, `7B`: two digits at least.
    static func sizeLabel(_ parameters: Int) -> String {
        let scales: [(Double, String)] = [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")]
        let (scale, letter) = scales.first { Double(parameters) >= $0.0 } ?? (1e3, "K")
        let scaled = Double(parameters) / scale
        let whole = Int(scaled.rounded(.toNearestOrEven))
        let digits = whole == 0 ? 0 : String(whole).count
        guard digits < 2 else { return "\(whole)\(letter)" }
        let tenths = (scaled * 10).rounded() / 10
        return digits == 0 ? "\((scaled * 100).rounded() / 100)\(letter)" : "\(tenths)\(letter)"
    }
}
