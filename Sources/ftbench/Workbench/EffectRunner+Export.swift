import Dispatch
import Exports
import Foundation
import Hub
import Records
import Runs
import Synchronization
import TerminalUI
import Training
import Workbench

extension EffectRunner {
    func perform(_ effect: ExportEffect) {
        switch effect {
        case .open: break
        case .recall:
            background.async { [self] in
                report {
                    inbox.post(
                        .export(
                            .recalled(
                                try workspace.setting("export.habits"), exports: workspace.folder + "/exports",
                                models: workspace.folder + "/models")))
                }
            }
        case .forget: exportTicket.add(1, ordering: .relaxed)
        case .check(let order, let revision): check(order, revision)
        case .write(let order): write(order)
        case .cancel: state.withLock { $0.export }?.cancel()
        }
    }

    /// The last message is always `checked`, unless a newer check made this one moot.
    private func check(_ order: ExportOrder, _ revision: Int) {
        let ticket = exportTicket.add(1, ordering: .relaxed).newValue
        let isCurrent: @Sendable () -> Bool = { [self] in exportTicket.load(ordering: .relaxed) == ticket }
        let answer: @Sendable (Result<ExportCheck?, any Error>) -> Void = { [self] result in
            switch result {
            case .success(let check):
                if let check { inbox.post(.export(.checked(check, revision: revision))) }
            case .failure(let error):
                let problem = ExportCheck.Problem(ExportWords.onScreen(Failure.text(of: error)))
                inbox.post(.export(.checked(ExportCheck(problems: [problem]), revision: revision)))
            }
        }
        // A short wait: held arrow keys ask for ten checks a second, and only the last one matters.
        background.asyncAfter(deadline: .now() + 0.2) { [self] in
            guard isCurrent() else { return }
            do {
                let job = try ExportJob(order, workspace: workspace)
                host.perform({ _ in try isCurrent() ? job.check() : nil }, completion: answer)
            } catch {
                answer(.failure(error))
            }
        }
    }

    /// The last message is always `ended`.
    private func write(_ order: ExportOrder) {
        let cancellation = Cancellation()
        state.withLock { $0.export = cancellation }
        writing.enter()
        let end: @Sendable (Notice, String?) -> Void = { [self] notice, model in
            inbox.post(.export(.ended(notice, model: model)))
            writing.leave()
        }
        let fail: @Sendable (any Error) -> Void = { error in
            if error is CancellationError {
                end(Notice(.info, "export stopped; nothing of it is left"), nil)
            } else {
                let lines = ExportWords.onScreen(Failure.text(of: error)).split(separator: "\n", maxSplits: 1)
                end(
                    Notice(
                        .error, lines.first.map(String.init) ?? "the export failed",
                        detail: lines.count > 1 ? String(lines[1]) : nil), nil)
            }
        }
        background.async { [self] in
            do {
                let job = try ExportJob(order, workspace: workspace)
                host.perform { [self] _ in
                    try job.write(cancellation) { self.inbox.post(.export(.writing($0))) }
                } completion: { [self] result in
                    switch result {
                    case .failure(let error): fail(error)
                    case .success(let written):
                        background.async { [self] in
                            do {
                                end(written.notice, try written.join(ModelCatalogue(workspace: workspace)))
                            } catch {
                                fail(error)
                            }
                        }
                    }
                }
            } catch {
                fail(error)
            }
        }
    }
}

/// An order of the screen with its folders found, ready for the engine's queue.
struct ExportJob: Sendable {
    let order: ExportOrder
    let request: ExportRequest
    /// What the workspace has against it.
    private var objections: [ExportCheck.Problem] = []

    /// - Throws: `Failure` when the run left nothing, or a type or a size is none.
    init(_ order: ExportOrder, workspace: Workspace) throws {
        self.order = order
        let subject: ExportSubject
        switch order.source.place {
        case .folders(let model, let adapter):
            subject = ExportSubject(model: model, adapter: adapter, name: ExportJob.name(order.source.name))
        case .run(let id): subject = try ExportSubject.find(run: id, in: workspace)
        }
        guard let format = ExportFormat(rawValue: order.format.rawValue), let size = ByteSize(order.shardSize) else {
            throw Failure("The largest file takes a size such as 500MB, 5GB or 2GiB, not '\(order.shardSize)'.")
        }
        request = ExportRequest(
            model: subject.model, adapter: subject.adapter, format: format,
            type: order.type.flatMap(ExportType.init(rawValue:)), maxShardBytes: size.bytes,
            adapterOnly: order.adapterOnly, preTokenizer: order.preTokenizer, name: subject.name,
            output: CommonOptions.absolute(order.output), replaces: order.replaces)
        if let name = order.modelName, let known = try workspace.model(named: name), known.path != request.output {
            objections.append(
                .init("The workspace has a model '\(name)' already, at \(known.path)", remedy: "Choose another name."))
        }
    }

