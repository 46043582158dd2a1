/// One field of a recipe as people meet it: its name, what it means, what it may hold, how to read and change it.
///
/// `RecipeField.all` is the one table that the reader, the writer, `--set`, the Recipe screen, `plan` and the
/// documentation use.
public struct RecipeField: Sendable, Identifiable {
    public enum Group: String, Sendable, CaseIterable {
        case source = "Model and data"
        case method = "Method"
        case optimizer = "Optimizer"
        case schedule = "Schedule"
        case batch = "Batch"
        case run = "Run"
        case evaluation = "Evaluation"
        case checkpoints = "Checkpoints"
        case export = "Export"
    }

    public enum Kind: Sendable, Equatable {
        case text
        /// A file or folder, or a name of the workspace.
        case path
        case choice([String])
        case integer(ClosedRange<Int>)
        case number(ClosedRange<Double>)
        case flag
        /// Words, separated by commas when typed.
        case words
        /// Texts that may hold commas; one a line when typed.
        case texts
        case numbers(count: Int, ClosedRange<Double>)
        /// Patterns of module names and a number for each; `whole` numbers only for ranks.
        case patterns(ClosedRange<Double>, whole: Bool)
        /// A share of the rows from 0 to under 1, or a file.
        case shareOrFile
    }

    /// How `h` and `l` move the value.
    public enum Steps: Sendable, Equatable {
        case none
        /// The next or the previous choice, round and round.
        case cycle
        case linear(Double)
        case doubling
        /// 1, 2, 5, 10, … in every decade.
        case oneTwoFive
        case ladder([Double])
    }

    /// Dotted path, as in the file: `optimizer.learning_rate`.
    public let key: String
    public let title: String
    public let group: Group
    public let kind: Kind
    public let unit: String?
    /// What the field does, in a sentence or two.
    public let explanation: String
    /// What goes wrong at either side, and usual values.
    public let advice: String
    public let steps: Steps
    /// May be absent (`null`), and what that means.
    public let absence: String?
    public let isRequired: Bool
    let get: @Sendable (Recipe) -> RecipeValue
    let put: @Sendable (inout Recipe, RecipeInput) throws(RecipeProblem) -> Void

    public var id: String { key }

    /// The last part of the key, as it stands in its section of the file.
    public var name: String { String(key.split(separator: ".").last ?? "") }

    /// The section it stands in, or nil for the top of the file.
    public var section: String? {
        let parts = key.split(separator: ".")
        return parts.count > 1 ? String(parts[0]) : nil
    }

    public static func named(_ key: String) -> RecipeField? { byKey[key] }

    /// Nearest known key to a misspelt one.
    public static func nearestKey(to key: String) -> String? { NearestName.of(key, among: all.map(\.key)) }

    private static let byKey = Dictionary(all.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    static let blank = Recipe(model: "", data: Recipe.DataSection(train: ""))

    public func value(in recipe: Recipe) -> RecipeValue { get(recipe) }
    /// The value as a person reads and types it; empty when absent.
    public func text(in recipe: Recipe) -> String { get(recipe).text }
    /// Default as text; empty for a required or absent-by-default field.
    public var defaultText: String { isRequired ? "" : text(in: Self.blank) }
    public func isDefault(in recipe: Recipe) -> Bool { !isRequired && get(recipe) == get(Self.blank) }

    /// What the field may hold, for people: `from 0 to 1`, `one of full, lora`.
    public var range: String {
        switch kind {
        case .text: "a text"
        case .path: "a path or a name in the workspace"
        case .choice(let names): "one of " + names.joined(separator: ", ")
        case .integer(let range) where range.upperBound == .max: "a whole number, \(range.lowerBound) or more"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range): Self.words(range)
        case .flag: "true or false"
        case .words: "names separated by commas"
        case .texts: "a list of texts"
        case .numbers(let count, let range): "\(count) numbers, each " + Self.words(range)
        case .patterns(let range, let whole):
            "module patterns, each with \(whole ? "a whole number" : "a number") from "
                + "\(NumberText.shortest(range.lowerBound)) to \(NumberText.shortest(range.upperBound))"
        case .shareOrFile: "a share from 0 to under 1, or a file"
        }
    }

    private static func words(_ range: ClosedRange<Double>) -> String {
        let low = NumberText.shortest(range.lowerBound)
        return range.upperBound == .greatestFiniteMagnitude
            ? "a number, \(low) or more" : "a number from \(low) to \(NumberText.shortest(range.upperBound))"
    }
}
