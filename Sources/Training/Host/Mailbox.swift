import Dispatch
import Synchronization

/// Letters to the engine's thread, in order. Any thread posts; only the engine takes.
final class Mailbox<Letter: Sendable>: Sendable {
    private struct Content {
        var letters: [Letter] = []
        var isClosed = false
    }
    private let content = Mutex(Content())
    private let arrival = DispatchSemaphore(value: 0)

    /// False when the box is closed and nobody will read the letter.
    @discardableResult
    func post(_ letter: Letter) -> Bool {
        let taken = content.withLock { content in
            if !content.isClosed { content.letters.append(letter) }
            return !content.isClosed
        }
        if taken { arrival.signal() }
        return taken
    }

    func close() {
        content.withLock { $0.isClosed = true }
        arrival.signal()
    }

    /// The next letter, or nil at once when there is none.
    func takeIfAny() -> Letter? {
        content.withLock { $0.letters.isEmpty ? nil : $0.letters.removeFirst() }
    }

    /// Waits for the next letter; nil once the box is closed and empty.
    func take() -> Letter? {
        while true {
            let (letter, isClosed) = content.withLock { content in
                (content.letters.isEmpty ? nil : content.letters.removeFirst(), content.isClosed)
            }
            if let letter { return letter }
            if isClosed { return nil }
            arrival.wait()
        }
    }

    /// Whether any waiting letter satisfies `condition`; the letters stay.
    func contains(_ condition: (Letter) -> Bool) -> Bool {
        content.withLock { $0.letters.contains(where: condition) }
    }

    var isClosed: Bool { content.withLock { $0.isClosed } }
}
