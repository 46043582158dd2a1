extension RecipeField {
    /// Changes the field to what a person typed.
    ///
    /// Lists: `q_proj, v_proj`, or in YAML's own form `[q_proj, v_proj]`; texts: one a line, or in YAML's form.
    /// An empty text makes a field absent where it may be.
    public func set(_ text: String, in recipe: inout Recipe) throws(RecipeProblem) {
        try put(&recipe, input(from: text))
    }

    /// The problem with `text` for this field, or nil when `set` would take it.
    public func problem(with text: String, in recipe: Recipe) -> RecipeProblem? {
        var copy = recipe
        do {
            try set(text, in: &copy)
            return nil
        } catch {
            return error
        }
    }

    /// Back to the default; nothing for a required field.
    public func reset(in recipe: inout Recipe) {
        guard !isRequired else { return }
        switch get(Self.blank) {
        case .none: try? put(&recipe, .null)
        case .list(let items): try? put(&recipe, .list(items))
        case .patterns: try? put(&recipe, .pairs([]))
        case let value: try? put(&recipe, .scalar(value.text))
        }
    }

    /// The text one step up (`direction` > 0) or down; nil when there is no further step.
    public func stepped(in recipe: Recipe, by direction: Int) -> String? {
        let up = direction > 0
        switch kind {
        case .flag: return text(in: recipe) == "true" ? "false" : "true"
        case .choice(let names):
            guard let at = names.firstIndex(of: text(in: recipe)), names.count > 1 else { return names.first }
            return names[(at + (up ? 1 : names.count - 1)) % names.count]
        case .integer(let range):
            let bounds = Double(range.lowerBound)...Double(range.upperBound)
            return stepped(from: get(recipe), within: bounds, up: up).map { String(Int($0)) }
        case .number(let range):
            return stepped(from: get(recipe), within: range, up: up).map(NumberText.shortest)
        case .shareOrFile:
            return stepped(from: get(recipe), within: 0...0.95, up: up).map(NumberText.shortest)
        case .text, .path, .words, .texts, .numbers, .patterns: return nil
        }
    }

    private func stepped(from value: RecipeValue, within range: ClosedRange<Double>, up: Bool) -> Double? {
        let now: Double
        switch value {
        case .integer(let whole): now = Double(whole)
        case .number(let number): now = number
        case .none: return up ? max(range.lowerBound, firstStep) : nil
        case .text, .flag, .list, .numbers, .patterns: return nil
        }
        var next = now
        switch steps {
        case .none, .cycle: return nil
        case .linear(let size):
            // Through the grid of multiples, so that 0.03 + 0.01 shows as 0.04 and not as 0.039999….
            let slot = now / size
            next = (up ? (slot + 1e-9).rounded(.down) + 1 : (slot - 1e-9).rounded(.up) - 1) * size
            next = (next * 1e9).rounded() / 1e9
        case .doubling:
            var power = 1.0
            while power <= now { power *= 2 }
            if up { next = power } else { next = power / 2 < now ? power / 2 : power / 4 }
            if next < 1 { next = 0 }
        case .oneTwoFive: next = Self.oneTwoFive(beside: now, up: up, smallest: range.lowerBound)
        case .ladder(let rungs):
            let beyond = up ? rungs.first { $0 > now * (1 + 1e-9) } : rungs.last { $0 < now * (1 - 1e-9) }
            guard let beyond else { return nil }
            next = beyond
        }
        next = min(max(next, range.lowerBound), range.upperBound)
        return next == now ? nil : next
    }

    private var firstStep: Double {
        switch steps {
        case .ladder(let rungs): rungs.first ?? 1
        case .oneTwoFive: 100
        case .none, .cycle, .linear, .doubling: 1
        }
    }

    private static func oneTwoFive(beside value: Double, up: Bool, smallest: Double) -> Double {
        guard value > 0 else { return up ? max(smallest, 1) : value }
        var decade = 1e-12
        var before = 0.0
        while decade < 1e15 {
            for digit in [1.0, 2, 5] {
                // The text of the product is what is meant: 5 * 1e-5 is 5.000000000000001e-05 in binary.
                let rung = NumberText.number(NumberText.shortest((digit * decade * 1e15).rounded() / 1e15)) ?? 0
                if up, rung > value * (1 + 1e-9) { return rung }
                if !up, rung >= value * (1 - 1e-9) { return before >= smallest ? before : smallest }
                before = rung
            }
            decade = decade < 1 ? 1 / (1 / decade / 10).rounded() : decade * 10
        }
        return value
    }

    private func input(from text: String) throws(RecipeProblem) -> RecipeInput {
        let trimmed = text.trimmingSpaces()
        if trimmed.isEmpty, absence != nil { return .null }
        switch kind {
        case .words, .numbers:
            if trimmed.hasPrefix("[") { return try RecipeInput(yaml: trimmed, key: key) }
            return .list(trimmed.split(separator: ",").map { $0.trimmingSpaces() }.filter { !$0.isEmpty })
        case .patterns:
            if trimmed.hasPrefix("{") { return try RecipeInput(yaml: trimmed, key: key) }
            return .pairs(try Self.pairs(trimmed, key: key))
        case .texts:
            if trimmed.hasPrefix("[") { return try RecipeInput(yaml: trimmed, key: key) }
            return .list(text.split(separator: "\n").map(String.init).filter { !$0.trimmingSpaces().isEmpty })
        case .text, .path, .choice, .integer, .number, .flag, .shareOrFile: return .scalar(trimmed)
        }
    }
}
