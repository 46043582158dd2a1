import Recipes

/// A new recipe begins with values that fit its model and its data set.
extension RecipeScreen {
    /// What the preset list offers: what fits comes first.
    var presets: [RecipePreset] { (starting.map { [$0.preset] } ?? []) + RecipePreset.all }

    /// Values that fit and that the recipe has.
    var valuesThatFit: [(field: RecipeField, value: StartingValues.Value)] {
        (starting?.values ?? []).compactMap { value in
            guard let field = RecipeField.named(value.key), field.text(in: recipe) == value.text else { return nil }
            return (field, value)
        }
    }

    /// From here on the recipe is compared with one that a person chose, and keeps its values.
    mutating func begin(from made: Recipe, named name: String) {
        origin = (name, made)
        followsStart = false
        keepsValues = false
        isFitting = false
    }

    /// Asks for the values that fit the model and the data set of the recipe.
    mutating func fit() -> Effects {
        starting = nil
        isFitting = followsStart && !keepsValues && !recipe.model.isEmpty && !recipe.data.train.isEmpty
        guard !recipe.model.isEmpty, !recipe.data.train.isEmpty else { return [] }
        return [.recipe(.fit(model: recipe.model, data: recipe.data.train))]
    }

    /// Takes the values into the fields that nobody changed. That is no step to undo: `*` and `=` compare with it.
    mutating func take(_ values: StartingValues?, model: String, data: String) -> Effects {
        guard model == recipe.model, data == recipe.data.train else { return [] }
        isFitting = false
        starting = values
        guard followsStart, let values else { return [] }
        let blank = Recipe(model: "", data: .init(train: ""))
        let next = keepsValues ? recipe : values.applied(to: recipe, where: origin.recipe)
        keepsValues = false
        origin = (values.values.isEmpty ? "the defaults" : "what fits", values.applied(to: blank, where: blank))
        guard next != recipe else { return [] }
        return replace(by: next)
    }
}
