import Curation
import Datasets
import Foundation
import OrderedJSON
import Records
import Synchronization
import Workbench

extension EffectRunner {
    func perform(_ effect: DataScreen.Effect) {
        switch effect {
        case .list: background.async { [self] in listDatasets() }
        case .importFile(let path, let mapping): read { [self] in try importFile(path, mapping, $0) }
        case .open(let name): read { [self] in try open(name, $0) }
        case .cancelReading: readTicket.add(1, ordering: .relaxed)
        case .inspect(let path):
            reading.async { [self] in
                do {
                    inbox.post(.data(.inspected(try DatasetFile.inspect(path: CommonOptions.absolute(path)))))
                } catch {
                    inbox.post(.data(.failed(title: "Could not look at \(path).", lines: ["\(error)"], path: nil)))
                }
            }
        case .again: state.withLock { $0.wantsSlice = true }
        case .persist(let dataset, let entries, let counts):
            keeping.async { [self] in
                do {
                    try workspace.append(entries, to: dataset, counts: counts)
                    inbox.post(.data(.persisted(dataset: dataset, through: entries.last?.sequence ?? 0)))
                } catch {
                    inbox.post(.data(.persistFailed(dataset: dataset, Failure.text(of: error))))
                }
            }
        case .render(let row, let example):
            background.async { [self] in inbox.post(.data(.rendered(row: row, rendered(example)))) }
        case .measure(let dataset, let rows, let restarts): measure(dataset, rows, restarts: restarts)
        case .export(let path, let examples):
            reading.async { [self] in
                do {
                    let target = CommonOptions.absolute(path)
                    let count = try DatasetWriter.write(examples, shape: nil, to: target)
                    inbox.post(.data(.exported(path: target, count: count)))
                } catch {
                    inbox.post(.data(.exportFailed(Failure.text(of: error))))
                }
            }
        case .saveViews(let dataset, let views):
            keeping.async { [self] in
                report {
                    let list = views.map { JSONValue.object(["name": .string($0.name), "filter": .string($0.filter)]) }
                    try workspace.set("views.\(dataset)", to: JSONValue.array(list).serialized())
                }
            }
        }
    }

    private func listDatasets() {
        report {
            let entries = try workspace.datasets().map {
                DatasetEntry(
                    name: $0.name, path: $0.path, rows: $0.rowCount, kept: $0.kept, dropped: $0.dropped,
                    flagged: $0.flagged, edited: $0.edited, importedAt: $0.importedAt)
            }
            inbox.post(.data(.library(entries)))
        }
    }

    /// Reads on the reading queue; a newer read or a cancel makes this one stop.
    private func read(_ body: @escaping @Sendable (_ isCurrent: @escaping @Sendable () -> Bool) throws -> OpenedSet?) {
        let ticket = readTicket.add(1, ordering: .relaxed).newValue
        reading.async { [self] in
            let isCurrent: @Sendable () -> Bool = { [self] in readTicket.load(ordering: .relaxed) == ticket }
            do {
                guard let opened = try body(isCurrent), isCurrent() else {
                    inbox.post(.data(.cancelled))
                    return
                }
                inbox.post(.data(.opened(opened)))
                perform(.data(.list))
                perform(.recipe(.listChoices))
            } catch DatasetError.cancelled {
                inbox.post(.data(.cancelled))
            } catch let error as DatasetError {
                inbox.post(
                    .data(.failed(title: "The file could not be read.", lines: ["\(error)"], path: error.mappablePath)))
            } catch {
                inbox.post(
                    .data(
                        .failed(title: "The data set could not be opened.", lines: [Failure.text(of: error)], path: nil)
                    ))
            }
        }
    }

    private func importFile(
        _ path: String, _ mapping: ColumnMapping?, _ isCurrent: @escaping @Sendable () -> Bool
    ) throws -> OpenedSet? {
        let path = CommonOptions.absolute(path)
        let name = (path as NSString).lastPathComponent
        var lastShown = ContinuousClock.now
        let imported = try DatasetFile.read(path: path, mapping: mapping) { fraction in
            if ContinuousClock.now - lastShown > .milliseconds(100) {
                lastShown = .now
                self.inbox.post(.data(.progress(ReadingProgress(name: name, fraction: fraction, detail: "reading"))))
            }
            return isCurrent()
        }
        inbox.post(
            .data(
                .progress(ReadingProgress(name: name, fraction: nil, detail: "keeping \(imported.examples.count) rows"))
            ))
        let kept = try workspace.keepWithDecisions(imported)
        guard isCurrent() else { return nil }
        // With decisions, the journal of the workspace has them.
        guard kept.wasKnown || !imported.decisions.isEmpty else {
            return OpenedSet(
                set: CurationSet(name: kept.record.name, examples: imported.examples), name: kept.record.name,
                path: path,
                mapping: imported.mapping, reasons: imported.reasons,
                problems: imported.problems.prefix(1000).map(\.description), problemCount: imported.problems.count,
                blankLines: imported.blankLines)
        }
        return try open(kept.record.name, isCurrent)
    }

