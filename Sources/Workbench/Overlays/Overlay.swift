import TerminalUI

/// What lies over a screen; while one is open it gets every key.
enum Overlay: Sendable {
    case help(HelpState)
    case palette(PaletteState)
    case log(scroll: Int)
    case question(Question)
    case prompt(PromptState)
    case export(ExportSheet)
}

struct HelpState: Sendable {
    var filter = TextField()
    /// Among the lines that pass the filter.
    var selected = 0
}

struct PromptState: Sendable {
    var prompt: Prompt
    var field: TextField
    init(_ prompt: Prompt) {
        self.prompt = prompt
        field = TextField(prompt.text)
    }
}

/// Every action by name, screen first, filtered as one types.
struct PaletteState: Sendable {
    var items: [PaletteEntry]
    var query = TextField()
    var selected = 0
}

struct PaletteEntry: Sendable {
    enum Origin: Sendable { case screen, global }
    var origin: Origin
    var id: String
    var title: String
    var keys: String
    /// Why it cannot be used now.
    var refusal: String?
}
