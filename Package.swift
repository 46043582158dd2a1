// swift-tools-version: 6.2
import PackageDescription

// The architecture in one screen: a target imports only targets of the layers above it in this file.
// `Tests/LayeringTests` holds the same arrows as a table and fails when an import breaks one.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let collections = Target.Dependency.product(name: "OrderedCollections", package: "swift-collections")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "ftbench",
    products: [.executable(name: "ftbench", targets: ["ftbench"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: [
        // MARK: Values: know nothing else
        .target(name: "OrderedJSON", dependencies: [collections]),
        .target(name: "Runs"),
        .target(name: "Statistics"),
        .target(name: "Recipes", dependencies: [yams]),
        .target(name: "Decompression"),

        // MARK: Native code
        .target(
            name: "CKernels",
            // Also in debug builds: the tests train, and would crawl at -O0.
            cSettings: [.unsafeFlags(["-O3", "-fno-math-errno"])],
            linkerSettings: [.linkedLibrary("m")]),
        // Signal handlers must be C: they may run at any instruction, where Swift may not.
        .target(name: "CTerminal"),
        // Opens libcurl at run time: no header and no package of it is needed, and who never pulls never loads it.
        .target(
            name: "CHub",
            linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
        // Hashes by the processor's own instructions.
        .target(name: "CDigests", cSettings: [.unsafeFlags(["-O3"])]),
        .target(name: "Digests", dependencies: ["CDigests"]),
        .systemLibrary(name: "COpenBLAS", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CNCurses", providers: [.apt(["libncursesw5-dev"])]),

        // MARK: Text: files → examples → masked tokens
        .target(name: "Tokenizers", dependencies: ["OrderedJSON"]),
        .target(name: "ChatTemplates", dependencies: ["OrderedJSON", collections]),
        .target(name: "Tables", dependencies: ["OrderedJSON", "Decompression"]),
        .target(
            name: "Datasets",
            dependencies: ["OrderedJSON", "Tokenizers", "ChatTemplates", "Tables", "Decompression"]),
        .target(name: "Curation", dependencies: ["OrderedJSON", "Datasets", "Tokenizers"]),

        // MARK: Engine: kernels → tensors → tape → models → training
        .target(name: "Tensors", dependencies: ["CKernels", "COpenBLAS"]),
        .target(name: "Autograd", dependencies: ["Tensors"]),
        .target(name: "WeightFiles", dependencies: ["OrderedJSON", "Tensors"]),
        .target(name: "Models", dependencies: ["OrderedJSON", "Autograd", "WeightFiles", "Tensors"]),
        .target(name: "Adapters", dependencies: ["OrderedJSON", "Models", "Autograd", "WeightFiles", "Tensors"]),
        .target(
            name: "Exports",
            dependencies: [
                "OrderedJSON", "Digests", "Tokenizers", "Tensors", "Autograd", "WeightFiles", "Models", "Adapters",
            ]),
        .target(
            name: "Generation",
            dependencies: ["Models", "Autograd", "Tensors", "Tokenizers", "ChatTemplates", "OrderedJSON"]),
        .target(
            name: "Training",
            dependencies: [
                "OrderedJSON", "Recipes", "Runs", "Datasets", "Tokenizers", "ChatTemplates", "Tensors", "Autograd",
                "WeightFiles", "Models", "Adapters", "Exports", "Generation",
            ]),
        .target(
            name: "Evaluation",
            dependencies: ["OrderedJSON", "Statistics", "Generation", "Models", "Datasets", "Runs", "Tokenizers"]),

        // MARK: Network: models from a hub
        .target(name: "Hub", dependencies: ["OrderedJSON", "WeightFiles", "Digests", "CHub"]),

        // MARK: Records: everything kept in SQLite
        .target(
            name: "Records", dependencies: ["OrderedJSON", "Recipes", "Runs", "Datasets", "Curation", grdb]),

        // MARK: Interface: pure drawing, the one place that knows curses, the screens
        .target(name: "TerminalUI", dependencies: [yams]),
        .target(name: "CursesDriver", dependencies: ["TerminalUI", "CNCurses", "CTerminal"]),
        .target(
            name: "Workbench",
            dependencies: ["OrderedJSON", "Statistics", "TerminalUI", "Recipes", "Runs", "Datasets", "Curation"]),

        // MARK: Programs
        .executableTarget(
            name: "ftbench",
            dependencies: [
                "OrderedJSON", "Runs", "Recipes", "Tokenizers", "ChatTemplates", "Datasets", "Curation", "Tensors",
                "Autograd", "WeightFiles", "Models", "Adapters", "Exports", "Generation", "Training", "Evaluation",
                "Records", "Statistics", "TerminalUI", "CursesDriver", "CTerminal", "Workbench", "Hub", arguments,
            ]),
        .executableTarget(
            name: "SampleMaker",
            dependencies: ["OrderedJSON", "Tokenizers", "WeightFiles", "Tensors", "Autograd", "Models", arguments]),

        // MARK: Tests: one target mirrors each target
        .target(name: "EngineTesting", dependencies: ["Tensors", "Autograd"], path: "Tests/EngineTesting"),
        .target(name: "MutationTesting", path: "Tests/MutationTesting"),
        .testTarget(name: "LayeringTests"),
        .testTarget(name: "OrderedJSONTests", dependencies: ["OrderedJSON"]),
        .testTarget(name: "StatisticsTests", dependencies: ["Statistics"]),
        .testTarget(name: "RecipesTests", dependencies: ["Recipes"]),
        .testTarget(name: "TokenizersTests", dependencies: ["Tokenizers", "OrderedJSON"]),
        .testTarget(name: "ChatTemplatesTests", dependencies: ["ChatTemplates", "OrderedJSON"]),
        .testTarget(name: "DecompressionTests", dependencies: ["Decompression", "MutationTesting"]),
        .testTarget(
            name: "TablesTests", dependencies: ["Tables", "Decompression", "OrderedJSON", "MutationTesting"]),
        .testTarget(
            name: "DatasetsTests",
            dependencies: ["Datasets", "OrderedJSON", "Tokenizers", "ChatTemplates", "MutationTesting"]),
        .testTarget(name: "CurationTests", dependencies: ["Curation", "Datasets", "OrderedJSON", "Tokenizers"]),
        .testTarget(name: "CKernelsTests", dependencies: ["CKernels"]),
        .testTarget(name: "TensorsTests", dependencies: ["Tensors", "EngineTesting"]),
        .testTarget(name: "AutogradTests", dependencies: ["Autograd", "Tensors", "EngineTesting"]),
        .testTarget(name: "WeightFilesTests", dependencies: ["WeightFiles", "Tensors", "OrderedJSON"]),
        .testTarget(
            name: "ModelsTests", dependencies: ["Models", "OrderedJSON", "Autograd", "WeightFiles", "Tensors"]),
        .testTarget(
            name: "AdaptersTests",
            dependencies: ["Adapters", "Models", "OrderedJSON", "Autograd", "WeightFiles", "Tensors"]),
        .testTarget(
            name: "ExportsTests",
            dependencies: [
                "Exports", "Adapters", "Models", "OrderedJSON", "Autograd", "WeightFiles", "Tensors", "Tokenizers",
                "Digests",
            ]),
        .testTarget(
            name: "GenerationTests",
            dependencies: ["Generation", "Adapters", "Models", "OrderedJSON", "Autograd", "WeightFiles", "Tensors"]),
        .testTarget(
            name: "TrainingTests",
            dependencies: [
                "Training", "Recipes", "Runs", "Datasets", "Tokenizers", "ChatTemplates", "OrderedJSON", "Models",
                "Adapters", "Autograd", "Tensors", "WeightFiles", "Generation", "EngineTesting",
            ]),
        .testTarget(
            name: "EvaluationTests",
            dependencies: ["Evaluation", "Statistics", "OrderedJSON", "Datasets", "Generation", "Models", "Tokenizers"]),
        .testTarget(
            name: "RecordsTests",
            dependencies: ["Records", "Runs", "OrderedJSON", "Datasets", "Curation"]),
        .target(name: "HubTesting", dependencies: ["Hub", "Digests"], path: "Tests/HubTesting"),
        .testTarget(name: "HubTests", dependencies: ["Hub", "HubTesting", "Digests", "CDigests", "OrderedJSON"]),
        .testTarget(name: "TerminalUITests", dependencies: ["TerminalUI"]),
        .testTarget(name: "CursesDriverTests", dependencies: ["CursesDriver", "TerminalUI", "CTerminal"]),
        .testTarget(
            name: "WorkbenchTests",
            dependencies: [
                "Workbench", "TerminalUI", "Recipes", "Runs", "Datasets", "Curation", "Statistics", "OrderedJSON",
            ]),
        .testTarget(name: "SampleMakerTests", dependencies: ["SampleMaker", "OrderedJSON", "Tokenizers"]),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "ftbench", "OrderedJSON", "Records", "Runs", "Recipes", "Datasets", "Statistics", "Models",
                "Tokenizers",
                "Tensors", "HubTesting",
            ]),
    ],
    swiftLanguageModes: [.v6])

let inC = ["CKernels", "CTerminal", "CHub", "CDigests"]
for target in package.targets where target.type != .system && !inC.contains(target.name) {
    target.swiftSettings = strict
}

// `make fuzz` alone builds the fuzzer, and every target of ours with libFuzzer's instrumentation.
if Context.environment["FTBENCH_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "FuzzRunner",
            dependencies: [
                "OrderedJSON", "Tokenizers", "ChatTemplates", "WeightFiles", "Tensors", "Decompression", "Tables",
                "Datasets", "Models", "Adapters", "Hub",
            ],
            swiftSettings: strict))
    for target in package.targets where target.swiftSettings != nil {
        target.swiftSettings?.append(.unsafeFlags(["-sanitize=fuzzer"]))
    }
}
