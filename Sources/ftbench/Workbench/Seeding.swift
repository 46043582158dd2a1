import Datasets
import Foundation
import Models
import OrderedJSON
import Records

/// Makes a new workspace know the model and the data sets that ship with the program, once.
struct Seeding {
    let workspace: Workspace

    func addShipped() throws {
        guard try workspace.setting("seeded") == nil else { return }
        if let folder = Shipped.sample("base-model"), try workspace.model(named: "base-model") == nil {
            try workspace.addModel(named: "base-model", path: folder, facts: .object([:]))
        }
        for name in ["text", "preference", "chat", "triage"] {
            guard let path = Shipped.sample("\(name).jsonl") else { continue }
            _ = try workspace.keep(try DatasetFile.read(path: path))
        }
        try workspace.set("seeded", to: "1")
    }
}
