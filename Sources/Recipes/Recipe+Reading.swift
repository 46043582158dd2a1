import Foundation
import Yams

/// What came of reading a recipe: the recipe when nothing in it is an error, and everything to say about it.
public struct RecipeReading: Sendable, Equatable {
    /// Nil when a problem is an error.
    public var recipe: Recipe?
    /// In the order of the file, overrides last.
    public var problems: [RecipeProblem]
    /// The file, or what stands for it in messages.
    public var source: String

    public init(recipe: Recipe?, problems: [RecipeProblem], source: String) {
        self.recipe = recipe
        self.problems = problems
        self.source = source
    }

    /// The recipe, or every error at once.
    public func validated() throws(RecipeProblems) -> Recipe {
        guard let recipe else {
            throw RecipeProblems(source: source, problems: problems.filter { $0.severity == .error })
        }
        return recipe
    }
}

extension Recipe {
    /// Reads a recipe file. A file that cannot be read is a problem like any other.
    public static func load(path: String, overrides: [String] = []) -> RecipeReading {
        guard let data = FileManager.default.contents(atPath: path) else {
            let problem =
                FileManager.default.fileExists(atPath: path) ? "it cannot be read" : "there is no such file"
            return RecipeReading(
                recipe: nil,
                problems: [
                    RecipeProblem(
                        key: "", problem: "\(path): \(problem)",
                        remedy: "Check the path and its permissions; a recipe is a YAML file.")
                ], source: path)
        }
        guard data.count <= 1 << 20 else {
            return RecipeReading(
                recipe: nil,
                problems: [
                    RecipeProblem(
                        key: "", problem: "\(path) has \(data.count) bytes, which is no recipe",
                        remedy: "Name the YAML file of the recipe, not the data.")
                ], source: path)
        }
        guard let text = String(data: data, encoding: .utf8) else {
            return RecipeReading(
                recipe: nil,
                problems: [RecipeProblem(key: "", problem: "\(path) is not UTF-8 text", remedy: "Save it as UTF-8.")],
                source: path)
        }
        return read(yaml: text, overrides: overrides, source: path)
    }

    /// Reads a recipe from YAML, then the overrides (`optimizer.learning_rate=1e-4`), and reports every problem at once.
    public static func read(
        yaml: String, overrides: [String] = [], source: String = "the recipe"
    ) -> RecipeReading {
        var reader = RecipeReader()
        reader.read(yaml)
        for override in overrides { reader.apply(override) }
        reader.checkRequired()
        if !reader.found.contains(where: { $0.severity == .error }) { reader.found += reader.recipe.problems() }
        let failed = reader.found.contains { $0.severity == .error }
        return RecipeReading(recipe: failed ? nil : reader.recipe, problems: reader.found, source: source)
    }

    /// This recipe with `key=value` settings on top, or every error in them at once.
    public func overridden(by overrides: [String]) throws(RecipeProblems) -> Recipe {
        var reader = RecipeReader(recipe: self)
        for override in overrides { reader.apply(override) }
        let errors = (reader.found + reader.recipe.problems()).filter { $0.severity == .error }
        guard errors.isEmpty else { throw RecipeProblems(source: "--set", problems: errors) }
        return reader.recipe
    }
}

/// Walks a YAML document beside the catalogue of fields.
private struct RecipeReader {
    var recipe = RecipeField.blank
    var found: [RecipeProblem] = []
    var given: Set<String> = []

    static let sections = Set(RecipeField.all.compactMap(\.section))

    init() {}
    init(recipe: Recipe) { self.recipe = recipe }

