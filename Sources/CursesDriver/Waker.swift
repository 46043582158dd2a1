import CTerminal
import Glibc

/// Wakes the event loop from any thread: a byte in a pipe that the loop polls beside the keyboard.
public final class Waker: Sendable {
    let readEnd: Int32
    let writeEnd: Int32

    init() throws(TerminalError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .noPipe(String(cString: strerror(errno))) }
        readEnd = ends[0]
        writeEnd = ends[1]
        for end in ends where cterminal_prepare_pipe_end(end) != 0 {
            throw .noPipe(String(cString: strerror(errno)))
        }
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// Makes `nextEvent` return `.wake` soon. Calls that come faster than the loop runs become one. Does not block, and
    /// is safe in a signal handler.
    public func wake() {
        var byte = UInt8(CTERMINAL_WAKE)
        // A full pipe is no loss: the loop will wake anyway.
        _ = write(writeEnd, &byte, 1)
    }

    /// The bytes sent since the last call.
    func drain() -> [UInt8] {
        var received: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 256)
        while true {
            let count = read(readEnd, &chunk, chunk.count)
            if count > 0 { received += chunk[..<count] }
            if count < chunk.count { return received }
        }
    }
}

/// Writes all of `bytes`, past ncurses' own buffer; what the terminal does not take is dropped.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) {
    var left = bytes
    while !left.isEmpty {
        let count = write(descriptor, left, left.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return }
        left.removeFirst(count)
    }
}

/// Why the screen cannot be opened.
public enum TerminalError: Error, Sendable, Equatable, CustomStringConvertible {
    case notATerminal(stream: String)
    case termNotSet
    case unknownTerminal(name: String)
    case cannotMoveCursor(name: String)
    case noPipe(String)

    public var description: String {
        switch self {
        case .notATerminal(let stream):
            "\(stream) is not a terminal, so the screen cannot be shown. Start ftbench in a terminal, or use its commands."
        case .termNotSet:
            "TERM is not set, so the kind of terminal is unknown. Try: TERM=xterm-256color ftbench"
        case .unknownTerminal(let name):
            "The terminal '\(name)' (TERM) is not in this machine's terminfo. Try: TERM=xterm-256color ftbench"
        case .cannotMoveCursor(let name):
            "The terminal '\(name)' (TERM) cannot move its cursor. Try another TERM, or use ftbench's commands."
        case .noPipe(let reason):
            "A pipe could not be made (\(reason)). Close other programs and try again."
        }
    }
}
