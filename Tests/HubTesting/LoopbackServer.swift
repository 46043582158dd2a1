import Foundation
import Synchronization

/// A tiny HTTP/1.1 server for the tests: this machine only, a free port, one request a connection, and every way of
/// answering wrongly that the tests need. It ends with its value.
package final class LoopbackServer: Sendable {
    package struct Request: Sendable {
        /// With the query.
        package var path: String
        /// By name in lower case.
        package var headers: [String: String]

        package var host: String { String((headers["host"] ?? "").prefix { $0 != ":" }) }
        /// Where `Range: bytes=N-` starts.
        package var rangeStart: Int? {
            headers["range"].flatMap { $0.hasPrefix("bytes=") ? Int($0.dropFirst(6).prefix { $0 != "-" }) : nil }
        }
    }

    package struct Reply: Sendable {
        package var status = 200
        package var headers: [(name: String, value: String)] = []
        package var body: [UInt8] = []
        /// What `Content-Length` says; nil sends the body in chunks.
        package var announced: Int?
        package var isChunked = false
        /// Closes after so many bytes of the body.
        package var cutAfter: Int?
        /// Stays silent for so long before the body.
        package var silence: Double = 0
        /// Sent instead of everything.
        package var raw: [UInt8]?

        package init(_ status: Int = 200, _ headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
            self.status = status
            self.headers = headers
            self.body = body
        }

        package static func json(_ text: String) -> Reply {
            Reply(200, [("Content-Type", "application/json")], body: Array(text.utf8))
        }
    }

    private final class Seen: Sendable {
        let requests = Mutex<[Request]>([])
    }

    package let port: Int
    private let socket: Int32
    private let seen = Seen()

    package init(_ answer: @escaping @Sendable (Request) -> Reply) throws {
        let socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 && listen(socket, 64) == 0 && getsockname(socket, $0, &length) == 0
            }
        }
        guard bound else { throw POSIXError(.EADDRNOTAVAIL) }
        self.socket = socket
        port = Int(UInt16(bigEndian: address.sin_port))
        let (listener, seen) = (socket, seen)
        Thread.detachNewThread {
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                Thread.detachNewThread {
                    defer { close(client) }
                    guard let request = Self.read(client) else { return }
                    seen.requests.withLock { $0.append(request) }
                    Self.write(answer(request), to: client)
                }
            }
        }
    }

    deinit {
        shutdown(socket, Int32(SHUT_RDWR))
        close(socket)
    }

    package var origin: String { "http://127.0.0.1:\(port)" }
    /// The same server under the name of another host.
    package var otherOrigin: String { "http://localhost:\(port)" }
    package var requests: [Request] { seen.requests.withLock { $0 } }

    private static func read(_ client: Int32) -> Request? {
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            let got = recv(client, &buffer, buffer.count, 0)
            guard got > 0, bytes.count < 1 << 16 else { return nil }
            bytes += buffer[..<got]
        }
        let lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ")
        guard words.count == 3, words[0] == "GET" else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
                in: .whitespaces)
        }
        return Request(path: String(words[1]), headers: headers)
    }

    private static func write(_ reply: Reply, to client: Int32) {
        if let raw = reply.raw { return send(raw, to: client) }
        var head = "HTTP/1.1 \(reply.status) Status\r\nConnection: close\r\n"
        for header in reply.headers { head += "\(header.name): \(header.value)\r\n" }
        head +=
            reply.isChunked
            ? "Transfer-Encoding: chunked\r\n\r\n" : "Content-Length: \(reply.announced ?? reply.body.count)\r\n\r\n"
        send(Array(head.utf8), to: client)
        if reply.silence > 0 { Thread.sleep(forTimeInterval: reply.silence) }
        let body = Array(reply.body.prefix(reply.cutAfter ?? .max))
        guard reply.isChunked else { return send(body, to: client) }
        for start in stride(from: 0, to: body.count, by: 5000) {
            let piece = body[start..<min(start + 5000, body.count)]
            send(Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + Array("\r\n".utf8), to: client)
        }
        if reply.cutAfter == nil { send(Array("0\r\n\r\n".utf8), to: client) }
    }

    private static func send(_ bytes: [UInt8], to client: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { Foundation.send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { return }
            rest = rest.dropFirst(sent)
        }
    }
}
