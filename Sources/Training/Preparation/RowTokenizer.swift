import Datasets
import Foundation
import Recipes

/// Turns examples into rows of ids, keeping account of what cannot be used.
struct RowTokenizer {
    private(set) var dropped: [DroppedRow] = []
    private let renderer: ExampleRenderer

    init(recipe: Recipe, text: ModelText, now: Date) {
        renderer = ExampleRenderer(
            text: text, trainOn: TrainOn(rawValue: recipe.data.trainOn.rawValue) ?? .answers,
            maxLength: recipe.batch.sequenceLength,
            tooLong: TooLong(rawValue: recipe.data.tooLong.rawValue) ?? .drop, now: now)
    }

    mutating func tokenize(
        _ examples: [Example], isValidation: Bool, checkpoint: () throws -> Void
    ) throws -> (rows: [TokenizedExample], lines: [Int]) {
        var rows: [TokenizedExample] = []
        var lines: [Int] = []
        rows.reserveCapacity(examples.count)
        for (index, example) in examples.enumerated() {
            if index % 64 == 0 { try checkpoint() }
            do {
                for piece in try renderer.pieces(of: example) {
                    rows.append(piece.compacted)
                    lines.append(example.line)
                }
            } catch {
                dropped.append(
                    DroppedRow(
                        line: example.line, reason: Self.reason(error), detail: error.description,
                        isValidation: isValidation))
            }
        }
        return (rows, lines)
    }

    /// `12 rows longer than the sequence`, most frequent first.
    func reasonCounts(isValidation: Bool?) -> [String] {
        let relevant = dropped.filter { isValidation == nil || $0.isValidation == isValidation }
        let counts = Dictionary(grouping: relevant, by: \.reason).mapValues(\.count)
        return counts.sorted { ($0.value, $1.key.rawValue) > ($1.value, $0.key.rawValue) }
            .map { "\($0.value) rows \($0.key.rawValue)" }
    }

    private static func reason(_ error: RenderError) -> DroppedRow.Reason {
        switch error {
        case .template: .template
        case .prefixesDoNotNest: .maskUnknown
        case .tooLong: .tooLong
        case .nothingTrained: .nothingTrained
        case .notTrainable: .notTrainable
        }
    }
}
