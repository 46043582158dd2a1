import Foundation

/// A program on a terminal of its own, driven and watched by this process as a person would.
final class PseudoTerminal {
    private let master: Int32
    private let child: pid_t
    private var hasEnded = false

    /// TIOCSPTLCK and TIOCGPTN of Linux, and glibc's POSIX_SPAWN_SETSID, which Swift does not import.
    private static let setLock: UInt = 0x4004_5431
    private static let getNumber: UInt = 0x8004_5430
    private static let newSession: Int16 = 0x80

    /// Starts a program; `arguments` have its name first, `environment` is whole, as `NAME=value`.
    /// - Throws: `Failure` when the system gives no terminal or the program does not start.
    init(program: String, arguments: [String], environment: [String], columns: Int, rows: Int) throws {
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        var unlocked: Int32 = 0
        var number: Int32 = 0
        guard master >= 0, ioctl(master, Self.setLock, &unlocked) == 0, ioctl(master, Self.getNumber, &number) == 0
        else {
            let reason = String(cString: strerror(errno))
            if master >= 0 { close(master) }
            throw Failure("No pseudo-terminal could be opened: \(reason). Is /dev/pts mounted?")
        }
        let slave = "/dev/pts/\(number)"
        _ = fcntl(master, F_SETFD, FD_CLOEXEC)
        var size = winsize(
            ws_row: UInt16(clamping: rows), ws_col: UInt16(clamping: columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // The first terminal that the leader of a new session opens becomes its controlling one.
        posix_spawn_file_actions_addopen(&actions, 0, slave, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 1)
        posix_spawn_file_actions_adddup2(&actions, 0, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Self.newSession)
        var argv = arguments.map { strdup($0) } + [nil]
        var envp = environment.map { strdup($0) } + [nil]
        defer { for text in argv + envp { free(text) } }
        var pid: pid_t = 0
        let status = posix_spawn(&pid, program, &actions, &attributes, &argv, &envp)
        guard status == 0 else {
            close(master)
            throw Failure("\(program) does not start: \(String(cString: strerror(status))).")
        }
        child = pid
    }

    deinit {
        end()
        close(master)
    }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(master, bytes, bytes.count)
    }

    /// What the program writes until the deadline, as soon as there is something; empty at the deadline, nil when the
    /// program has ended.
    func read(until deadline: ContinuousClock.Instant) -> [UInt8]? {
        let left = deadline - .now
        var waiting = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
        let ready = poll(&waiting, 1, Int32(max(0, (left / .milliseconds(1)).rounded(.up))))
        guard ready > 0 else { return [] }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = Foundation.read(master, &buffer, buffer.count)
        guard count > 0 else { return nil }
        return Array(buffer.prefix(count))
    }

    /// Everything written within that time.
    func collect(_ time: Duration) throws -> [UInt8] {
        let deadline = ContinuousClock.now + time
        var all: [UInt8] = []
        while ContinuousClock.now < deadline {
            guard let bytes = read(until: deadline) else {
                throw Failure("The program on the pseudo-terminal ended: \(TerminalText.plain(all).suffix(200))")
            }
            all += bytes
        }
        return all
    }

    /// Ends the program and all of its session: one that lost its terminal would train on.
    func end() {
        guard !hasEnded else { return }
        hasEnded = true
        for process in Self.session(child) { kill(process, SIGKILL) }
        kill(child, SIGKILL)
        var status: Int32 = 0
        waitpid(child, &status, 0)
    }

    /// Processes of a session, from /proc.
    private static func session(_ leader: pid_t) -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { getsid($0) == leader }
    }
}

/// What a terminal would show of a stream of bytes, without its places and colours.
enum TerminalText {
    /// Escape sequences become spaces, so that words on two sides of one stay two.
    static func plain(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            guard bytes[index] == 0x1B else {
                result.append(bytes[index] < 0x20 ? 0x20 : bytes[index])
                index += 1
                continue
            }
            result.append(0x20)
            index = end(ofSequenceAt: index, in: bytes)
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func end(ofSequenceAt start: Int, in bytes: [UInt8]) -> Int {
        guard start + 1 < bytes.count else { return bytes.count }
        var index = start + 2
        switch bytes[start + 1] {
        case UInt8(ascii: "["):
            while index < bytes.count, !(0x40...0x7E).contains(bytes[index]) { index += 1 }
            return index + 1
        case UInt8(ascii: "]"):
            while index < bytes.count, bytes[index] != 0x07, bytes[index] != 0x1B { index += 1 }
            return index + 1
        case UInt8(ascii: "("), UInt8(ascii: ")"): return index + 1
        default: return index
        }
    }

    /// Runs of ASCII letters, five or longer.
    static func words(_ bytes: [UInt8]) -> Set<String> {
        Set(
            plain(bytes).split { !($0.isASCII && $0.isLetter) }.filter { $0.count >= 5 }.map(String.init))
    }
}
