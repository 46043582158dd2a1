import Foundation
import Recipes
import Runs
import TerminalUI

/// All runs of the workspace: their state, curves over each other, what differs between their recipes.
public struct RunsScreen: ScreenState {
    enum Order: Int, CaseIterable, Sendable {
        case newest, evaluation, name

        var title: String {
            switch self {
            case .newest: "newest"
            case .evaluation: "eval ↑"
            case .name: "name"
            }
        }
    }

    var entries: [RunEntry] = []
    /// Read once for each entry: drawing asks for them ten times a second.
    var recipes: [RunID: Recipe] = [:]
    var cursor = ListCursor()
    var marked: [RunID] = []
    var curves: [RunID: RunHistoryValue] = [:]
    var order: Order = .newest
    var showsArchived = false
    var filter = ""
    var isLoading = true
    /// Full recipe differences over the whole screen.
    var showsDifferences = false
    var showsTrainLoss = false
    var scroll = 0

    public init() {}

    var isBusy: Bool { isLoading }

    mutating func appear(_ context: ScreenContext) -> Effects { [.runs(.list)] }

    mutating func receive(_ message: Message, _ context: ScreenContext) -> Effects {
        switch message {
        case .list(let list):
            let selected = current?.id
            isLoading = false
            entries = list
            for run in list where recipes[run.id] == nil { recipes[run.id] = Recipe.read(yaml: run.recipe).recipe }
            marked.removeAll { id in !list.contains { $0.id == id } }
            arrange(keeping: selected)
            return loadCurves()
        case .history(let run, let history):
            curves[run] = history
        case .failed(let text):
            isLoading = false
            return [.say(Notice(.error, text))]
        }
        return []
    }

    // MARK: Reading

    /// Entries in order, filtered.
    var visible: [RunEntry] {
        let words = filter.lowercased().split(separator: " ")
        let found = entries.filter { entry in
            (showsArchived || !entry.isArchived)
                && words.allSatisfy {
                    "\(entry.id) \(entry.phase) \(entry.note) \(entry.recipe)".lowercased().contains($0)
                }
        }
        return switch order {
        case .newest: found.sorted { $0.createdAt > $1.createdAt }
        case .evaluation:
            found.sorted { ($0.bestEvaluation?.loss ?? .infinity) < ($1.bestEvaluation?.loss ?? .infinity) }
        case .name: found.sorted { $0.id.rawValue < $1.id.rawValue }
        }
    }

    var current: RunEntry? {
        let visible = visible
        return visible.indices.contains(cursor.selected) ? visible[cursor.selected] : nil
    }

    /// The runs whose curves are drawn: the marked ones, else the one under the cursor.
    var drawn: [RunID] { marked.isEmpty ? [current?.id].compactMap(\.self) : marked }

    /// The two recipes to compare: two marked ones, or one marked and the one under the cursor.
    var pair: (RunEntry, RunEntry)? {
        var ids = marked
        if ids.count == 1, let current, current.id != ids[0] { ids.append(current.id) }
        guard ids.count >= 2 else { return nil }
        guard let first = entries.first(where: { $0.id == ids[0] }),
            let second = entries.first(where: { $0.id == ids[1] })
        else { return nil }
        return (first, second)
    }

    var differences: [RecipeDifference]? {
        guard let pair, let old = recipes[pair.0.id],
            let new = recipes[pair.1.id]
        else { return nil }
        return new.differences(from: old)
    }

    mutating func arrange(keeping id: RunID?) {
        let visible = visible
        cursor.setCount(visible.count)
        if let id, let index = visible.firstIndex(where: { $0.id == id }) { cursor.move(to: index) }
    }

    /// Asks for the curves not read yet; those of live runs are read again.
    mutating func loadCurves() -> Effects {
        drawn.filter { id in
            curves[id] == nil || entries.first { $0.id == id }?.phase.isLive == true
        }.map { .runs(.load($0)) }
    }

    var exportSource: ExportSource? {
        guard let current, let recipe = recipes[current.id] else { return nil }
        return ExportSource(name: current.id.rawValue, place: .run(current.id), hasAdapter: recipe.method != .full)
    }

    /// Why there is nothing to export of the run under the cursor.
    var leftNothing: String? {
        guard let current else { return "there is no run yet: 2 writes a recipe, R starts it" }
        if recipes[current.id] == nil { return "the recipe of \(current.id) cannot be read by this version" }
        let left = current.hasCheckpoint || current.outcome?.output != nil || current.outcome?.lastCheckpoint != nil
        return left ? nil : "\(current.id) left no checkpoint and no output to export"
    }

    var position: String { visible.isEmpty ? "" : "run \(cursor.counter)" }

    var summary: String {
        if !marked.isEmpty { return "\(marked.count) marked · = differences · A compares what they write" }
        return current?.note.isEmpty == false ? current?.note ?? "" : current?.detail ?? ""
    }

    var copyText: String? { current?.outcome?.output ?? current?.id.rawValue }
}
