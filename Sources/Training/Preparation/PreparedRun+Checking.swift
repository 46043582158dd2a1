import Datasets
import Recipes

extension PreparedRun {
    /// - Throws: `TrainingError` when a row holds an id the model has no embedding for, or is longer than its context.
    func check(vocabulary: Int, contextLength: Int) throws(TrainingError) {
        let longest = (train + validation).map(\.count).max() ?? 0
        guard longest <= contextLength else { throw .beyondContext(tokens: longest, context: contextLength) }
        for (row, line) in zip(train, trainLines) { try Self.check(row.ids, vocabulary, line: line) }
        for (row, line) in zip(validation, validationLines) { try Self.check(row.ids, vocabulary, line: line) }
    }

    private static func check(_ ids: [Int32], _ vocabulary: Int, line: Int) throws(TrainingError) {
        if let id = ids.first(where: { $0 < 0 || Int($0) >= vocabulary }) {
            throw .tokenOutsideVocabulary(id: Int(id), vocabulary: vocabulary, line: line)
        }
    }

    func fingerprint(model: String) -> RunFingerprint {
        var print = RunFingerprint()
        print.rows = rowsHash
        print.tokenizer = text.tokenizerHash
        print.template = text.templateHash
        print.model = model
        return print
    }
}
