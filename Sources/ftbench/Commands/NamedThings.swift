import Foundation
import Records

/// Models and data sets are named by a path or by their name in the workspace.
struct NamedThings {
    let workspace: Workspace?

    /// The folder of a model, or the path of a tokenizer file.
    /// - Throws: `Failure` that lists the names known.
    func modelPath(_ name: String) throws -> String {
        if FileManager.default.fileExists(atPath: Options.absolute(name)) { return Options.absolute(name) }
        if let record = try workspace?.model(named: name) { return record.path }
        // A pulled model has the name of its folder; people say it as the hub does.
        if let record = try workspace?.model(named: name.replacing("/", with: "--")) { return record.path }
        if name == "sample" || name == "base-model", let shipped = Shipped.sample("base-model") { return shipped }
        // A recipe that ships with the program names its model relative to the program's folder.
        if let home = Shipped.home, FileManager.default.fileExists(atPath: "\(home)/\(name)") {
            return "\(home)/\(name)"
        }
        let known = try workspace?.models().map(\.name) ?? []
        throw Failure(
            "There is no model '\(name)': no such folder here, and no model of that name in the workspace"
                + (known.isEmpty ? "" : " (it has \(known.joined(separator: ", ")))")
                + ". Give the path of a Hugging Face folder, add one with: ftbench models add PATH, or fetch one with: "
                + "ftbench models pull OWNER/NAME")
    }
}

typealias Options = CommonOptions
