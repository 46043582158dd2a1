/// Requests to one hub: its token, its redirects, its words for what is wrong.
struct HubConnection: Sendable {
    let settings: HubSettings
    let client: any HTTPClient
    /// Program and version.
    let userAgent: String

    static let mostRedirects = 10

    /// The final response, with what the hub's own redirects said of the file.
    struct Response {
        var head: HTTPHead
        /// Who answered at last.
        var address: WebAddress
        var linkedTag: String?
        var linkedSize: Int?
        /// Whether the hub itself answered, and not a server that it sent us to.
        var isFromHub: Bool

        /// What stays the same as long as the file does: the hub's own tag for a large file, else the entity tag.
        var tag: String? { linkedTag ?? HTTPHead.tag(head["etag"]) }
    }

    /// A status other than success, with the start of the body.
    struct Refusal: Error {
        var response: Response
        var message: [UInt8]
    }

    /// What went wrong and may go right next time.
    struct Passing: Error {
        var reason: String
        var address: WebAddress
        /// How long the server wants to be left alone.
        var wish: Duration?
        var status: Int?
    }

    /// An address below the endpoint; `path` is encoded already.
    func address(_ path: String) -> WebAddress {
        var base = settings.endpoint.path
        while base.hasSuffix("/") { base.removeLast() }
        return settings.endpoint.with(path: base + "/" + path)
    }

    /// Follows redirects by hand: the token goes to the hub alone, and never from https to http.
    ///
    /// - Throws: `Refusal` for a status that is no success, `HubError`, `TransportError`, and what the closures throw.
    func get(
        _ start: WebAddress, from offset: Int? = nil, wantsPlainBytes: Bool, cancellation: Cancellation,
        head: (Response) throws -> Void, body: ([UInt8]) throws -> Void
    ) throws {
        var address = start
        var response = Response(head: HTTPHead(status: 0), address: start, isFromHub: true)
        for _ in 0...Self.mostRedirects {
            let request = request(address, from: offset, wantsPlainBytes)
            response.isFromHub = address.mayShareToken(with: settings.endpoint)
            var next: WebAddress?
            var refusal: Refusal?
            do {
                try client.get(request, cancellation: cancellation) { found in
                    response.head = found
                    response.address = address
                    if response.isFromHub {
                        response.linkedTag = HTTPHead.tag(found["x-linked-etag"]) ?? response.linkedTag
                        response.linkedSize = found["x-linked-size"].flatMap(HTTPHead.count) ?? response.linkedSize
                    }
                    if [301, 302, 303, 307, 308].contains(found.status) {
                        next = try target(of: found, from: address)
                        throw Enough()
                    }
                    if (200...299).contains(found.status) {
                        try head(response)
                    } else {
                        refusal = Refusal(response: response, message: [])
                    }
                } body: { bytes in
                    guard refusal != nil else { return try body(bytes) }
                    refusal?.message += bytes.prefix(ErrorBody.mostBytes)
                    if refusal?.message.count ?? 0 >= ErrorBody.mostBytes { throw Enough() }
                }
            } catch is Enough {}
            if let refusal { throw refusal }
            guard let next else { return }
            address = next
        }
        throw HubError.redirect(
            from: start.shown, to: address.shown, problem: "that is more than \(Self.mostRedirects) times, or a circle")
    }

    /// Stops reading: nobody needs the body of a redirect, or more than the start of a refusal.
    private struct Enough: Error {}

    private func target(of head: HTTPHead, from address: WebAddress) throws -> WebAddress {
        guard let location = head["location"] else {
            throw HubError.refused(status: head.status, address: address.shown, message: "a redirect without a target")
        }
        guard let next = address.resolving(location) else {
            throw HubError.redirect(
                from: address.shown, to: HubError.harmless(location, limit: 80), problem: "that is no address to go to")
        }
        guard next.isSecure || !address.isSecure else {
            throw HubError.redirect(
                from: address.shown, to: next.shown, problem: "plain http after https is not followed")
        }
        return next
    }

    private func request(_ address: WebAddress, from offset: Int?, _ wantsPlainBytes: Bool) -> HTTPRequest {
        var headers: [(name: String, value: String)] = [("User-Agent", userAgent)]
        if let token = settings.token, sendsToken, address.mayShareToken(with: settings.endpoint) {
            headers.append(("Authorization", "Bearer \(token.text)"))
        }
        if wantsPlainBytes { headers.append(("Accept-Encoding", "identity")) }
        if let offset { headers.append(("Range", "bytes=\(offset)-")) }
        return HTTPRequest(address, headers: headers, idleSeconds: settings.idleSeconds)
    }

    /// In the clear only where nobody can listen.
    var sendsToken: Bool { settings.endpoint.isSecure || settings.endpoint.isLoopback }

    // MARK: Refusals

    /// What a status other than success means.
    ///
    /// - Returns: `HubError` when trying again is of no use, `Passing` otherwise.
    func failure(
        _ refusal: Refusal, repository: RepositoryName, file: String? = nil, policy: RetryPolicy
    ) -> any Error {
        let response = refusal.response
        let head = response.head
        let shown = response.address.shown
        let words = Self.words(of: refusal.message, head)
        switch head.status {
        case 408, 425, 429, 500...599:
            return Passing(
                reason: head.status == 429 ? "too many requests (429)" : "status \(head.status)",
                address: response.address, wish: policy.wish(of: head), status: head.status)
        case 401, 403, 404, 410:
            // A signed address runs out after a while; asking the hub again gives a new one.
            guard response.isFromHub else {
                return Passing(reason: "status \(head.status)", address: response.address, status: head.status)
            }
            return denial(head, words, repository, file, shown)
        default: return HubError.refused(status: head.status, address: shown, message: words)
        }
    }

    private func denial(
        _ head: HTTPHead, _ words: String, _ repository: RepositoryName, _ file: String?, _ shown: String
    ) -> HubError {
        let hasToken = settings.token != nil && sendsToken
        let endpoint = settings.endpoint.origin
        switch head["x-error-code"] {
        case "GatedRepo":
            return .gated(
                repository: repository.id, page: address(repository.path).shown, hasToken: hasToken)
        case "RevisionNotFound": return .noRevision(repository: repository.id, revision: repository.revision)
        case "EntryNotFound":
            return .noFile(
                repository: repository.id, file: HubError.harmless(file ?? "?", limit: 80),
                revision: repository.revision)
        case "RepoNotFound": return .noRepository(repository.id, endpoint: endpoint, hasToken: hasToken)
        default: break
        }
        if words == "Access to this resource is disabled." { return .disabled(repository: repository.id) }
        switch head.status {
        case 401 where settings.token != nil && !sendsToken: return .tokenKept(endpoint: endpoint)
        case 401:
            if let token = settings.token { return .tokenRefused(source: token.source, endpoint: endpoint) }
            return .noRepository(repository.id, endpoint: endpoint, hasToken: false)
        case 404:
            guard let file else { return .noRepository(repository.id, endpoint: endpoint, hasToken: hasToken) }
            return .noFile(
                repository: repository.id, file: HubError.harmless(file, limit: 80), revision: repository.revision)
        default: return .refused(status: head.status, address: shown, message: words)
        }
    }

    /// The hub's own sentence: a header, or the `error` of a JSON body.
    private static func words(of message: [UInt8], _ head: HTTPHead) -> String {
        if let text = head["x-error-message"] { return HubError.harmless(text, limit: 160) }
        guard let text = ErrorBody.text(message) else { return "" }
        return HubError.harmless(text, limit: 160)
    }
}
