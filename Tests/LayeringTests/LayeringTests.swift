import Foundation
import Testing

/// The arrows between targets. The package manager lets a source file import a module its target never
/// declared, so arrows would drift unseen without this table.
private let allowedImports: [String: Set<String>] = [
    "OrderedJSON": ["OrderedCollections"],
    "Statistics": [],
    "Runs": [],
    "Recipes": ["Yams"],
    "Decompression": [],
    "CTerminal": [],
    "Digests": ["CDigests"],
    "Tokenizers": ["OrderedJSON"],
    "ChatTemplates": ["OrderedJSON", "OrderedCollections"],
    "Tables": ["OrderedJSON", "Decompression"],
    "Datasets": ["OrderedJSON", "Tokenizers", "ChatTemplates", "Tables", "Decompression"],
    "Curation": ["OrderedJSON", "Datasets", "Tokenizers"],
    "Tensors": ["CKernels", "COpenBLAS"],
    "Autograd": ["Tensors"],
    "WeightFiles": ["OrderedJSON", "Tensors"],
    "Models": ["OrderedJSON", "Autograd", "WeightFiles", "Tensors"],
    "Adapters": ["OrderedJSON", "Models", "Autograd", "WeightFiles", "Tensors"],
    "Exports": ["OrderedJSON", "Digests", "Tokenizers", "Tensors", "Autograd", "WeightFiles", "Models", "Adapters"],
    "Generation": ["OrderedJSON", "Models", "Autograd", "Tensors", "Tokenizers", "ChatTemplates"],
    "Training": [
        "OrderedJSON", "Recipes", "Runs", "Datasets", "Tokenizers", "ChatTemplates", "Tensors", "Autograd",
        "WeightFiles", "Models", "Adapters", "Exports", "Generation",
    ],
    "Evaluation": ["OrderedJSON", "Statistics", "Generation", "Models", "Datasets", "Runs", "Autograd", "Tokenizers"],
    "Hub": ["OrderedJSON", "WeightFiles", "Digests", "CHub"],
    "Records": ["OrderedJSON", "Recipes", "Runs", "Datasets", "Curation", "GRDB"],
    "TerminalUI": ["Yams"],
    "CursesDriver": ["TerminalUI", "CNCurses", "CTerminal"],
    "Workbench": ["OrderedJSON", "Statistics", "TerminalUI", "Recipes", "Runs", "Datasets", "Curation"],
    "FuzzRunner": [
        "OrderedJSON", "Tokenizers", "ChatTemplates", "WeightFiles", "Tensors", "Decompression", "Tables", "Datasets",
        "Models", "Adapters", "Hub",
    ],
    "SampleMaker": [
        "OrderedJSON", "Tokenizers", "WeightFiles", "Tensors", "Models", "Autograd", "ArgumentParser",
    ],
]

private let system: Set<String> = [
    "Foundation", "Dispatch", "Synchronization", "Glibc", "Musl", "Darwin", "FoundationEssentials",
]

private let sources = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Sources")

private func imports(inSourcesOf target: String) throws -> Set<String> {
    let folder = sources.appendingPathComponent(target)
    var found: Set<String> = []
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    while let file = files?.nextObject() as? URL {
        guard file.pathExtension == "swift" else { continue }
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
            var words = line.split(separator: " ")[...]
            while let word = words.first,
                ["public", "internal", "private", "@_exported", "@preconcurrency"].contains(word)
            {
                words = words.dropFirst()
            }
            guard words.first == "import", let module = words.dropFirst().last else { continue }
            found.insert(String(module.split(separator: ".")[0]))
        }
    }
    return found
}

@Suite("Layering")
struct LayeringTests {
    @Test("each target imports only what lies below it", arguments: allowedImports.keys.sorted())
    func importsPointDown(target: String) throws {
        let extra = try imports(inSourcesOf: target)
            .subtracting(system)
            .subtracting(allowedImports[target, default: []])
        #expect(extra.isEmpty, "\(target) may not import \(extra.sorted()); see allowedImports for the direction")
    }

    @Test("every target stands in the table, but for the program, which may import all, and native code")
    func tableIsComplete() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: sources.path)
        let outside: Set<String> = ["ftbench", "CKernels", "CHub", "CDigests", "COpenBLAS", "CNCurses"]
        #expect(Set(folders).subtracting(outside) == Set(allowedImports.keys))
    }
}
