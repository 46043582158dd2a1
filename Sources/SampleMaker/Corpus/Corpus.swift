/// The pre-training text: document `index` depends on the seed and its index alone.
struct Corpus: Sendable {
    var seed: UInt64

    private static let kinds: [(weight: Int, make: @Sendable (inout Scene) -> Document)] = [
        (9, { .text($0.story()) }),
        (6, { .text($0.note()) }),
        (3, { .text($0.letter()) }),
        (4, { .text($0.record()) }),
        (3, { .text($0.supportLetter()) }),
        (3, { .text($0.factList()) }),
        (5, { $0.storyTask() }),
        (10, { $0.dialogue() }),
        (9, { $0.factQuestion() }),
        (7, { $0.numberTask() }),
        (8, { $0.wordTask() }),
        (7, { $0.sentenceTask() }),
        (8, { $0.readingTask() }),
        (8, { $0.extractionTask() }),
        (8, { $0.copyTask() }),
        (6, { $0.echo() }),
        (70, { $0.serviceTask() }),
    ]
    private static let totalWeight = kinds.reduce(0) { $0 + $1.weight }

    /// Rows of about `length` characters, each of whole documents one after the other, as a model is pre-trained on:
    /// it then knows positions far beyond the short documents, and every sequence is full.
    func rows(documents: Int, length: Int) -> [String] {
        var rows: [String] = []
        var row = ""
        for index in 0..<documents {
            let next = document(index).rendered
            if !row.isEmpty, row.utf8.count + next.utf8.count > length {
                rows.append(row)
                row = ""
            }
            row += next
        }
        if !row.isEmpty { rows.append(row) }
        return rows
    }

    func document(_ index: Int) -> Document {
        var scene = Scene(RandomSource(seed: seed, part: index))
        var left = scene.random.below(Self.totalWeight)
        for kind in Self.kinds {
            left -= kind.weight
            if left < 0 { return kind.make(&scene) }
        }
        return .text(scene.story())
    }
}
