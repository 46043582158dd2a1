/// A set of Unicode scalars as a pattern states it: ranges, categories, other sets, possibly negated.
struct ScalarSet: Sendable {
    enum Item: Sendable {
        case range(UInt32, UInt32)
        case categories(UInt32)
        /// Any of the bits of `UnicodeData`.
        case flags(UInt32)
        case script(UInt8)
        /// A property that only the standard library knows.
        case property(@Sendable (Unicode.Scalar.Properties) -> Bool)
        case nested(ScalarSet)
        /// The scalars that are in every one of the sets (`[a&&b]`).
        case intersection([ScalarSet])
    }

    private var items: [Item]
    private var isNegated: Bool
    private var ignoresCase: Bool
    /// The answer for ASCII, computed once.
    private var ascii: (low: UInt64, high: UInt64) = (0, 0)

    init(_ items: [Item], isNegated: Bool = false, ignoresCase: Bool = false) {
        self.items = items
        self.isNegated = isNegated
        self.ignoresCase = ignoresCase
        for value in UInt32(0)..<128 where evaluate(value) {
            if value < 64 { ascii.low |= 1 << UInt64(value) } else { ascii.high |= 1 << UInt64(value - 64) }
        }
    }

    init(scalar: UInt32, ignoresCase: Bool = false) {
        self.init([.range(scalar, scalar)], ignoresCase: ignoresCase)
    }

    var negated: ScalarSet { ScalarSet(items, isNegated: !isNegated, ignoresCase: ignoresCase) }

    @inline(__always)
    func contains(_ value: UInt32) -> Bool {
        if value < 64 { return ascii.low >> UInt64(value) & 1 != 0 }
        if value < 128 { return ascii.high >> UInt64(value - 64) & 1 != 0 }
        return evaluate(value)
    }

    private func evaluate(_ value: UInt32) -> Bool {
        if holds(value) { return !isNegated }
        if ignoresCase, let scalar = Unicode.Scalar(value) {
            let lower = Self.single(scalar.properties.lowercaseMapping)
            let upper = Self.single(scalar.properties.uppercaseMapping)
            for other in [lower, upper] {
                guard let other, other.value != value else { continue }
                // The long s folds to s only by way of its capital.
                if holds(other.value) { return !isNegated }
                if let back = Self.single(other.properties.lowercaseMapping), holds(back.value) { return !isNegated }
            }
        }
        return isNegated
    }

    private static func single(_ mapping: String) -> Unicode.Scalar? {
        let scalars = mapping.unicodeScalars
        return scalars.count == 1 ? scalars.first : nil
    }

    private func holds(_ value: UInt32) -> Bool {
        for item in items {
            switch item {
            case .range(let low, let high): if value >= low, value <= high { return true }
            case .categories(let mask): if UnicodeTable.shared.mask(value) & mask != 0 { return true }
            case .flags(let bits): if UnicodeTable.shared.has(bits, value) { return true }
            case .script(let script): if ScriptTable.shared[value] == script { return true }
            case .property(let test):
                if let scalar = Unicode.Scalar(value), test(scalar.properties) { return true }
            case .nested(let set): if set.contains(value) { return true }
            case .intersection(let sets): if sets.allSatisfy({ $0.contains(value) }) { return true }
            }
        }
        return false
    }
}
