import ArgumentParser

/// Measures this machine.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure this machine: products, attention, training, decoding, tokenizers, the screen.",
        discussion: """
            Figures hold for the machine as it is now: with anything else at work on it they are too low. `bench step`
            reports in other_cpu how many processors were busy with something else.
            """,
        subcommands: [
            GEMMBench.self, AttentionBench.self, StepBench.self, EpochBench.self, DecodeBench.self, TokenizeBench.self,
            ScalingBench.self, StartBench.self, ScreenBench.self,
        ])
}
