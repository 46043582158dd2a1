/// Why a model could not be fetched: what happened, where, and what to do.
public enum HubError: Error, Equatable, CustomStringConvertible {
    // What was asked
    case badName(String, problem: String)
    case badRevision(String, problem: String)
    case badEndpoint(String)
    case badVariable(String, value: String, wanted: String)
    case badToken(source: String)
    case offline(variable: String)
    case noClient(reason: String)

    // What the hub says
    case gated(repository: String, page: String, hasToken: Bool)
    case noRepository(String, endpoint: String, hasToken: Bool)
    case noRevision(repository: String, revision: String)
    case noFile(repository: String, file: String, revision: String)
    case tokenRefused(source: String, endpoint: String)
    case tokenKept(endpoint: String)
    case disabled(repository: String)
    case rateLimited(address: String, seconds: Int?, hasToken: Bool)
    case refused(status: Int, address: String, message: String)
    case unreachable(address: String, reason: String, tries: Int)
    case redirect(from: String, to: String, problem: String)

    // What the repository holds
    case notJSON(address: String, found: String)
    case badListing(address: String, problem: String)
    case unsafePath(String, problem: String)
    case onlyPickles(repository: String, files: [String])
    case onlyGGUF(repository: String, files: [String])
    case noWeightsByName(repository: String, files: [String])
    case nothingToFetch(repository: String, files: [String])
    case noMatch(pattern: String, files: [String])
    case picklesAskedFor(pattern: String, files: [String])
    case badIndex(file: String, problem: String)

    // What came
    case wrongLength(file: String, expected: Int, found: Int)
    case wrongDigest(file: String, expected: ContentDigest, found: String)

    // Where it goes
    case noRoom(folder: String, needed: Int, free: Int)
    case busy(folder: String)
    case occupied(folder: String, problem: String)
    case changedHere(folder: String, files: [String])
    case cannotWrite(path: String, reason: String)
    case cancelled

    public var description: String {
        request ?? answer ?? content ?? place
    }

    private var request: String? {
        switch self {
        case .badName(let name, let problem):
            "'\(name)' is no name of a repository: \(problem). Give OWNER/NAME, for example "
                + "HuggingFaceTB/SmolLM2-135M, with @REVISION behind it for another revision than main."
        case .badRevision(let revision, let problem):
            "'\(revision)' cannot be asked for as a revision: \(problem). Name a branch, a tag or a commit."
        case .badEndpoint(let text):
            "HF_ENDPOINT is '\(text)', which is no address of a hub. Set it to one like "
                + "\(HubSettings.publicEndpoint), or unset it."
        case .badVariable(let name, let value, let wanted): "\(name) is '\(value)'. Set it to \(wanted), or unset it."
        case .badToken(let source):
            "The token in \(source) holds characters that no token has. Set it again from the hub's settings page."
        case .offline(let variable):
            "\(variable) is set: nothing is fetched. Unset it to pull a model, or add a folder that is here already "
                + "with: ftbench models add PATH"
        case .noClient(let reason): "Cannot reach the network: \(reason)."
        default: nil
        }
    }

    private var answer: String? {
        switch self {
        case .gated(let repository, let page, let hasToken):
            "\(repository) is gated: its owner lets in only accounts that asked. Accept the terms at \(page), "
                + (hasToken ? "with the account that the token belongs to, then pull again." : "then set HF_TOKEN.")
        case .noRepository(let name, let endpoint, let hasToken):
            "\(endpoint) shows no model '\(name)': there is none of that name, or it is private"
                + (hasToken
                    ? " and the token does not open it. Check the spelling and the token's rights."
                    : ". Check the spelling; for a private one set HF_TOKEN.")
        case .noRevision(let repository, let revision):
            "\(repository) has no revision '\(revision)'. Leave it out for main, or name a branch, a tag or a commit."
        case .noFile(let repository, let file, let revision):
            "\(repository) lists \(file) but does not hand it out at \(revision). Pull again; the repository may be "
                + "changing just now."
        case .tokenRefused(let source, let endpoint):
            "\(endpoint) refused the token in \(source): it is wrong or has run out. Set a new one, or unset it for a "
                + "public model."
        case .tokenKept(let endpoint):
            "\(endpoint) asks who you are, and a token is not sent over plain http to another machine. Set HF_ENDPOINT "
                + "to an https address."
        case .disabled(let repository): "\(repository) is disabled by the hub. Choose another model."
        case .rateLimited(let address, let seconds, let hasToken):
            "\(address) lets nobody ask so often (429)"
                + (seconds.map { " and wants \($0) s of waiting" } ?? "") + ". Pull again later"
                + (hasToken ? "" : ", or set HF_TOKEN: accounts may ask more often") + ". What has come is kept."
        case .refused(let status, let address, let message):
            "\(address) answered with status \(status)" + (message.isEmpty ? "" : " (\(message))")
                + ". Check HF_ENDPOINT, or pull again later; what has come is kept."
        case .unreachable(let address, let reason, let tries):
            "\(address) could not be read: \(reason) (\(tries) \(tries == 1 ? "try" : "tries")). Check the network, "
                + "HF_ENDPOINT and the proxy, then pull again: it goes on where it stopped."
        case .redirect(let from, let to, let problem):
            "\(from) sends on to \(to): \(problem). Check HF_ENDPOINT and the proxy."
        default: nil
        }
    }

