import Recipes
import Testing

@Suite struct ReadingTests {
    let full = """
        model: sample-data/base-model
        data:
          train: sample-data/triage.jsonl      # or NAME@VERSION in the workspace
          validation: 0.1                      # share, or a file
          train_on: answers                    # everything | answers | last_answer
          too_long: drop                       # drop | truncate | split | stop
        method: lora
        lora: {r: 16, alpha: 32, dropout: 0.05, target_modules: all-linear}
        optimizer: {name: adamw, learning_rate: 2.0e-4, weight_decay: 0.0, betas: [0.9, 0.999], epsilon: 1.0e-8, max_grad_norm: 1.0}
        schedule: {name: cosine, warmup_ratio: 0.03}
        batch: {micro_batch_size: 4, gradient_accumulation_steps: 2, sequence_length: 512, packing: true}
        precision: fp32
        gradient_checkpointing: none
        epochs: 3
        seed: 42
        evaluation: {every_steps: 20, prompts: ["Hi, you"]}
        checkpoints: {every_steps: 50, keep: 2}
        """

    @Test func readsTheDocumentedRecipe() throws {
        let reading = Recipe.read(yaml: full)
        #expect(reading.problems.isEmpty)
        let recipe = try reading.validated()
        var wanted = Recipe(
            model: "sample-data/base-model", data: Recipe.DataSection(train: "sample-data/triage.jsonl"))
        wanted.evaluation.prompts = ["Hi, you"]
        #expect(recipe == wanted)
    }

    @Test func everythingButModelAndTrainHasADefault() throws {
        let recipe = try Recipe.read(yaml: "model: m\ndata: {train: d.jsonl}").validated()
        #expect(recipe == Recipe(model: "m", data: Recipe.DataSection(train: "d.jsonl")))
    }

    @Test func reportsEveryProblemAtOnceWithItsLine() {
        let reading = Recipe.read(
            yaml: """
                model: m
                data:
                  train: d.jsonl
                  validaton: 0.1
                optimizer:
                  learning_rat: 1e-4
                  weight_decay: high
                lora: 16
                batch: {sequence_length: 4, packing: perhaps}
                metod: lora
                precision: fp23
                epochs:
                """)
        #expect(reading.recipe == nil)
        let texts = reading.problems.map(\.description)
        #expect(
            texts == [
                "line 4: data.validaton: there is no such key. Did you mean data.validation?",
                "line 6: optimizer.learning_rat: there is no such key. Did you mean optimizer.learning_rate?",
                "line 7: optimizer.weight_decay: \"high\" is not a number. Write a number.",
                "line 8: lora: it is a section with keys of its own. Write it as `lora: {r: 16}`.",
                "line 9: batch.sequence_length: 4 is out of range. Use a whole number, 8 to 1048576.",
                "line 9: batch.packing: \"perhaps\" is not true or false. Write true or false.",
                "line 10: metod: there is no such key. Did you mean method?",
                "line 11: precision: \"fp23\" is not known here. Use one of fp32, bf16. Did you mean fp32?",
                "line 12: epochs: it has no value. Write a number, or remove the line for the default.",
            ])
    }

    @Test func missingNeededFieldsAreNamed() {
        let keys = Recipe.read(yaml: "method: lora").problems.map(\.key)
        #expect(keys == ["model", "data.train"])
    }

    @Test(arguments: ["1e-5", "1.0e-5", "0.00001", "1E-5", "+1e-5"])
    func exponentsAreNumbers(text: String) throws {
        let recipe = try Recipe.read(yaml: "{model: m, data: {train: d}, optimizer: {learning_rate: \(text)}}")
            .validated()
        #expect(recipe.optimizer.learningRate == 1e-5)
    }

    @Test(arguments: ["nan", ".nan", "inf", ".inf", "-1e-5", "0x10", "1e999", "[1]", "{a: 1}", "true", "''"])
    func whatIsNoRateIsRefused(text: String) {
        let reading = Recipe.read(yaml: "{model: m, data: {train: d}, optimizer: {learning_rate: \(text)}}")
        #expect(reading.problems.map(\.key) == ["optimizer.learning_rate"])
    }

    @Test func brokenYAMLNamesTheLine() {
        let reading = Recipe.read(yaml: "model: m\ndata: {train: d\nmethod: lora")
        #expect(reading.recipe == nil)
        #expect(reading.problems.first?.line != nil)
    }

    @Test func duplicateKeysAreRefused() {
        let reading = Recipe.read(yaml: "model: m\nmodel: n\ndata: {train: d}")
        #expect(reading.recipe == nil)
        #expect(reading.problems.first?.description.contains("model") == true)
    }

    @Test(arguments: ["", "- a\n- b", "just text", "\u{0}", "&a [*a]"])
    func whatIsNoRecipeIsRefused(text: String) {
        #expect(Recipe.read(yaml: text).recipe == nil)
    }

    @Test func validationIsAShareOrAFile() throws {
        let share = try Recipe.read(yaml: "{model: m, data: {train: d, validation: 0.25}}").validated()
        #expect(share.data.validation == .share(0.25))
        let file = try Recipe.read(yaml: "{model: m, data: {train: d, validation: v.jsonl}}").validated()
        #expect(file.data.validation == .file("v.jsonl"))
        #expect(Recipe.read(yaml: "{model: m, data: {train: d, validation: 1.5}}").recipe == nil)
        #expect(Recipe.read(yaml: "{model: m, data: {train: d, validation: d}}").recipe == nil)
    }

    @Test func bf16IsTakenWithANote() {
        let reading = Recipe.read(yaml: "{model: m, data: {train: d}, precision: bf16}")
        #expect(reading.recipe?.precision == .bf16)
        #expect(reading.problems.map(\.severity) == [.note])
    }

    @Test func overridesWinAndRepairWhatTheFileHasWrong() throws {
        let yaml = "{model: m, data: {train: d}, optimizer: {learning_rate: much}}"
        let recipe = try Recipe.read(
            yaml: yaml,
            overrides: [
                "optimizer.learning_rate=1e-4", "lora.target_modules=q_proj,v_proj", "max_steps=12",
                "evaluation.prompts=[\"a, b\", c]", "name=x=y".replacing("=y", with: "-y"),
            ]
        ).validated()
        #expect(recipe.optimizer.learningRate == 1e-4)
        #expect(recipe.lora.targetModules == ["q_proj", "v_proj"])
        #expect(recipe.maxSteps == 12)
        #expect(recipe.evaluation.prompts == ["a, b", "c"])
        #expect(recipe.name == "x-y")
    }

    @Test func badOverridesAreNamed() {
        let base = Recipe(model: "m", data: Recipe.DataSection(train: "d"))
        #expect {
            try base.overridden(by: ["learning_rate=1", "epochs", "seed=-1"])
        } throws: { error in
            let text = (error as? RecipeProblems)?.description ?? ""
            return text.contains("Did you mean optimizer.learning_rate?") && text.contains("key=value")
                && text.contains("seed: -1 is out of range")
        }
    }

    @Test func aFileThatIsNotThereIsAProblem() {
        let reading = Recipe.load(path: "/nonexistent/recipe.yaml")
        #expect(reading.problems.first?.description.contains("there is no such file") == true)
    }
}
