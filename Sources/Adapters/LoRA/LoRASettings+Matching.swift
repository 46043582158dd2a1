/// Which modules a configuration adapts, by PEFT's rules: a name counts when it is the whole key or its end from a dot
/// on; a pattern must match the whole key; `modules_to_save`, then exclusions go before targets.
///
/// - Source: `check_target_module_exists` and `get_pattern_key` of PEFT 0.21.
extension LoRASettings {
    /// Whether the projection, table or head at that key is adapted; a table or head (`isHead`) is no target of
    /// all-linear. A pattern that is none matches nothing; `checkPatterns` tells.
    public func targets(_ key: String, isHead: Bool = false) -> Bool {
        if excluded?.names(key) == true || isSaved(key) { return false }
        switch targets {
        case .allLinear: return !isHead
        case .pattern: return targets.names(key)
        case .modules(let names):
            // Named in full, a module is a target in any layer.
            return names.contains(key) || (targets.names(key) && isInLayers(key))
        }
    }

    /// A module within one that is saved as a whole is never adapted.
    private func isSaved(_ key: String) -> Bool {
        modulesToSave.contains { name in
            guard let pattern = try? PythonPattern("(^|.*\\.)\(name)($|\\..*)") else { return false }
            return pattern.matchesWhole(key)
        }
    }

    private func isInLayers(_ key: String) -> Bool {
        guard let layers, !layers.isEmpty else { return true }
        let parts = key.split(separator: ".", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() where index > 0 && index < parts.count - 1 {
            guard !part.isEmpty, part.allSatisfy({ $0.isASCII && $0.isNumber }) else { continue }
            let before = parts[..<index].joined(separator: ".")
            let fits =
                layersPattern.isEmpty
                ? index >= 2
                : layersPattern.contains {
                    (try? PythonPattern("(?:|.*\\.)(?:\($0))"))?.matchesWhole(before) == true
                }
            if fits { return Int(part).map(layers.contains) ?? false }
        }
        return false
    }

    /// Whether the weight at a checkpoint key is trained whole, as a module that `modulesToSave` names or within one.
    public func savesWhole(_ key: String) -> Bool {
        guard !modulesToSave.isEmpty, let dot = key.lastIndex(of: ".") else { return false }
        let parts = key[..<dot].split(separator: ".")
        return modulesToSave.contains { name in
            parts.indices.contains { parts[...$0].joined(separator: ".").hasSuffix(name) }
        }
    }

    /// R of the module at `key`.
    public func rank(of key: String) -> Int { rankPattern.first(for: key) ?? rank }
    func alpha(of key: String) -> Double { alphaPattern.first(for: key) ?? alpha }

    /// What the update of the module at `key` is multiplied with.
    public func scale(of key: String) -> Float {
        let rank = Double(rank(of: key))
        return Float(alpha(of: key) / (isRankStabilized ? rank.squareRoot() : rank))
    }

    /// Every pattern in the settings with the name of its field, for a check before they are used.
    var patterns: [(field: String, text: String)] {
        var result: [(String, String)] = []
        if case .pattern(let text) = targets { result.append(("target_modules", text)) }
        if case .pattern(let text)? = excluded { result.append(("exclude_modules", text)) }
        result += modulesToSave.map { ("modules_to_save", $0) } + layersPattern.map { ("layers_pattern", $0) }
        result += rankPattern.entries.map { ("rank_pattern", $0.pattern) }
        result += alphaPattern.entries.map { ("alpha_pattern", $0.pattern) }
        return result
    }

    /// - Throws: `AdapterError.badValue` for a pattern that is none.
    public func checkPatterns(file: String) throws(AdapterError) {
        for (field, text) in patterns {
            do {
                _ = try PythonPattern(text)
            } catch {
                throw .badValue(file: file, key: field, problem: "holds the pattern '\(text)', but \(error.reason)")
            }
        }
    }
}

extension LoRASettings.Targets {
    func names(_ key: String) -> Bool {
        switch self {
        case .allLinear: true
        case .modules(let names): names.contains { key == $0 || key.hasSuffix("." + $0) }
        case .pattern(let text): (try? PythonPattern(text))?.matchesWhole(key) == true
        }
    }
}

extension OrderedPatterns {
    /// The value of the first pattern that matches the end of the name from a dot on.
    func first(for key: String) -> Value? {
        for (pattern, value) in entries {
            if key == pattern { return value }
            guard let expression = try? PythonPattern("(.*\\.)?(\(pattern))$") else { continue }
            if expression.matchesWhole(key) { return value }
        }
        return nil
    }
}
