extension RecipeField {
    /// Numbers by module pattern: `{q_proj: 8}` in the file, `q_proj: 8, down_proj: 4` when typed.
    static func patterns(
        _ key: String, _ range: ClosedRange<Double>, whole: Bool,
        _ path: any RecipePath<[Recipe.LoRASection.Pattern]>, _ text: FieldText
    ) -> RecipeField {
        RecipeField(
            key, text, .patterns(range, whole: whole), steps: .none, get: { .patterns($0[keyPath: path]) },
            put: { (recipe, input) throws(RecipeProblem) in
                let pairs: [RecipeInput.Pair]
                switch input {
                case .null: pairs = []
                case .scalar(let text) where text.isEmpty: pairs = []
                case .scalar(let text): pairs = try self.pairs(text, key: key)
                case .list(let items):
                    var found: [RecipeInput.Pair] = []
                    for item in items { found += try self.pairs(item, key: key) }
                    pairs = found
                case .pairs(let given): pairs = given
                }
                var entries: [Recipe.LoRASection.Pattern] = []
                for pair in pairs {
                    guard let value = NumberText.number(pair.value), range.contains(value),
                        !whole || value == value.rounded()
                    else {
                        let limits = [range.lowerBound, range.upperBound].map(NumberText.shortest)
                        throw RecipeProblem(
                            key: key, problem: "\(pair.key) has \(pair.value)",
                            remedy: "Use \(whole ? "a whole number" : "a number") from "
                                + limits.joined(separator: " to ") + ".")
                    }
                    guard !pair.key.isEmpty, !entries.contains(where: { $0.pattern == pair.key }) else {
                        throw RecipeProblem(
                            key: key, problem: pair.key.isEmpty ? "a pattern is empty" : "\(pair.key) is there twice",
                            remedy: "Write each pattern once, with a number beside it.")
                    }
                    entries.append(Recipe.LoRASection.Pattern(pair.key, value))
                }
                recipe[keyPath: path] = entries
            })
    }

    /// `q_proj: 8, down_proj: 4`; a pattern that has a comma or a colon is written in YAML's form.
    static func pairs(_ text: String, key: String) throws(RecipeProblem) -> [RecipeInput.Pair] {
        var pairs: [RecipeInput.Pair] = []
        for part in text.split(separator: ",") where !part.allSatisfy({ $0 == " " }) {
            let halves = String(part).split(separator: ":", maxSplits: 1).map { String($0).trimmingSpaces() }
            guard halves.count == 2 else {
                throw RecipeProblem(
                    key: key, problem: "\"\(String(part).trimmingSpaces())\" is no pattern with a number",
                    remedy: "Write q_proj: 8, down_proj: 4; or {\"pattern\": 8} when a pattern has commas or colons.")
            }
            pairs.append(RecipeInput.Pair(key: halves[0], value: halves[1]))
        }
        return pairs
    }
}
