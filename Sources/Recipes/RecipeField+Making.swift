typealias RecipePath<Value> = WritableKeyPath<Recipe, Value> & Sendable

/// What a field is about, beside its kind: keeps the rows of the catalogue short.
struct FieldText {
    var title: String
    var group: RecipeField.Group
    var unit: String?
    var explanation: String
    var advice: String
}

extension RecipeField {
    init(
        _ key: String, _ text: FieldText, _ kind: Kind, steps: Steps, absence: String? = nil, required: Bool = false,
        get: @escaping @Sendable (Recipe) -> RecipeValue,
        put: @escaping @Sendable (inout Recipe, RecipeInput) throws(RecipeProblem) -> Void
    ) {
        self.key = key
        title = text.title
        group = text.group
        unit = text.unit
        explanation = text.explanation
        advice = text.advice
        self.kind = kind
        self.steps = steps
        self.absence = absence
        isRequired = required
        self.get = get
        self.put = put
    }

    static func integer(
        _ key: String, _ range: ClosedRange<Int>, _ path: any RecipePath<Int>, steps: Steps, _ text: FieldText
    ) -> RecipeField {
        RecipeField(
            key, text, .integer(range), steps: steps, get: { .integer($0[keyPath: path]) },
            put: { (recipe, input) throws(RecipeProblem) in
                recipe[keyPath: path] = try integer(input, key, range)
            })
    }

    static func optionalInteger(
        _ key: String, _ range: ClosedRange<Int>, _ path: any RecipePath<Int?>, steps: Steps, absence: String,
        _ text: FieldText
    ) -> RecipeField {
        RecipeField(
            key, text, .integer(range), steps: steps, absence: absence,
            get: { $0[keyPath: path].map(RecipeValue.integer) ?? .none },
            put: { (recipe, input) throws(RecipeProblem) in
                recipe[keyPath: path] = input == .null ? nil : try integer(input, key, range)
            })
    }

    static func number(
        _ key: String, _ range: ClosedRange<Double>, _ path: any RecipePath<Double>, steps: Steps, _ text: FieldText
    ) -> RecipeField {
        RecipeField(
            key, text, .number(range), steps: steps, get: { .number($0[keyPath: path]) },
            put: { (recipe, input) throws(RecipeProblem) in
                recipe[keyPath: path] = try number(input, key, range)
            })
    }

    static func flag(_ key: String, _ path: any RecipePath<Bool>, _ text: FieldText) -> RecipeField {
        RecipeField(
            key, text, .flag, steps: .cycle, get: { .flag($0[keyPath: path]) },
            put: { (recipe, input) throws(RecipeProblem) in
                let word = try scalar(input, key, wants: "true or false").lowercased()
                guard
                    let value = ["true": true, "yes": true, "on": true, "false": false, "no": false, "off": false][word]
                else { throw refusal(key, word, wants: "true or false") }
                recipe[keyPath: path] = value
            })
    }

    static func choice<Choice: RawRepresentable & CaseIterable & Sendable>(
        _ key: String, _ path: any RecipePath<Choice>, _ text: FieldText
    ) -> RecipeField where Choice.RawValue == String {
        let names = Choice.allCases.map(\.rawValue)
        return RecipeField(
            key, text, .choice(names), steps: .cycle, get: { .text($0[keyPath: path].rawValue) },
            put: { (recipe, input) throws(RecipeProblem) in
                let wants = "one of " + names.joined(separator: ", ")
                let word = try scalar(input, key, wants: wants)
                guard let value = Choice(rawValue: word) else {
                    let near = NearestName.of(word, among: names).map { " Did you mean \($0)?" } ?? ""
                    throw RecipeProblem(
                        key: key, problem: "\"\(word)\" is not known here", remedy: "Use \(wants).\(near)")
                }
                recipe[keyPath: path] = value
            })
    }

    static func path(_ key: String, _ path: any RecipePath<String>, _ text: FieldText) -> RecipeField {
        RecipeField(
            key, text, .path, steps: .none, required: true, get: { .text($0[keyPath: path]) },
            put: { (recipe, input) throws(RecipeProblem) in
                let value = try scalar(input, key, wants: "a path or a name in the workspace")
                guard !value.isEmpty else {
                    throw RecipeProblem(
                        key: key, problem: "it is empty", remedy: "Name a path, or a name in the workspace.")
                }
                recipe[keyPath: path] = value
            })
    }

    static func optionalText(
        _ key: String, _ path: any RecipePath<String?>, absence: String, _ text: FieldText
    ) -> RecipeField {
        RecipeField(
            key, text, .text, steps: .none, absence: absence,
            get: { $0[keyPath: path].map(RecipeValue.text) ?? .none },
            put: { (recipe, input) throws(RecipeProblem) in
                recipe[keyPath: path] = input == .null ? nil : try scalar(input, key, wants: "a text")
            })
    }