    mutating func read(_ yaml: String) {
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml)
        } catch let error as YamlError {
            found.append(RecipeProblem(yaml: error))
            return
        } catch {
            found.append(RecipeProblem(key: "", problem: "it is not YAML: \(error)", remedy: "Correct the syntax."))
            return
        }
        guard let root else { return }
        guard case .mapping(let mapping) = root else {
            found.append(
                RecipeProblem(
                    key: "", line: root.mark?.line, problem: "a recipe is a list of `key: value` lines",
                    remedy: "Begin with `model: …` and `data: {train: …}`."))
            return
        }
        read(mapping, section: nil)
        if given.contains("epochs"), given.contains("max_steps"), recipe.maxSteps != nil {
            found.append(
                RecipeProblem(
                    key: "epochs", problem: "max_steps is set too, and wins", remedy: "Remove one of them.",
                    severity: .note))
        }
    }

    private mutating func read(_ mapping: Node.Mapping, section: String?) {
        for (keyNode, value) in mapping {
            let line = keyNode.mark?.line ?? value.mark?.line
            let name = keyNode.scalar?.string ?? "?"
            let key = section.map { "\($0).\(name)" } ?? name
            if section == nil, Self.sections.contains(name) {
                readSection(value, named: name, line: line)
            } else if let field = RecipeField.named(key) {
                set(field, to: value, line: line)
            } else {
                refuse(unknown: key, in: section, line: line)
            }
        }
    }

    private mutating func readSection(_ node: Node, named name: String, line: Int?) {
        if case .mapping(let inner) = node {
            read(inner, section: name)
        } else if node.scalar?.string.isEmpty == true {
            return  // `lora:` with every line below it commented out
        } else {
            let field = RecipeField.all.first { $0.section == name }
            let example = field.map { "\(name): {\($0.name): \(node.scalar?.string ?? "…")}" } ?? "\(name): {…}"
            found.append(
                RecipeProblem(
                    key: name, line: line, problem: "it is a section with keys of its own",
                    remedy: "Write it as `\(example)`."))
        }
    }

    private mutating func set(_ field: RecipeField, to node: Node, line: Int?) {
        given.insert(field.key)
        do {
            try field.put(&recipe, try RecipeInput(node, key: field.key))
        } catch {
            var problem = error
            problem.line = node.mark?.line ?? line
            found.append(problem)
        }
    }

    private mutating func refuse(unknown key: String, in section: String?, line: Int?) {
        let known = RecipeField.all.map(\.key)
        let inSection = known.filter { section == nil || $0.hasPrefix((section ?? "") + ".") }
        let sections = section == nil ? Array(Self.sections).sorted() : []
        let near = NearestName.of(key, among: inSection + sections) ?? NearestName.of(key, among: known)
        let remedy =
            near.map { "Did you mean \($0)?" }
            ?? "Known here: "
            + (section == nil
            ? known.filter { !$0.contains(".") } + sections : inSection).joined(separator: ", ") + "."
        found.append(RecipeProblem(key: key, line: line, problem: "there is no such key", remedy: remedy))
    }

    /// Takes `key=value`, the value in YAML.
    mutating func apply(_ override: String) {
        guard let equals = override.firstIndex(of: "=") else {
            found.append(
                RecipeProblem(
                    key: override, problem: "a setting is written key=value",
                    remedy: "For example optimizer.learning_rate=1e-4."))
            return
        }
        let key = override[..<equals].trimmingSpaces()
        let value = String(override[override.index(after: equals)...])
        guard let field = RecipeField.named(key) else {
            refuse(unknown: key, in: nil, line: nil)
            return
        }
        given.insert(key)
        // What was wrong with the file's own value no longer matters.
        found.removeAll { $0.key == key && $0.line != nil }
        do {
            if value.trimmingSpaces().hasPrefix("[") || value.trimmingSpaces().hasPrefix("{") {
                try field.put(&recipe, try RecipeInput(yaml: value, key: key))
            } else if value.trimmingSpaces() == "null", field.absence != nil {
                try field.put(&recipe, .null)
            } else {
                try field.set(value, in: &recipe)
            }
        } catch {
            found.append(error)
        }
    }

    mutating func checkRequired() {
        guard !found.contains(where: { $0.key.isEmpty }) else { return }
        for field in RecipeField.all
        where field.isRequired && field.text(in: recipe).isEmpty && !found.contains(where: { $0.key == field.key }) {
            found.append(
                RecipeProblem(
                    key: field.key, problem: "it is missing", remedy: "\(field.explanation)"))
        }
    }
}

extension RecipeInput {
    /// One value in YAML's own notation.
    init(yaml text: String, key: String) throws(RecipeProblem) {
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw RecipeProblem(
                key: key, problem: "\(text) is not a YAML list", remedy: "Write [first, second], quotes around texts.")
        }
        guard let node else {
            self = .null
            return
        }
        try self.init(node, key: key)
    }

    init(_ node: Node, key: String) throws(RecipeProblem) {
        switch node {
        case .scalar(let scalar):
            let isNull = scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
            self = isNull ? .null : .scalar(scalar.string)
        case .sequence(let sequence):
            var items: [String] = []
            for item in sequence {
                guard let text = item.scalar?.string else {
                    throw RecipeProblem(
                        key: key, line: item.mark?.line, problem: "its list holds something that is no plain value",
                        remedy: "Write a list of plain values: [first, second].")
                }
                items.append(text)
            }
            self = .list(items)
        case .mapping(let mapping):
            var pairs: [Pair] = []
            for (name, value) in mapping {
                guard let name = name.scalar?.string, let text = value.scalar?.string else {
                    throw RecipeProblem(
                        key: key, line: value.mark?.line, problem: "it holds something that is no plain value",
                        remedy: "Write `\(key): {name: value}`.")
                }
                pairs.append(Pair(key: name, value: text))
            }
            self = .pairs(pairs)
        case .alias:
            throw RecipeProblem(key: key, problem: "it is an alias", remedy: "Write the value itself.")
        }
    }
}

extension RecipeProblem {
    fileprivate init(yaml error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init(
                key: "", line: mark.line, problem: "it is not YAML here: \(problem)",
                remedy: "Check indentation, quotes and brackets around column \(mark.column).")
        case .duplicatedKeysInMapping(let duplicates, _):
            self.init(
                key: duplicates.first ?? "", problem: "it stands there twice: \(duplicates.joined(separator: ", "))",
                remedy: "Keep one of them.")
        case .reader(let problem, _, _, _):
            self.init(key: "", problem: "it is not YAML: \(problem)", remedy: "Remove control characters.")
        default:
            self.init(key: "", problem: "it is not YAML: \(error)", remedy: "Correct the syntax.")
        }
    }
}