    private var content: String? {
        switch self {
        case .notJSON(let address, let found):
            "\(address) answered with \(found) instead of JSON. HF_ENDPOINT may name something else than a hub, or the "
                + "network wants a login first."
        case .badListing(let address, let problem):
            "The list of files from \(address) cannot be used: \(problem). Check HF_ENDPOINT."
        case .unsafePath(let path, let problem):
            "The repository names a file \(Self.quoted(path)): \(problem). Nothing was written there; tell its owner, or "
                + "choose single files with --file."
        case .onlyPickles(let repository, let files):
            "\(repository) has its weights only in pickle files (\(Self.some(files))), which can run code when loaded: "
                + "ftbench never fetches them. Look for a revision or a copy with model.safetensors; many repositories "
                + "have one at --revision refs/pr/1."
        case .onlyGGUF(let repository, let files):
            "\(repository) has its weights only as GGUF (\(Self.some(files))). Name the one to fetch with --file, for "
                + "example --file '\(files.first ?? "*.gguf")'."
        case .noWeightsByName(let repository, let files):
            "\(repository) has neither model.safetensors nor model.safetensors.index.json, but \(Self.some(files)). "
                + "Name what to fetch with --file."
        case .nothingToFetch(let repository, let files):
            "\(repository) holds no model, adapter or tokenizer"
                + (files.isEmpty ? ": it has no files." : " (it has \(Self.some(files))).")
                + " Check the name."
        case .noMatch(let pattern, let files):
            "No file of the repository matches '\(pattern)'"
                + (files.isEmpty ? "." : "; it has \(Self.some(files)).")
        case .picklesAskedFor(let pattern, let files):
            "'\(pattern)' names \(Self.some(files)): pickle files can run code when loaded and are never fetched. "
                + "Choose safetensors or GGUF files."
        case .badIndex(let file, let problem):
            "\(file) of the repository cannot be used: \(problem). Choose another revision with --revision."
        case .wrongLength(let file, let expected, let found):
            "\(file) came with \(found) bytes, \(expected) were announced. The bad copy was deleted; pull again, and if "
                + "it stays so, the server or a proxy on the way is broken."
        case .wrongDigest(let file, let expected, let found):
            "\(file) came damaged twice: its checksum is \(found), it should be \(expected). The bad copy was deleted; "
                + "pull again, and if it stays so, the server or a proxy on the way is broken."
        default: nil
        }
    }

    private var place: String {
        switch self {
        case .noRoom(let folder, let needed, let free):
            "\(folder): \(Self.bytes(needed)) are still to come and \(Self.bytes(free)) are free. Free some room, or "
                + "choose another disk with --output DIR. What has come is kept."
        case .busy(let folder):
            "Another ftbench is pulling into \(folder) right now. Wait for it, or stop it first."
        case .occupied(let folder, let problem):
            "\(folder) \(problem). Move it away, or choose another folder with --output DIR."
        case .changedHere(let folder, let files):
            "\(folder) was changed since it was pulled (\(Self.some(files))). --force fetches those files anew and "
                + "overwrites the changes; --output DIR leaves them."
        case .cannotWrite(let path, let reason):
            "Cannot write \(path): \(reason). Free some room, or choose a folder that you may write to with --output "
                + "DIR. What has come is kept."
        case .cancelled: "Stopped; what has come is kept, and the same pull goes on from there."
        default: ""
        }
    }

    /// At most four names of untrusted files.
    private static func some(_ files: [String]) -> String {
        let shown = files.prefix(4).map { harmless($0, limit: 60) }.joined(separator: ", ")
        return files.count > 4 ? "\(shown) and \(files.count - 4) more" : shown
    }

    private static func quoted(_ text: String) -> String { "'\(harmless(text, limit: 80))'" }

    /// Text of a server for a terminal: without control characters, and short.
    static func harmless(_ text: String, limit: Int) -> String {
        var shown = ""
        var count = 0
        for scalar in text.unicodeScalars {
            count += 1
            if count > limit { return shown + "…" }
            let isPlain = scalar.properties.generalCategory != .control && scalar.properties.generalCategory != .format
            shown.unicodeScalars.append(isPlain ? scalar : "?")
        }
        return shown
    }

    private static func bytes(_ count: Int) -> String {
        guard count >= 1024 else { return "\(count) bytes" }
        var value = Double(count) / 1024
        var unit = "KiB"
        for next in ["MiB", "GiB", "TiB"] where value >= 1024 {
            value /= 1024
            unit = next
        }
        let tenths = (value * 10).rounded()
        return tenths >= 1000 ? "\(Int(value.rounded())) \(unit)" : "\(tenths / 10) \(unit)"
    }
}
