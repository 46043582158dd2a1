import Foundation
import OrderedJSON

/// What goes where: results on standard output, progress and messages on standard error.
enum Output {
    static let errorIsTerminal = isatty(STDERR_FILENO) == 1
    static let isTerminal = isatty(STDOUT_FILENO) == 1

    static func line(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }
    static func piece(_ text: String) { write(text, to: STDOUT_FILENO) }
    static func json(_ value: JSONValue) { line(value.serialized(.python)) }
    static func standardError(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    /// Progress is for people: nothing when standard error is no terminal.
    static func progress(_ text: String) {
        guard errorIsTerminal else { return }
        write("\r\u{1B}[K" + text, to: STDERR_FILENO)
    }

    static func endProgress() {
        guard errorIsTerminal else { return }
        write("\r\u{1B}[K", to: STDERR_FILENO)
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0 {
                if errno == EINTR { continue }
                // The reader has gone: nothing that is printed matters any more.
                if errno == EPIPE { exit(0) }
                return
            }
            bytes = bytes.dropFirst(written)
        }
    }
}

extension JSONValue {
    /// A number that JSON can hold: non-finite ones become null.
    static func finite(_ value: Double) -> JSONValue { value.isFinite ? .number(value) : .null }
    static func optional(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}
