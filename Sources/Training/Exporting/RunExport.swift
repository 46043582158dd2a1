import Exports
import Foundation
import Recipes

/// The export that a recipe asks for: rehearsed before the first step, done after the last.
struct RunExport {
    let recipe: Recipe

    /// Nil when the recipe asks for none.
    init?(_ recipe: Recipe) {
        guard recipe.export.format != .none else { return nil }
        self.recipe = recipe
    }

    /// What is to be written; the trained weights are those of the run's `output`, or nothing yet.
    private func request(model: String, adapter: String?, output: String) -> ExportRequest? {
        guard let format = ExportFormat(rawValue: recipe.export.format.rawValue) else { return nil }
        return ExportRequest(
            model: model, adapter: adapter, format: format, type: ExportType(rawValue: recipe.export.type.rawValue),
            adapterOnly: format == .gguf && !recipe.export.merge, preTokenizer: recipe.export.preTokenizer,
            name: recipe.name, output: output, replaces: true)
    }

    /// Everything that would make the export fail after hours of training, told before.
    ///
    /// `folder` is that of the run, to see whether its disk has the room; nil leaves that out.
    func problems(folder: String?) -> [RecipeProblem] {
        guard let request = request(model: recipe.model, adapter: nil, output: Self.place(in: folder ?? "")) else {
            return []
        }
        if recipe.method == .full, request.adapterOnly || [.peft, .mlx].contains(request.format) {
            return [
                RecipeProblem(
                    key: request.adapterOnly ? "export.merge" : "export.format",
                    problem: "method full trains the whole model, so there is no adapter to write",
                    remedy: "Use safetensors, or gguf with merge.")
            ]
        }
        do {
            let rehearsal = try Exporter(
                request, rehearsing: true, settings: recipe.method == .full ? nil : recipe.loraSettings,
                checksSpace: folder != nil)
            return rehearsal.plan.problems.map { problem in
                RecipeProblem(
                    key: "export.format", problem: problem.what,
                    remedy: problem.remedy.replacingOccurrences(of: "--pre", with: "export.pre_tokenizer"),
                    severity: problem.isError ? .error : .warning)
            }
        } catch {
            return [RecipeProblem(key: "export.format", problem: "the model cannot be exported: \(error)", remedy: "")]
        }
    }

    /// Writes the export of a finished run into its folder.
    ///
    /// - Returns: a sentence on what was written.
    func run(folder: String, trained output: String) throws -> String {
        let isFull = recipe.method == .full
        guard
            let request = request(
                model: isFull ? output : recipe.model, adapter: isFull ? nil : output, output: Self.place(in: folder))
        else { return "" }
        let exporter = try Exporter(request)
        try exporter.run()
        var text = "exported to \(exporter.plan.output)"
        if let difference = exporter.plan.mergeDifference {
            text += "; merging moves no logit by more than " + String(format: "%.1e", difference)
        }
        return text
    }

    private static func place(in folder: String) -> String { folder + "/export" }
}
