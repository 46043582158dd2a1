public import Adapters
import Foundation
import Models
import OrderedJSON
import Tensors
import WeightFiles

/// What an export would do.
public struct ExportPlan: Sendable, Equatable {
    /// Reasons to refuse it, and warnings.
    public var problems: [ExportProblem]
    public var files: [ExportedFile]
    /// The folder or file that would be written.
    public var output: String
    /// The largest difference of a logit that merging brings; nil when nothing is merged.
    public var mergeDifference: Float?

    public var bytes: Int { files.reduce(0) { $0 + $1.bytes } }
    public var errors: [ExportProblem] { problems.filter(\.isError) }
}

/// Writes what other tools read. Every reason to fail is found before anything is written, and the result is whole or
/// absent: beside, then renamed.
///
/// Lives on the engine's queue, since tensors pass through it.
public final class Exporter {
    public let request: ExportRequest
    public private(set) var plan: ExportPlan
    private var gguf: (metadata: [(key: String, value: GGUFValue)], entries: [GGUFWriter.Entry])?
    private var folder: SafetensorsExport?
    private var mlx: MLXAdapterExport?
    private var copies: [String] = []

    /// Performs everything but the writing.
    ///
    /// - Parameters:
    ///   - request: what is to be written where.
    ///   - rehearsing: the adapter does not exist yet, and its absence is no fault.
    ///   - settings: of the adapter that will be, when rehearsing: a new one with them is put through the same path.
    ///   - checksMerge: whether the merged model is run beside the adapted one; costs a few forward passes.
    ///   - checksSpace: whether the place of the output must have the room.
    /// - Throws: errors of reading the model or the adapter, which name the file.
    public init(
        _ request: ExportRequest, rehearsing: Bool = false, settings: LoRASettings? = nil, checksMerge: Bool = true,
        checksSpace: Bool = true
    ) throws {
        self.request = request
        plan = ExportPlan(problems: [], files: [], output: request.output, mergeDifference: nil)
        guard !GGUFModel.isGGUF(request.model) else {
            plan.problems.append(
                .error(
                    "\(request.model) is a GGUF file, and exports start from a model folder",
                    "Name the folder that the file was made from."))
            return
        }
        if rehearsing, let settings {
            adapter = try LoRAAdapter(settings, for: try loadedModel(), seed: 0)
        }
        let name = request.name ?? Self.lastPart(of: request.adapter ?? request.model)
        switch request.format {
        case .peft where rehearsing: break
        case .mlx where rehearsing && adapter == nil: break
        case .gguf where rehearsing && request.adapterOnly && adapter == nil:
            plan.problems += LoRAGGUFExport.problems(model: request.model, type: request.type ?? .f32)
        case .peft: try planCopies()
        case .mlx: try planMLX()
        case .safetensors:
            let weights = try weights(checksMerge: checksMerge && !rehearsing, as: request.type?.comparedAs)
            let export = SafetensorsExport(
                folder: request.model, weights: weights, type: request.type, maxShardBytes: request.maxShardBytes)
            plan.problems += export.problems
            plan.files = export.files
            folder = export
        case .gguf where request.adapterOnly:
            guard let adapter = try loadedAdapter() else {
                plan.problems.append(.error("There is no adapter to export alone", "Name one with --adapter or --run."))
                break
            }
            let export = LoRAGGUFExport(
                adapter: adapter, model: request.model, type: request.type ?? .f32, name: name)
            take(export.metadata, export.entries, export.problems, bytes: export.byteCount, name: name)
        case .gguf:
            let weights = try weights(checksMerge: checksMerge && !rehearsing, as: (request.type ?? .f16).comparedAs)
            let export = GGUFExport(
                folder: request.model, weights: weights, type: request.type ?? .f16, name: name,
                baseModel: request.adapter == nil ? nil : try baseName(), preTokenizer: request.preTokenizer)
            take(export.metadata, export.entries, export.problems, bytes: export.byteCount, name: name)
        }
        checkOptions()
        if checksSpace, plan.errors.isEmpty, let problem = ExportProblem.noRoom(for: plan.bytes, at: plan.output) {
            plan.problems.append(problem)
        }
        if !rehearsing, FileManager.default.fileExists(atPath: plan.output), !request.replaces {
            plan.problems.append(
                .error("\(plan.output) is there already", "Choose another output, or replace it with --force."))
        }
    }

    /// Writes what was planned.
    ///
    /// - Parameter progress: called with the bytes written so far; what it throws stops the export.
    /// - Throws: `ExportError` with all reasons; `FileWriteError` when the disk refuses. Nothing is left behind.
    public func run(progress: (Int) throws -> Void = { _ in }) throws {
        guard plan.errors.isEmpty else { throw ExportError.refused(plan.errors) }
        if let gguf {
            if let slash = plan.output.lastIndex(of: "/"), slash > plan.output.startIndex {
                try DurableFile.makeFolder(String(plan.output[..<slash]))
            }
            try GGUFWriter.write(metadata: gguf.metadata, entries: gguf.entries, to: plan.output, progress: progress)
            return
        }
        let beside = "\(plan.output).partial-\(ProcessInfo.processInfo.processIdentifier)"
        try? FileManager.default.removeItem(atPath: beside)
        do {
            try DurableFile.makeFolder(beside)
            if let folder {
                try folder.write(into: beside, progress: progress)
            } else if let mlx {
                try mlx.write(into: beside)
            } else {
                for name in copies {
                    let file = try MappedFile(path: (request.adapter ?? "") + "/" + name)
                    try DurableFile.write(file.bytes(0..<file.count), to: beside + "/" + name)
                }
            }
            try progress(plan.bytes)
            try Self.put(beside, inPlaceOf: plan.output)
        } catch {
            try? FileManager.default.removeItem(atPath: beside)
            throw error
        }
    }