    static func list(
        _ key: String, _ kind: Kind, _ path: any RecipePath<[String]>, mayBeEmpty: Bool, _ text: FieldText
    ) -> RecipeField {
        RecipeField(
            key, text, kind, steps: .none, get: { .list($0[keyPath: path]) },
            put: { (recipe, input) throws(RecipeProblem) in
                let items: [String]
                switch input {
                case .null: items = []
                case .scalar(let one): items = one.isEmpty ? [] : [one]
                case .list(let many): items = many
                case .pairs:
                    throw RecipeProblem(
                        key: key, problem: "it is a section here, but holds a list",
                        remedy: "Write `\(key): [first, second]`.")
                }
                guard mayBeEmpty || !items.isEmpty else {
                    throw RecipeProblem(key: key, problem: "the list is empty", remedy: "Name at least one.")
                }
                recipe[keyPath: path] = items
            })
    }

    static func numbers(
        _ key: String, count: Int, _ range: ClosedRange<Double>, _ path: any RecipePath<[Double]>, _ text: FieldText
    ) -> RecipeField {
        RecipeField(
            key, text, .numbers(count: count, range), steps: .none, get: { .numbers($0[keyPath: path]) },
            put: { (recipe, input) throws(RecipeProblem) in
                let parts: [String]
                switch input {
                case .null: parts = []
                case .scalar(let text): parts = text.split(separator: ",").map { $0.trimmingSpaces() }
                case .list(let many): parts = many
                case .pairs: throw refusal(key, "a section", wants: "\(count) numbers")
                }
                guard parts.count == count else {
                    throw RecipeProblem(
                        key: key, problem: "it has \(parts.count) numbers", remedy: "Write \(count): [0.9, 0.999].")
                }
                var values: [Double] = []
                for part in parts { values.append(try number(.scalar(part), key, range)) }
                recipe[keyPath: path] = values
            })
    }

    static func validation(
        _ key: String, _ path: any RecipePath<Recipe.DataSection.Validation>, _ text: FieldText
    ) -> RecipeField {
        RecipeField(
            key, text, .shareOrFile, steps: .ladder([0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5]),
            get: {
                switch $0[keyPath: path] {
                case .share(let share): .number(share)
                case .file(let file): .text(file)
                }
            },
            put: { (recipe, input) throws(RecipeProblem) in
                let text = try scalar(input, key, wants: "a share such as 0.1, or a file")
                if let share = NumberText.number(text) {
                    guard (0..<1).contains(share) else {
                        throw RecipeProblem(
                            key: key, problem: "\(text) is not a share of the rows",
                            remedy: "Use a number from 0 (none) to under 1, such as 0.1, or name a file.")
                    }
                    recipe[keyPath: path] = .share(share)
                } else if text.isEmpty {
                    throw RecipeProblem(key: key, problem: "it is empty", remedy: "Use a share such as 0.1, or a file.")
                } else {
                    recipe[keyPath: path] = .file(text)
                }
            })
    }

    static func seed(_ key: String, _ path: any RecipePath<UInt64>, _ text: FieldText) -> RecipeField {
        RecipeField(
            key, text, .integer(0...Int.max), steps: .linear(1), get: { .integer(Int(clamping: $0[keyPath: path])) },
            put: { (recipe, input) throws(RecipeProblem) in
                recipe[keyPath: path] = UInt64(try integer(input, key, 0...Int.max))
            })
    }

    // MARK: Reading one value

    private static func refusal(_ key: String, _ found: String, wants: String) -> RecipeProblem {
        RecipeProblem(key: key, problem: "\"\(found)\" is not \(wants)", remedy: "Write \(wants).")
    }

    private static func scalar(_ input: RecipeInput, _ key: String, wants: String) throws(RecipeProblem) -> String {
        switch input {
        case .scalar(let text): return text
        case .list: throw RecipeProblem(key: key, problem: "it is a list", remedy: "Write \(wants).")
        case .pairs:
            throw RecipeProblem(
                key: key, problem: "it is a section here, but holds one value", remedy: "Write \(wants).")
        case .null:
            throw RecipeProblem(
                key: key, problem: "it has no value", remedy: "Write \(wants), or remove the line for the default.")
        }
    }

    private static func integer(
        _ input: RecipeInput, _ key: String, _ range: ClosedRange<Int>
    ) throws(RecipeProblem) -> Int {
        let text = try scalar(input, key, wants: "a whole number")
        guard let value = NumberText.integer(text) else { throw refusal(key, text, wants: "a whole number") }
        guard range.contains(value) else {
            let limit =
                range.upperBound == .max
                ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
            throw RecipeProblem(
                key: key, problem: "\(text) is out of range", remedy: "Use a whole number, \(limit).")
        }
        return value
    }

    private static func number(
        _ input: RecipeInput, _ key: String, _ range: ClosedRange<Double>
    ) throws(RecipeProblem) -> Double {
        let text = try scalar(input, key, wants: "a number")
        guard let value = NumberText.number(text) else { throw refusal(key, text, wants: "a number") }
        guard range.contains(value) else {
            let low = NumberText.shortest(range.lowerBound)
            let limit =
                range.upperBound == .greatestFiniteMagnitude
                ? "\(low) or more" : "\(low) to \(NumberText.shortest(range.upperBound))"
            throw RecipeProblem(key: key, problem: "\(text) is out of range", remedy: "Use a number, \(limit).")
        }
        return value
    }
}
