import Curation
import Datasets

/// The filter language of the Data screen, for commands.
enum RowFilter {
    /// Indices of the rows that match; signals are looked for first, so that filters on them find something.
    /// - Throws: `Failure` that shows the place in the filter.
    static func rows(_ text: String, of set: inout CurationSet) throws -> [Int] {
        let expression: FilterExpression
        do {
            expression = try FilterExpression(parsing: text)
        } catch {
            throw Failure("\(error)\n  \(text)\n  \(String(repeating: " ", count: error.position))^")
        }
        let scan = SignalScan.scan(set.rows.map(\.example))
        set.take(scan.signals, from: 0)
        return FilterRun(expression).rows(of: set)
    }
}
