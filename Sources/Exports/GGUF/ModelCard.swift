import Tensors

/// The few lines of a model card's front matter that GGUF keeps.
struct ModelCard {
    private(set) var license: String?
    private(set) var baseModels: [String] = []
    private(set) var datasets: [String] = []
    private(set) var tags: [String] = []
    private(set) var languages: [String] = []

    /// Of the README.md of a folder; empty where there is none.
    init(folder: String) {
        let file = try? MappedFile(path: folder + "/README.md")
        let bytes = file.map { $0.bytes(0..<min($0.count, 1 << 20)) } ?? []
        self.init(text: String(decoding: bytes, as: UTF8.self))
    }

    /// Only plain `key: value`, `key: [a, b]` and lists of `- value` are understood; the rest is passed over.
    init(text: String) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        guard lines.first?.trimmed == "---" else { return }
        lines = lines.dropFirst()
        var key = ""
        for line in lines.prefix(500) {
            let trimmed = line.trimmed
            if trimmed == "---" { return }
            if trimmed.hasPrefix("- ") {
                take(key, trimmed.dropFirst(2).trimmed)
            } else if !line.hasPrefix(" "), let colon = trimmed.firstIndex(of: ":") {
                key = String(trimmed[..<colon])
                let value = trimmed[trimmed.index(after: colon)...].trimmed
                if value.hasPrefix("["), value.hasSuffix("]") {
                    for part in value.dropFirst().dropLast().split(separator: ",") { take(key, part.trimmed) }
                } else if !value.isEmpty {
                    take(key, value)
                }
            }
        }
    }

    private mutating func take(_ key: String, _ quoted: String) {
        var value = quoted
        for quote in ["\"", "'"] where value.count > 1 && value.hasPrefix(quote) && value.hasSuffix(quote) {
            value = String(value.dropFirst().dropLast())
        }
        guard !value.isEmpty, value.utf8.count < 200 else { return }
        switch key {
        case "license": license = license ?? value
        case "base_model": baseModels.append(value)
        case "datasets": datasets.append(value)
        case "tags": tags.append(value)
        case "language": languages.append(value)
        default: break
        }
    }
}

extension StringProtocol {
    fileprivate var trimmed: String {
        var rest = self[...]
        while let first = rest.first, first.isWhitespace { rest = rest.dropFirst() }
        while let last = rest.last, last.isWhitespace { rest = rest.dropLast() }
        return String(rest)
    }
}