    private static func name(_ source: String) -> String { source.replacing("/", with: "-") }

    /// On the engine's queue: loads, merges, compares, writes nothing.
    func check() throws -> ExportCheck {
        let plan = try Exporter(request).plan
        let problems = plan.problems.map {
            let isTaken = order.modelName != nil && $0.what.hasSuffix("is there already")
            return ExportCheck.Problem(
                ExportWords.onScreen($0.what),
                remedy: isTaken ? "Choose another name." : ExportWords.onScreen($0.remedy),
                isError: $0.isError)
        }
        return ExportCheck(
            files: plan.files.map { ExportCheck.File(name: $0.name, byteCount: $0.bytes) },
            problems: objections + problems, mergeDifference: plan.mergeDifference.map { Double($0) })
    }

    /// On the engine's queue. Everything is checked again: files may have changed since the dialog was read.
    ///
    /// - Throws: `CancellationError`, `ExportError`, errors of reading and writing.
    func write(_ cancellation: Cancellation, progress: (ExportProgress) -> Void) throws -> Written {
        if let objection = objections.first { throw Failure("\(objection.what). \(objection.remedy)") }
        if cancellation.isCancelled { throw CancellationError() }
        let exporter = try Exporter(request)
        let plan = exporter.plan
        let name = (plan.output as NSString).lastPathComponent
        let started = ContinuousClock.now
        var told = started - .seconds(1)
        try exporter.run { done in
            if cancellation.isCancelled { throw CancellationError() }
            let now = ContinuousClock.now
            guard now - told >= .milliseconds(200) else { return }
            told = now
            progress(
                ExportProgress(
                    name: name, fraction: plan.bytes > 0 ? min(1, Double(done) / Double(plan.bytes)) : nil,
                    detail: ExportWords.amounts(done, of: plan.bytes, seconds: (now - started) / .seconds(1))))
        }
        return Written(plan: plan, addsToModels: order.modelName != nil)
    }

    /// An export that is on the disk.
    struct Written: Sendable {
        let plan: ExportPlan
        let addsToModels: Bool

        /// Adds a merged folder to the models; returns its name.
        func join(_ models: ModelCatalogue) throws -> String? { addsToModels ? try models.add(plan.output) : nil }

        var notice: Notice {
            let count = plan.files.count == 1 ? "1 file" : "\(plan.files.count) files"
            var lines = plan.files.map { "\(NumberText.bytes($0.bytes).paddedToCells(11)) \($0.name)" }
            if let difference = plan.mergeDifference {
                lines.insert("no logit moves by more than \(NumberText.scientific(Double(difference)))", at: 0)
            }
            return Notice(
                .done, "\(count), \(NumberText.bytes(plan.bytes)) in \(plan.output)",
                detail: lines.joined(separator: "\n"))
        }
    }
}

/// The words of an export on the screen.
enum ExportWords {
    /// The options that the command's remedies name, as the dialog calls them.
    private static let options = [
        ("or replace it with --force", "or set 'If it is there' to replace"),
        ("export without --lora-only", "export the whole model"),
        ("Name one with --adapter or --run", "Choose a line below a base model"),
        ("name the pre-tokeniser with --pre to go on", "name it in the field Pre-tokeniser to go on"),
        ("Did you mean --pre ", "Did you mean "),
        ("with --pre", "in the field Pre-tokeniser"),
        ("Leave --type out", "Leave the numbers as stored"),
        ("--lora-only", "The adapter alone"),
    ]

    static func onScreen(_ text: String) -> String {
        options.reduce(text) { $0.replacing($1.0, with: $1.1) }
    }

    /// Bytes, rate and time left.
    static func amounts(_ done: Int, of total: Int, seconds: Double) -> String {
        var parts = ["\(NumberText.bytes(done)) of \(NumberText.bytes(total))"]
        guard seconds > 0.3, done > 0 else { return parts[0] }
        let rate = Double(done) / seconds
        parts.append("\(NumberText.bytes(Int(rate)))/s")
        parts.append("left \(NumberText.duration(seconds: Double(max(0, total - done)) / rate))")
        return parts.joined(separator: "  ")
    }
}
