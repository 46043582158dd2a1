import ArgumentParser
import CTerminal
import Foundation
import Tensors

@main
struct FTBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ftbench",
        abstract: "A terminal workbench for fine-tuning language models.",
        discussion: """
            Without a subcommand it opens the workbench. Every command takes --json for scripts and --workspace for
            the folder that keeps data sets, runs and votes.
            """,
        version: Version.text,
        subcommands: [
            OpenCommand.self, DemoCommand.self, DoctorCommand.self, ModelsCommand.self, TokenizeCommand.self,
            DetokenizeCommand.self, RenderCommand.self, ScoreCommand.self, GenerateCommand.self, DataCommand.self,
            RecipeCommand.self, PlanCommand.self, TrainCommand.self, RunsCommand.self, ExportCommand.self,
            BenchCommand.self,
        ],
        defaultSubcommand: OpenCommand.self)

    /// Wrong usage ends with 64, any other failure with 1 and one message, an interruption with 130.
    static func main() {
        ignoreBrokenPipe()
        MemoryRefusal.before(cterminal_guard_restore)
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let error as Failure {
            Output.standardError("ftbench: \(error.message)")
            Self.exit(withError: ExitCode(error.status))
        } catch  where Self.exitCode(for: error) == .failure && !(error is ExitCode) {
            Output.standardError("ftbench: \(Failure.text(of: error))")
            Self.exit(withError: ExitCode.failure)
        } catch {
            Self.exit(withError: error)
        }
    }

    /// `ftbench … | head` should end, not die of a signal in the middle of a write.
    private static func ignoreBrokenPipe() { signal(SIGPIPE, SIG_IGN) }
}

enum Version {
    static let text = "0.1.0"
}