    // MARK: Planning

    private func weights(checksMerge: Bool, as type: ElementType?) throws -> ExportWeights {
        let checkpoint = try Checkpoint(folder: request.model)
        guard let adapter = try loadedAdapter() else { return ExportWeights(checkpoint: checkpoint) }
        let merged = try MergedWeights(base: try loadedModel(), adapter: adapter)
        if checksMerge {
            let prompts = MergePrompts.ids(
                folder: request.model, vocabulary: merged.base.configuration.vocabularySize)
            let report = try merged.report(prompts: prompts, as: type, bound: request.mergeBound)
            plan.mergeDifference = report.largestDifference
            if !report.isWithinBound {
                plan.problems.append(
                    .error(
                        "The merged model differs from the model with its adapter: a logit moves by "
                            + "\(report.largestDifference), more than \(report.bound)",
                        "Export a wider type, or the adapter alone."))
            }
        }
        return ExportWeights(checkpoint: checkpoint, merged: merged)
    }

    private var adapter: LoRAAdapter?
    private var model: Decoder?

    private func loadedModel() throws -> Decoder {
        if let model { return model }
        let loaded = try Decoder.load(folder: request.model)
        model = loaded
        return loaded
    }

    private func loadedAdapter() throws -> LoRAAdapter? {
        if adapter == nil, let path = request.adapter { adapter = try LoRAAdapter.load(folder: path) }
        return adapter
    }

    private func take(
        _ metadata: [(key: String, value: GGUFValue)], _ entries: [GGUFWriter.Entry], _ problems: [ExportProblem],
        bytes: Int, name: String
    ) {
        gguf = (metadata, entries)
        plan.problems += problems
        let type = (request.type ?? (request.adapterOnly ? .f32 : .f16)).rawValue.uppercased()
        if !plan.output.lowercased().hasSuffix(".gguf") {
            while plan.output.count > 1, plan.output.hasSuffix("/") { plan.output.removeLast() }
            plan.output += "/\(name)-\(request.adapterOnly ? "LoRA-" : "")\(type).gguf"
        }
        plan.files = [ExportedFile(name: Self.lastPart(of: plan.output), bytes: bytes)]
    }

    /// An adapter of any method is a folder that PEFT reads already.
    private func planCopies() throws {
        guard let path = request.adapter else {
            plan.problems.append(.error("There is no adapter to export", "Name one with --adapter or --run."))
            return
        }
        for name in ["adapter_config.json", "adapter_model.safetensors", "README.md"] {
            guard FileManager.default.fileExists(atPath: path + "/" + name) else {
                if name != "README.md" {
                    plan.problems.append(.error("\(path) has no \(name)", "Give a folder in PEFT's layout."))
                }
                continue
            }
            let size = try FileManager.default.attributesOfItem(atPath: path + "/" + name)[.size] as? Int
            copies.append(name)
            plan.files.append(ExportedFile(name: name, bytes: size ?? 0))
        }
    }

    private func planMLX() throws {
        guard let adapter = try loadedAdapter() else {
            plan.problems.append(.error("There is no adapter to export", "Name one with --adapter or --run."))
            return
        }
        let export = try MLXAdapterExport(
            adapter: adapter, for: try loadedModel(), base: try baseName(), as: request.type)
        plan.problems += export.problems
        plan.files = export.files
        mlx = export
    }

    private func checkOptions() {
        if request.adapterOnly, request.format != .gguf {
            plan.problems.append(
                .error("--lora-only goes with GGUF", "The formats peft and mlx are the adapter alone already."))
        }
        if request.format == .peft, request.type != nil {
            plan.problems.append(.error("The peft format keeps the adapter's own type", "Leave --type out."))
        }
        if request.maxShardBytes < 1 {
            plan.problems.append(.error("A shard of \(request.maxShardBytes) bytes holds nothing", "Give 1MB or more."))
        }
    }

    /// What the adapter says it was trained on, else the folder's name.
    private func baseName() throws -> String {
        let declared = try loadedAdapter()?.source["base_model_name_or_path"]?.string
        let isName = declared.map { !$0.hasPrefix("/") && !$0.hasPrefix(".") } ?? false
        return isName ? declared ?? "" : Self.lastPart(of: request.model)
    }

    private static func lastPart(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? "model"
    }

    /// Renames a finished folder over what was there.
    private static func put(_ beside: String, inPlaceOf target: String) throws {
        let files = FileManager.default
        guard files.fileExists(atPath: target) else {
            try files.moveItem(atPath: beside, toPath: target)
            DurableFile.syncFolder(of: target)
            return
        }
        let old = beside + ".old"
        try files.moveItem(atPath: target, toPath: old)
        do {
            try files.moveItem(atPath: beside, toPath: target)
        } catch {
            try? files.moveItem(atPath: old, toPath: target)
            throw error
        }
        DurableFile.syncFolder(of: target)
        try? files.removeItem(atPath: old)
    }
}
