import Synchronization
import Workbench

/// Messages from every thread for the one that owns the screen.
final class Inbox: Sendable {
    private let waiting = Mutex<[Message]>([])
    private let wake: @Sendable () -> Void

    init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

    func post(_ message: Message) {
        waiting.withLock { $0.append(message) }
        wake()
    }

    func take() -> [Message] {
        waiting.withLock { messages in
            defer { messages = [] }
            return messages
        }
    }
}
