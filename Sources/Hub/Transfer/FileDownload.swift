/// One file of a repository, fetched piece by piece until it is whole and right.
struct FileDownload {
    enum Report: Sendable {
        /// Bytes that came.
        case bytes(Int)
        /// Bytes of an earlier attempt, and bytes that had to be thrown away.
        case present(Int)
        case lost(Int)
        case retry(reason: String, delay: Duration, failures: Int)
    }

    let file: RemoteFile
    /// Where it will stand.
    let path: String
    /// At a fixed commit.
    let repository: RepositoryName
    let connection: HubConnection
    let policy: RetryPolicy
    let cancellation: Cancellation
    let report: (Report) -> Void

    /// Goes on from what an earlier attempt left. A file that comes out wrong is fetched once more from the start.
    ///
    /// - Throws: `HubError`. What has come is kept unless it is wrong.
    func run() throws -> PullManifest.Entry {
        let part = try PartialFile(path: path, size: file.size, digest: file.digest, cancellation: cancellation)
        report(.present(part.count))
        do {
            return try complete(part)
        } catch let error as HubError {
            switch error {
            case .wrongLength, .wrongDigest:
                report(.retry(reason: "it came damaged, once more from the start", delay: .zero, failures: 1))
                try startOver(part)
            default: throw error
            }
        }
        do {
            return try complete(part)
        } catch let error as HubError {
            switch error {
            case .wrongLength, .wrongDigest:
                report(.lost(part.count))
                part.discard()
            default: break
            }
            throw error
        }
    }

    private func complete(_ part: PartialFile) throws -> PullManifest.Entry {
        let attempts = Attempts(
            policy: policy, cancellation: cancellation, hasToken: connection.settings.token != nil,
            onRetry: { report(.retry(reason: $0, delay: $1, failures: $2)) })
        if part.size == nil || part.count != part.size || part.size == 0 {
            try attempts.run(address, progress: { part.count }) { try attempt(part) }
        }
        let isVerified = try part.finish(cancellation: cancellation)
        return PullManifest.Entry(size: part.count, digest: part.digest, isVerified: isVerified)
    }

    private var address: WebAddress {
        let name = file.path.split(separator: "/").map { WebAddress.segment(String($0)) }.joined(separator: "/")
        return connection.address("\(repository.path)/resolve/\(WebAddress.segment(repository.revision))/\(name)")
    }

    private func startOver(_ part: PartialFile) throws {
        report(.lost(part.count))
        try part.restart()
    }

    // MARK: One request

    private func attempt(_ part: PartialFile) throws {
        let offset = part.count
        /// Bytes at the start of the body that are here already.
        var skipped = 0
        var isEncoded = false
        do {
            try connection.get(
                address, from: offset > 0 ? offset : nil, wantsPlainBytes: true, cancellation: cancellation
            ) { response in
                isEncoded = response.head.isEncoded
                if response.head.status == 206, offset > 0 {
                    try goOn(part, response, from: offset)
                } else {
                    skipped = try begin(part, response)
                }
            } body: { bytes in
                let fresh = bytes.dropFirst(skipped)
                skipped -= bytes.count - fresh.count
                try part.append(fresh)
                report(.bytes(fresh.count))
            }
        } catch let refusal as HubConnection.Refusal {
            guard refusal.response.head.status == 416, offset > 0 else {
                throw connection.failure(refusal, repository: repository, file: file.path, policy: policy)
            }
            try startOver(part)
            throw HubConnection.Passing(
                reason: "the server cannot go on at byte \(offset)", address: refusal.response.address, status: 416)
        } catch {
            // Where in its own bytes a compressed answer was cut, nobody knows.
            if isEncoded { try startOver(part) }
            throw error
        }
        if let size = part.size, part.count < size {
            throw TransportError("the answer ended after \(part.count) of \(size) bytes")
        }
    }

    /// A whole file comes: the first time, or because the server does not take ranges. Returns how much of it is here.
    private func begin(_ part: PartialFile, _ response: HubConnection.Response) throws -> Int {
        let head = response.head
        if head.status == 206, head.contentRange?.start != 0 {
            throw HubError.refused(
                status: 206, address: response.address.shown, message: "a part was sent, the whole was asked for")
        }
        let isSame = part.tag != nil && part.tag == response.tag
        if part.count > 0, !isSame || head.isEncoded { try startOver(part) }
        let sent = head.isEncoded ? nil : head.contentRange?.total ?? head.contentLength
        for announced in [response.linkedSize, sent] { try check(announced, part) }
        try part.begin(tag: response.tag, size: response.linkedSize ?? sent, digest: named(by: response))
        return part.count
    }

    private func goOn(_ part: PartialFile, _ response: HubConnection.Response, from offset: Int) throws {
        let range = response.head.contentRange
        guard part.tag == response.tag, !response.head.isEncoded else {
            try startOver(part)
            throw HubConnection.Passing(reason: "the file changed on the server", address: response.address)
        }
        guard range?.start == offset else {
            try startOver(part)
            throw HubConnection.Passing(
                reason: "the server went on at another place than asked", address: response.address)
        }
        try check(range?.total, part)
        try part.begin(tag: response.tag, size: range?.total, digest: named(by: response))
    }

    private func check(_ announced: Int?, _ part: PartialFile) throws {
        if let announced, let size = part.size, announced != size {
            throw HubError.wrongLength(file: file.path, expected: size, found: announced)
        }
    }

    /// The hub's tags are checksums; those of the servers it sends us to are their own.
    private func named(by response: HubConnection.Response) -> ContentDigest? {
        if let tag = response.linkedTag { return ContentDigest(tag: tag) }
        guard response.isFromHub, response.head["x-repo-commit"] != nil else { return nil }
        return response.tag.flatMap(ContentDigest.init(tag:))
    }
}
