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
        .target(name: "Recipes", dependencies: [yams]),

        // MARK: Native code
        .target(
            name: "CKernels",
            // Also in debug builds: the tests train, and would crawl at -O0.
            cSettings: [.unsafeFlags(["-O3", "-fno-math-errno"])],
            linkerSettings: [.linkedLibrary("m")]),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CNCurses", pkgConfig: "ncursesw", providers: [.apt(["libncursesw5-dev"])]),

        // MARK: Text: files → examples → masked tokens
        .target(name: "Tokenizers", dependencies: ["OrderedJSON"]),
        .target(name: "ChatTemplates", dependencies: ["OrderedJSON", collections]),
        .target(name: "Datasets", dependencies: ["OrderedJSON", "Tokenizers", "ChatTemplates"]),
        .target(name: "Curation", dependencies: ["OrderedJSON", "Datasets", "Tokenizers"]),

        // MARK: Engine: kernels → tensors → tape → models → training
        .target(name: "Tensors", dependencies: ["CKernels", "COpenBLAS"]),
        .target(name: "Autograd", dependencies: ["Tensors"]),
        .target(name: "WeightFiles", dependencies: ["OrderedJSON", "Tensors"]),
        .target(name: "Models", dependencies: ["OrderedJSON", "Autograd", "WeightFiles", "Tensors"]),
        .target(name: "Adapters", dependencies: ["OrderedJSON", "Models", "Autograd", "WeightFiles", "Tensors"]),
        .target(
            name: "Generation",
            dependencies: ["Models", "Autograd", "Tensors", "Tokenizers", "ChatTemplates", "OrderedJSON"]),
        .target(
            name: "Training",
            dependencies: [
                "OrderedJSON", "Recipes", "Runs", "Datasets", "Tokenizers", "ChatTemplates", "Tensors", "Autograd",
                "WeightFiles", "Models", "Adapters", "Generation",
            ]),
        .target(name: "Evaluation", dependencies: ["OrderedJSON", "Generation", "Models", "Datasets", "Runs"]),

        // MARK: Records: everything kept in SQLite
        .target(
            name: "Records", dependencies: ["OrderedJSON", "Recipes", "Runs", "Datasets", "Curation", grdb]),

        // MARK: Interface: pure drawing, the one place that knows curses, the screens
        .target(name: "TerminalUI", dependencies: [yams]),
        .target(name: "CursesDriver", dependencies: ["TerminalUI", "CNCurses"]),
        .target(name: "Workbench", dependencies: ["OrderedJSON", "TerminalUI", "Recipes", "Runs", "Datasets", "Curation"]),

        // MARK: Programs
        .executableTarget(
            name: "ftbench",
            dependencies: [
                "OrderedJSON", "Runs", "Recipes", "Tokenizers", "ChatTemplates", "Datasets", "Curation", "Tensors",
                "Autograd", "WeightFiles", "Models", "Adapters", "Generation", "Training", "Evaluation", "Records",
                "TerminalUI", "CursesDriver", "Workbench", arguments,
            ]),
        .executableTarget(
            name: "SampleMaker",
            dependencies: ["OrderedJSON", "Tokenizers", "WeightFiles", "Tensors", "Models", arguments]),

        // MARK: Tests
        .target(name: "EngineTesting", dependencies: ["Tensors", "Autograd"], path: "Tests/EngineTesting"),
        .testTarget(name: "LayeringTests"),
    ],
    swiftLanguageModes: [.v6])

// A test target for each target that has a folder Tests/<Target>Tests mirrors it.
for target in package.targets where target.type != .system && target.name != "CKernels" {
    target.swiftSettings = strict
}
