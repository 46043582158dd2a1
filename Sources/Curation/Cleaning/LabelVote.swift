import Datasets
import Foundation

/// Which of two labels the words of a prompt speak for, learnt from the other rows: naive Bayes over words with
/// add-one smoothing. Decides between rows that contradict each other when nothing else tells them apart.
struct LabelVote {
    private var wordCounts: [String: [UInt64: Int]] = [:]
    private var totals: [String: Int] = [:]
    private var rows: [String: Int] = [:]
    private let key: String

    init(key: String, facts: [AnswerFacts], prompts: [[UInt64]], leavingOut: Set<Int>) {
        self.key = key
        for row in facts.indices where !leavingOut.contains(row) {
            guard let label = facts[row].labels[key] else { continue }
            rows[label, default: 0] += 1
            for word in Set(prompts[row]) {
                wordCounts[label, default: [:]][word, default: 0] += 1
                totals[label, default: 0] += 1
            }
        }
    }

    /// Log-probability of a label given the words, up to a constant that all labels share.
    func score(_ label: String, _ words: [UInt64]) -> Double {
        let count = Double(rows[label] ?? 0)
        var score = Double.log(count + 1)
        let counts = wordCounts[label] ?? [:]
        for word in Set(words) {
            score += .log((Double(counts[word] ?? 0) + 0.5) / (count + 1))
        }
        return score
    }
}

extension Double {
    fileprivate static func log(_ value: Double) -> Double { Foundation.log(value) }
}
