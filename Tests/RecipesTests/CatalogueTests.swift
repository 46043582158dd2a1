import Foundation
import Recipes
import Testing

@Suite struct CatalogueTests {
    static let base = Recipe(model: "a model", data: Recipe.DataSection(train: "d.jsonl"))

    @Test func writtenRecipesReadBackTheSame() throws {
        var recipe = Self.base
        recipe.evaluation.prompts = [
            "yes", "two, words", "quote \" and \\ and #", "line\nbreak", "日本語 🙂", "\u{200B}\u{7}", "- a", "1e5", "",
            "2026-01-01",
        ]
        recipe.optimizer.learningRate = 3.3e-7
        recipe.maxSteps = 7
        recipe.name = "true"
        recipe.data.validation = .file("held out.jsonl")
        recipe.lora.targetModules = ["q_proj", "v_proj"]
        recipe.lora.useDoRA = true
        recipe.lora.modulesToSave = ["lm_head"]
        recipe.lora.rankPattern = [.init("q_proj", 8), .init(#"layers\.\d{1,2}\.(k|v)_proj: "x""#, 4)]
        recipe.lora.alphaPattern = [.init("true", 0.5)]
        for comments in [true, false] {
            let reading = Recipe.read(yaml: recipe.yaml(comments: comments))
            #expect(reading.problems.filter { $0.severity == .error }.isEmpty)
            #expect(reading.recipe == recipe)
        }
        #expect(try Recipe.read(yaml: Self.base.yaml()).validated() == Self.base)
    }

    @Test func patternsAreTypedAndReadInEitherForm() throws {
        let field = try #require(RecipeField.named("lora.rank_pattern"))
        var recipe = Self.base
        try field.set("q_proj: 8, mlp.down_proj: 32", in: &recipe)
        #expect(recipe.lora.rankPattern == [.init("q_proj", 8), .init("mlp.down_proj", 32)])
        #expect(field.text(in: recipe) == "q_proj: 8, mlp.down_proj: 32")
        try field.set(#"{"a{1,2}": 4, b: 2}"#, in: &recipe)
        #expect(recipe.lora.rankPattern == [.init("a{1,2}", 4), .init("b", 2)])
        try field.set(field.text(in: recipe), in: &recipe)
        #expect(recipe.lora.rankPattern.count == 2)
        let yaml = "model: m\ndata: {train: d}\nlora: {alpha_pattern: {o_proj: 0.5}, modules_to_save: [lm_head]}"
        let read = try Recipe.read(yaml: yaml, overrides: ["lora.rank_pattern={v_proj: 3}"]).validated()
        #expect(read.lora.alphaPattern == [.init("o_proj", 0.5)] && read.lora.modulesToSave == ["lm_head"])
        #expect(read.lora.rankPattern == [.init("v_proj", 3)])
        field.reset(in: &recipe)
        #expect(recipe.lora.rankPattern.isEmpty)
        for wrong in ["q_proj", "q_proj: 0", "q_proj: 1.5", "q_proj: x", ": 4", "a: 2, a: 3"] {
            #expect(throws: RecipeProblem.self, "\(wrong)") { try field.set(wrong, in: &recipe) }
        }
        let bad = Recipe.read(yaml: "model: m\ndata: {train: d}\nlora: {r: {a: 1}, target_modules: {a: 1}}")
        #expect(bad.problems.filter { $0.severity == .error }.map(\.key) == ["lora.r", "lora.target_modules"])
    }

    @Test func everyWrittenFieldHasACommentAbove() {
        let lines = Self.base.yaml().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for field in RecipeField.all {
            let prefix = (field.section == nil ? "" : "  ") + field.name + ":"
            let at = lines.firstIndex { $0.hasPrefix(prefix) }
            #expect(at.map { lines[$0 - 1].contains("#") } == true, "\(field.key)")
        }
        #expect(lines.allSatisfy { $0.count <= 100 })
    }

    @Test func textsReadBackAsTheSameValue() throws {
        for field in RecipeField.all {
            var copy = Self.base
            try field.set(field.text(in: Self.base), in: &copy)
            #expect(copy == Self.base, "\(field.key)")
        }
    }

    @Test func steppingStaysInRangeAndIsTaken() throws {
        for field in RecipeField.all {
            for direction in [1, -1] {
                var recipe = Self.base
                for _ in 0..<60 {
                    guard let next = field.stepped(in: recipe, by: direction) else { break }
                    try field.set(next, in: &recipe)
                }
            }
        }
    }

    @Test func learningRateStepsThroughOneTwoFive() throws {
        let field = try #require(RecipeField.named("optimizer.learning_rate"))
        var recipe = Self.base
        var seen: [String] = []
        for _ in 0..<5 {
            try field.set(try #require(field.stepped(in: recipe, by: 1)), in: &recipe)
            seen.append(field.text(in: recipe))
        }
        #expect(seen == ["5e-4", "0.001", "0.002", "0.005", "0.01"])
        seen = []
        for _ in 0..<8 {
            try field.set(try #require(field.stepped(in: recipe, by: -1)), in: &recipe)
            seen.append(field.text(in: recipe))
        }
        #expect(seen == ["0.005", "0.002", "0.001", "5e-4", "2e-4", "1e-4", "5e-5", "2e-5"])
        recipe.optimizer.learningRate = 3e-4
        #expect(field.stepped(in: recipe, by: 1) == "5e-4")
        #expect(field.stepped(in: recipe, by: -1) == "2e-4")
    }

    @Test func ranksDouble() throws {
        let field = try #require(RecipeField.named("lora.r"))
        #expect(field.stepped(in: Self.base, by: 1) == "32")
        #expect(field.stepped(in: Self.base, by: -1) == "8")
        var odd = Self.base
        odd.lora.r = 12
        #expect(field.stepped(in: odd, by: 1) == "16")
        #expect(field.stepped(in: odd, by: -1) == "8")
    }

    @Test func absentNumbersStepInAndCanBeCleared() throws {
        let field = try #require(RecipeField.named("max_steps"))
        var recipe = Self.base
        try field.set(try #require(field.stepped(in: recipe, by: 1)), in: &recipe)
        #expect(recipe.maxSteps == 100)
        field.reset(in: &recipe)
        #expect(recipe.maxSteps == nil)
    }

    @Test func resetGivesTheDefaultBack() {
        var recipe = RecipePreset.all.reduce(Self.base) { $1.applied(to: $0) }
        recipe.name = "x"
        for field in RecipeField.all { field.reset(in: &recipe) }
        #expect(recipe == Self.base)
    }

    @Test func presetsChangeWhatTheyName() {
        for preset in RecipePreset.all {
            for change in preset.changes {
                let field = RecipeField.named(change.key)
                #expect(field != nil, "\(preset.name): \(change.key)")
                #expect(field?.problem(with: change.text, in: Self.base) == nil, "\(preset.name): \(change.key)")
            }
        }
        #expect(RecipePreset.named("full-small")?.applied(to: Self.base).method == .full)
    }

    @Test func differencesNameFieldOldAndNew() {
        var new = Self.base
        new.optimizer.learningRate = 5e-5
        new.maxSteps = 10
        #expect(
            new.differences(from: Self.base) == [
                RecipeDifference(key: "optimizer.learning_rate", title: "Learning rate", old: "2e-4", new: "5e-5"),
                RecipeDifference(key: "max_steps", title: "Steps", old: "", new: "10"),
            ])
    }

    @Test(arguments: [
        (2e-4, "2e-4"), (1e-5, "1e-5"), (1.25e-7, "1.25e-7"), (0.05, "0.05"), (3, "3"), (0, "0"), (0.001, "0.001"),
        (-2.5e-4, "-2.5e-4"), (1e20, "1e20"), (1e-8, "1e-8"), (0.9, "0.9"),
    ])
    func numbersAreShortAndReadBack(value: Double, text: String) {
        #expect(NumberText.shortest(value) == text)
        #expect(NumberText.number(text) == value)
    }

    @Test func relativePathsAreFoundBesideTheRecipe() throws {
        let folder = NSTemporaryDirectory() + "recipes-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data().write(to: URL(fileURLWithPath: folder + "/d.jsonl"))
        let found = Self.base.resolvingPaths(recipeFolder: folder)
        #expect(found.data.train.hasSuffix("/d.jsonl"))
        #expect(found.data.train.hasPrefix("/"))
        #expect(found.model == "a model")
    }

    @Test func theReferenceNamesEveryField() {
        let text = RecipeReference.markdown()
        #expect(RecipeField.all.allSatisfy { text.contains("`\($0.key)`") })
    }
}
