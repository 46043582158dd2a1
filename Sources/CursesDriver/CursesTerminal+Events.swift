import CNCurses
import CTerminal
import Glibc
import TerminalUI

extension CursesTerminal {
    /// Waits for the next key, wake-up or signal.
    ///
    /// - Parameter timeoutMilliseconds: how long at most; negative waits for ever.
    /// - Returns: what happened; `.timeout` when nothing did.
    public func nextEvent(timeoutMilliseconds: Int) -> TerminalEvent {
        if !pending.isEmpty { return pending.removeFirst() }
        if let key = readKey() { return .key(key) }
        var sources = [
            pollfd(fd: waker.readEnd, events: Int16(POLLIN), revents: 0),
            pollfd(fd: isOpen ? STDIN_FILENO : -1, events: Int16(POLLIN), revents: 0),
        ]
        let timeout = Int32(clamping: max(-1, timeoutMilliseconds))
        guard poll(&sources, 2, timeout) > 0 else {
            checkSize()
            return pending.isEmpty ? .timeout : pending.removeFirst()
        }
        if sources[0].revents != 0 { note(waker.drain()) }
        if isOpen && sources[1].revents != 0 {
            if sources[1].revents & Int16(POLLIN) != 0 && cterminal_readable(STDIN_FILENO) > 0 {
                if let key = readKey() { pending.append(.key(key)) }
            } else {
                hangUp()
            }
        }
        return pending.isEmpty ? .timeout : pending.removeFirst()
    }

    func note(_ bytes: [UInt8]) {
        var woken = false
        for byte in bytes {
            switch Int(byte) {
            case Int(CTERMINAL_INTERRUPT): pending.append(.key(.control("c")))
            case Int(CTERMINAL_SUSPEND): pending.append(.key(.control("z")))
            case Int(CTERMINAL_TERMINATE): pending.append(.terminate)
            case Int(CTERMINAL_HANGUP): hangUp()
            case Int(CTERMINAL_RESIZE): checkSize()
            default:
                if !woken { pending.append(.wake) }
                woken = true
            }
        }
    }

    /// The terminal went away. It must not be touched again: writing to it fails, and restoring it is nobody's need.
    private func hangUp() {
        guard isOpen else { return }
        cterminal_guard_disarm()
        isOpen = false
        pending.append(.hangup)
    }

    func checkSize() {
        guard isOpen else { return }
        var columns: Int32 = 0
        var rows: Int32 = 0
        guard cterminal_size(STDOUT_FILENO, &columns, &rows) == 0 else { return }
        guard Int(columns) != width || Int(rows) != height else { return }
        _ = ft_resize(rows, columns)
        width = Int(columns)
        height = Int(rows)
        shown = nil
        pending.append(.key(.resize(width: width, height: height)))
    }

    /// The next key that is already there.
    private func readKey() -> Key? {
        guard isOpen else { return nil }
        while true {
            var code: UInt32 = 0
            switch ft_get(&code) {
            case 1:
                if let key = decoder.character(code) { return key }
            case 2:
                let number = Int32(bitPattern: code)
                if number == KEY_RESIZE {
                    checkSize()
                    if !pending.isEmpty { return nil }
                } else if number == KEY_MOUSE {
                    if let key = readMouse() { return key }
                } else if let key = decoder.code(number, name: { CursesTerminal.keyName(number) }) {
                    return key
                }
            default: return nil
            }
        }
    }

    private static func keyName(_ code: Int32) -> String {
        var name = [CChar](repeating: 0, count: 32)
        ft_key_name(code, &name, name.count)
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private func readMouse() -> Key? {
        var (action, button, x, y): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
        guard ft_get_mouse(&action, &button, &x, &y) == 1 else { return nil }
        let actions: [MouseEvent.Action] = [.press, .release, .doubleClick, .wheelUp, .wheelDown]
        guard actions.indices.contains(Int(action)) else { return nil }
        return .mouse(MouseEvent(action: actions[Int(action)], button: Int(button), x: Int(x), y: Int(y)))
    }
}
