import CHub

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// HTTP through the machine's libcurl: its TLS, its proxies (`https_proxy`, `no_proxy` …), its HTTP/2.
///
/// The calling thread does the transfer, and the next bytes are read from the network only when the last ones have been
/// taken: memory stays at half a megabyte however slow the disk is.
public struct CurlClient: HTTPClient {
    private let certificateFile: String?

    /// - Throws: `HubError.noClient` when libcurl is not on the machine.
    public init(certificateFile: String? = nil) throws(HubError) {
        if let problem = ccurl_problem() { throw .noClient(reason: String(cString: problem)) }
        self.certificateFile = certificateFile
    }

    /// How often a waiting transfer looks whether it is still wanted.
    private static let glance = Duration.milliseconds(100)
    private static let pieceSize = 128 << 10

    public func get(
        _ request: HTTPRequest, cancellation: Cancellation, head: (HTTPHead) throws -> Void,
        body: ([UInt8]) throws -> Void
    ) throws {
        let transfer = try open(request)
        defer { ccurl_close(transfer) }
        let limit = Duration.seconds(request.idleSeconds)
        var lastNews = ContinuousClock.now
        var hasHead = false
        var piece = [UInt8](repeating: 0, count: Self.pieceSize)
        while true {
            try cancellation.check()
            let state = Int(ccurl_step(transfer, Int32(Self.glance / .milliseconds(1))))
            if state == CCURL_WAITING {
                guard ContinuousClock.now - lastNews < limit else {
                    throw TransportError("nothing came for \(request.idleSeconds) s")
                }
                continue
            }
            if !hasHead, state != CCURL_FAILED {
                guard let found = Self.head(of: transfer) else { throw TransportError("the answer is no HTTP") }
                hasHead = true
                try head(found)
            }
            switch state {
            case CCURL_BODY:
                let count = piece.withUnsafeMutableBytes { ccurl_take(transfer, $0.baseAddress, $0.count) }
                try body(count == piece.count ? piece : Array(piece[..<count]))
                lastNews = .now
            case CCURL_FAILED: throw Self.failure(of: transfer)
            default: return
            }
        }
    }

    private func open(_ request: HTTPRequest) throws -> OpaquePointer {
        let lines = request.headers.map { "\($0.name): \($0.value)" }
        let milliseconds = request.idleSeconds.multipliedReportingOverflow(by: 1000)
        let copies = lines.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        let pointers = copies.map { UnsafePointer($0) }
        let transfer = ccurl_open(
            request.address.description, pointers, pointers.count, certificateFile,
            milliseconds.overflow ? 30_000 : milliseconds.partialValue)
        guard let transfer else { throw TransportError("libcurl refused the request", isPassing: false) }
        return transfer
    }

    private static func head(of transfer: OpaquePointer) -> HTTPHead? {
        var length = 0
        guard let bytes = ccurl_head(transfer, &length) else { return nil }
        return HTTPHead(parsing: Array(UnsafeRawBufferPointer(start: bytes, count: length)))
    }

    /// What libcurl's numbers mean for trying again (curl/curl.h, `CURLcode`).
    private static func failure(of transfer: OpaquePointer) -> TransportError {
        let code = ccurl_error(transfer)
        let words = ccurl_error_text(transfer).map { String(cString: $0) } ?? "error \(code)"
        let text = HubError.harmless(words.trimmingSpaces(), limit: 160)
        return switch code {
        case 1, 3, 4: TransportError(text, isPassing: false)
        case 5: TransportError("the proxy is not known (\(text))", isPassing: false)
        case 6: TransportError("no such host (\(text))")
        case 18, 56, 52, 92: TransportError("the connection was cut (\(text))")
        case 51, 58, 60, 77, 83:
            TransportError(
                "its certificate is not trusted (\(text)); SSL_CERT_FILE names other certificates to trust",
                isPassing: false)
        default: TransportError(text)
        }
    }
}
