import Datasets
import OrderedJSON

/// What an answer is made of, kept while a set is scanned so that rows can be compared with the majority.
struct AnswerFacts: Sendable {
    enum Form { case prose, object, otherJSON }

    var form = Form.prose
    var isEmpty = false
    var ending = TextShape.Ending.whole
    var isClosed = false
    var words = 0
    /// Of the normalised answer.
    var hash: UInt64 = 0
    /// Keys in order; empty unless the answer is an object.
    var keys: [String] = []
    /// Short texts among the object's values: labels, perhaps.
    var labels: [String: String] = [:]

    init() {}

    init(_ text: String) {
        let words = Shingles.words(text)
        self.words = TextShape.count(text).words
        isEmpty = text.allSatisfy(\.isWhitespace)
        ending = isEmpty ? .whole : TextShape.ending(of: text)
        isClosed = TextShape.isClosed(text)
        hash = Self.hash(words, text)
        guard let first = text.utf8.first(where: { !DatasetSpace.contains($0) }), first == 0x7B || first == 0x5B,
            let value = try? JSONValue(parsing: text)
        else { return }
        guard let object = value.object else {
            form = .otherJSON
            return
        }
        form = .object
        keys = Array(object.keys)
        for (key, value) in object {
            if let label = value.string, label.utf8.count <= 40 { labels[key] = label }
        }
    }

    /// Of the words; of the text itself where it has none, so that "!" and "?" differ.
    static func hash(_ words: [UInt64], _ text: String) -> UInt64 {
        if words.isEmpty { return ContentHash(text).folded }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for word in words { hash = (hash ^ word) &* 0x100_0000_01B3 &+ (hash >> 31) }
        return hash
    }
}

private enum DatasetSpace {
    static func contains(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D }
}

/// What most answers of a set are like.
public struct AnswerNorm: Sendable, Equatable {
    /// Most answers are JSON objects.
    public internal(set) var isJSON = false
    /// The keys of most of them, in their order.
    public internal(set) var keys: [String] = []
    /// Most answers close with a mark.
    public internal(set) var endsClosed = false
    /// Values of the fields that have few, with their numbers of rows.
    public internal(set) var labels: [String: [String: Int]] = [:]

    init() {}

    init(_ facts: [AnswerFacts]) {
        let present = facts.filter { !$0.isEmpty }
        guard !present.isEmpty else { return }
        let objects = present.filter { $0.form == .object }
        isJSON = objects.count * 10 >= present.count * 6 && objects.count >= 3
        let prose = present.filter { $0.form == .prose && $0.words >= 5 }
        endsClosed = prose.count >= 10 && prose.count { $0.isClosed } * 10 >= prose.count * 8
        guard isJSON else { return }
        var orders: [[String]: Int] = [:]
        for fact in objects { orders[fact.keys, default: 0] += 1 }
        if let (keys, count) = orders.max(by: { ($0.value, $1.key.joined()) < ($1.value, $0.key.joined()) }),
            count * 10 >= objects.count * 6
        {
            self.keys = keys
        }
        var counts: [String: [String: Int]] = [:]
        for fact in objects {
            for (key, label) in fact.labels { counts[key, default: [:]][label, default: 0] += 1 }
        }
        for (key, values) in counts where values.count <= 40 {
            // Labels repeat; names and numbers hardly do.
            if values.values.reduce(0, +) >= values.count * 8 { labels[key] = values }
        }
    }

    /// The field and value that make this answer's label one that hardly any other has.
    func oddLabel(_ fact: AnswerFacts) -> (key: String, value: String)? {
        for key in keys {
            guard let counts = labels[key], let value = fact.labels[key], let count = counts[value] else { continue }
            let total = counts.values.reduce(0, +)
            let larger = counts.values.filter { $0 > count }.min() ?? count
            if total >= 50, count * 50 < total, count * 3 <= larger { return (key, value) }
        }
        return nil
    }
}
