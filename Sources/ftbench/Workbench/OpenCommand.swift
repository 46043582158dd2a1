import ArgumentParser
import CTerminal
import CursesDriver
import Foundation
import Records
import Tensors
import TerminalUI

/// Opens the workbench.
struct OpenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "open", abstract: "Open the workbench (also without a subcommand).")

    @OptionGroup var options: CommonOptions
    @Argument(help: "A data file to open.") var file: String?
    @Option(help: "Theme: terminal, dark, light, high-contrast, deuteranopia, tritanopia, mono.") var theme: String?
    @Flag(help: "Draw with ASCII characters only.") var ascii = false

    func validate() throws {
        guard let file, !FileManager.default.fileExists(atPath: CommonOptions.absolute(file)) else { return }
        throw ValidationError(
            "'\(file)' is neither a command nor a file. See: ftbench help")
    }

    func run() throws {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
            throw Failure("The workbench needs a terminal; without one, run: ftbench demo")
        }
        // Before any thread: from here on the program runs in a child, so that the screen can close while the
        // child trains on, and the shell gets its prompt back.
        let status = cterminal_supervise()
        if status >= 0 { throw ExitCode(status) }
        options.applyThreads()
        let workspace = try options.openWorkspace()
        var terminalOptions = TerminalOptions()
        if ascii { terminalOptions.glyphs = .ascii }
        // Training takes every core; a key press must not wait for it.
        Processor.setWorkerNiceness(10)
        let program = try WorkbenchProgram(workspace: workspace, terminalOptions: terminalOptions, theme: theme)
        try program.run(opening: file.map(CommonOptions.absolute))
    }
}
