import Foundation
import Runs
import TerminalUI

/// What every screen may know of the rest of the workbench; read-only to it.
struct ScreenContext: Sendable {
    var width: Int
    var height: Int
    var now: Date
    /// The live run, wherever it runs.
    var run: RunSnapshot?
    /// Counts up with every tick; for spinners.
    var frame: Int
}

/// A screen is a value: keys and messages change it and yield effects; drawing reads it.
protocol ScreenState: Sendable {
    associatedtype Action: Sendable

    /// Every key of this screen; help, hints and the palette are made from it.
    static var keys: KeyTable<Self, Action> { get }
    /// The keys in force: those of a sheet while one is open.
    var activeKeys: KeyTable<Self, Action> { get }
    /// Hints while a text field has the keys.
    var typingHints: [HintItem] { get }

    /// Called when the screen comes to the front, also at start.
    mutating func appear(_ context: ScreenContext) -> [Effect]
    mutating func perform(_ action: Action, _ context: ScreenContext) -> [Effect]
    /// Gets every key before the tables while it answers true (a text field is open).
    var capturesKeys: Bool { get }
    mutating func type(_ key: Key, _ context: ScreenContext) -> [Effect]
    /// Esc when nothing else wants it: leave a detail, clear a filter.
    mutating func back(_ context: ScreenContext) -> [Effect]
    /// An answer to `Effect.prompt`.
    mutating func answer(_ purpose: Prompt.Purpose, _ text: String?, _ context: ScreenContext) -> [Effect]
    /// The text for `y`.
    var copyText: String? { get }
    /// Right end of the message line: where one is, `12/300`.
    var position: String { get }
    /// Shown in the message line when no notice is: one line about the state.
    var summary: String { get }
    /// Draws the panes in `area`; returns where the cursor of a text field stands.
    func draw(in area: Rect, of grid: inout CellGrid, _ context: ScreenContext) -> CellPosition?
}

extension ScreenState {
    var activeKeys: KeyTable<Self, Action> { Self.keys }
    var typingHints: [HintItem] {
        [HintItem(keys: "Enter", short: "accept", rank: 0), HintItem(keys: "Esc", short: "cancel", rank: 0)]
    }
    mutating func appear(_ context: ScreenContext) -> [Effect] { [] }
    var capturesKeys: Bool { false }
    mutating func type(_ key: Key, _ context: ScreenContext) -> [Effect] { [] }
    mutating func back(_ context: ScreenContext) -> [Effect] { [] }
    mutating func answer(_ purpose: Prompt.Purpose, _ text: String?, _ context: ScreenContext) -> [Effect] { [] }
    var copyText: String? { nil }
    var position: String { "" }
    var summary: String { "" }
}

/// Effects of the whole workbench. A screen's own `Effect` hides the name within it.
typealias Effects = [Effect]

extension KeyTable {
    /// What the action named `id` is, for the palette, which has checked already that it is not refused.
    func action(id: String) -> Action? { bindings.first { $0.id == id }?.action }
}
