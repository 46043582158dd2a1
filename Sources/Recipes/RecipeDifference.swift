/// A field that two recipes have different values for.
public struct RecipeDifference: Sendable, Equatable {
    public var key: String
    public var title: String
    /// Empty when absent.
    public var old: String
    public var new: String

    public init(key: String, title: String, old: String, new: String) {
        self.key = key
        self.title = title
        self.old = old
        self.new = new
    }
}

extension Recipe {
    /// What changed from `old` to this recipe, in the order of the catalogue.
    public func differences(from old: Recipe) -> [RecipeDifference] {
        RecipeField.all.compactMap { field in
            let (before, after) = (field.value(in: old), field.value(in: self))
            guard before != after else { return nil }
            return RecipeDifference(key: field.key, title: field.title, old: before.text, new: after.text)
        }
    }
}
