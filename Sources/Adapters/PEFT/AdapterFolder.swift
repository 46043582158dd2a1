import Foundation
import OrderedJSON
import WeightFiles

/// An adapter on disk: its configuration, and where its weights lie. Nothing is computed here, and no pickle is read.
struct AdapterFolder {
    enum Format {
        case peft, mlx
    }

    let path: String
    let format: Format
    let configuration: JSONObject
    let warnings: [String]

    var configurationFile: String { path + "/" + AdapterFolder.configurationName }
    var weightsFile: String { path + "/" + (format == .peft ? "adapter_model.safetensors" : "adapters.safetensors") }

    private static let configurationName = "adapter_config.json"

    /// Finds the adapter in `folder`, or in the one folder within it that has one, as PEFT saves an adapter that is
    /// not called `default`.
    ///
    /// - Throws: `AdapterError` when there is none, several, or only a pickle.
    init(_ folder: String) throws {
        var place = folder
        var notes: [String] = []
        if !AdapterFolder.exists(folder + "/" + AdapterFolder.configurationName) {
            let inside = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
                .filter { AdapterFolder.exists("\(folder)/\($0)/\(AdapterFolder.configurationName)") }
            if inside.count > 1 { throw AdapterError.severalAdapters(folder: folder, names: inside) }
            if let name = inside.first {
                place = folder + "/" + name
                notes.append("the adapter lies in the folder '\(name)', which is read")
            }
        }
        path = place
        let file = place + "/" + AdapterFolder.configurationName
        let json: JSONValue
        do {
            json = try JSONValue(readingFile: file)
        } catch {
            throw AdapterError.noConfiguration(file: file, reason: error.reason)
        }
        guard let members = json.object else {
            throw AdapterError.noConfiguration(file: file, reason: "it holds \(json.kind), not an object")
        }
        configuration = members
        warnings = notes
        let saysMLX = members["fine_tune_type"] != nil || members["lora_parameters"] != nil
        let isMLX = members["peft_type"] == nil && saysMLX
        format = isMLX ? .mlx : .peft
        guard !AdapterFolder.exists(weightsFile) else { return }
        for name in ["adapter_model.bin", "adapter_model.pt", "adapters.npz"]
        where AdapterFolder.exists(place + "/" + name) {
            throw AdapterError.pickledWeights(file: place + "/" + name)
        }
    }

    /// The weights, mapped.
    func openWeights() throws -> SafetensorsFile {
        do {
            return try SafetensorsFile(path: weightsFile)
        } catch {
            if case .cannotRead(_, let reason) = error {
                throw AdapterError.noConfiguration(file: weightsFile, reason: reason)
            }
            throw error
        }
    }

    private static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}