    private func open(_ name: String, _ isCurrent: @escaping @Sendable () -> Bool) throws -> OpenedSet? {
        guard let record = try workspace.dataset(named: name) else {
            throw WorkspaceError.unknown(kind: "data set", name: name, known: try workspace.datasets().map(\.name))
        }
        let set = try workspace.curationSet(of: record) { read, total in
            self.inbox.post(
                .data(
                    .progress(
                        ReadingProgress(
                            name: name, fraction: Double(read) / Double(max(1, total)),
                            detail: "\(read) of \(total) rows"))))
            return isCurrent()
        }
        guard let set else { return nil }
        let report = record.report
        let views = try workspace.setting("views.\(name)").flatMap { try? JSONValue(parsing: $0) }?.array ?? []
        return OpenedSet(
            set: set, name: name, path: record.path, mapping: try ColumnMapping(json: record.mapping),
            reasons: (report["reasons"]?.array ?? []).compactMap(\.string),
            problems: (report["problems"]?.array ?? []).compactMap(\.string),
            problemCount: report["problem_count"]?.int, blankLines: report["blank_lines"]?.int ?? 0, wasKnown: true,
            views: views.compactMap { view in
                guard let name = view["name"]?.string, let filter = view["filter"]?.string else { return nil }
                return SavedView(name: name, filter: filter)
            })
    }

    // MARK: Tokens

    /// The renderer of the recipe as it stands in the Recipe screen.
    private func renderer() throws -> (ExampleRenderer, String) {
        let (model, trainOn, length) = state.withLock { ($0.draftModel, $0.draftTrainOn, $0.draftLength) }
        guard !model.isEmpty else { throw Failure("no base model is chosen: 2 Recipe, first field") }
        let folder = try NamedThings(workspace: workspace).modelPath(model)
        let text = try ModelText.load(folder: folder)
        let rule = TrainOn(rawValue: trainOn) ?? .answers
        let name = (folder as NSString).lastPathComponent
        return (ExampleRenderer(text: text, trainOn: rule, maxLength: length), "\(name) · \(trainOn)")
    }

    private func rendered(_ example: Example) -> RenderedExample {
        do {
            let (renderer, source) = try renderer()
            let tokenized = try renderer.inspect(example)
            var warnings: [String] = []
            if tokenized.trainedCount == 0 { warnings.append("no token is trained") }
            if tokenized.trainedCount > 0, !tokenized.endTokenTrained {
                warnings.append("no end token is trained: the model would not learn to stop")
            }
            if tokenized.count > renderer.maxLength {
                warnings.append("longer than the recipe's \(renderer.maxLength) tokens")
            }
            return RenderedExample(tokenized, source: "\(source) · \(tokenized.maskSource)", warnings: warnings)
        } catch {
            return RenderedExample(problem: Failure.text(of: error))
        }
    }

    private func measure(_ dataset: String, _ rows: [RowToMeasure], restarts: Bool) {
        let ticket =
            restarts ? measureTicket.add(1, ordering: .relaxed).newValue : measureTicket.load(ordering: .relaxed)
        measuring.async { [self] in
            do {
                let (renderer, _) = try renderer()
                var chunk: [MeasuredRow] = []
                for item in rows {
                    guard measureTicket.load(ordering: .relaxed) == ticket else { return }
                    if let tokenized = try? renderer.inspect(item.example) {
                        chunk.append(
                            MeasuredRow(row: item.row, tokens: tokenized.count, trained: tokenized.trainedCount))
                    }
                    if chunk.count == 256 {
                        inbox.post(.data(.measured(dataset: dataset, chunk)))
                        chunk = []
                    }
                }
                if !chunk.isEmpty { inbox.post(.data(.measured(dataset: dataset, chunk))) }
            } catch {
                inbox.post(.data(.unmeasured(dataset: dataset, reason: Failure.text(of: error))))
            }
        }
    }
}

extension DatasetError {
    /// The file, when another mapping could read it.
    fileprivate var mappablePath: String? {
        switch self {
        case .unknownShape(let path, _), .mappingDoesNotFit(let path, _, _, _), .noUsableRow(let path, _, _): path
        default: nil
        }
    }
}
