/// Whether a path that a server names may be made below a folder of ours.
enum SafePath {
    static let deepest = 8
    /// Room for the endings that unfinished files get.
    static let longestName = 200
    static let longestPath = 1000

    /// What is wrong with it, in words; nil when nothing is.
    static func problem(of path: String) -> String? {
        if path.isEmpty { return "it is empty" }
        if path.utf8.count > longestPath { return "it is longer than \(longestPath) bytes" }
        if path.hasPrefix("/") { return "it is absolute" }
        if path.utf8.contains(UInt8(ascii: "\\")) { return "it holds a backslash" }
        let unseen: Set<Unicode.GeneralCategory> = [.control, .format, .lineSeparator, .paragraphSeparator]
        if path.unicodeScalars.contains(where: { unseen.contains($0.properties.generalCategory) }) {
            return "it holds control characters"
        }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count > deepest { return "it is more than \(deepest) folders deep" }
        for part in parts {
            if part.isEmpty { return "it has an empty part" }
            if part == "." || part == ".." { return "it has the part '\(part)'" }
            if part.utf8.count > longestName { return "a part of it is longer than \(longestName) bytes" }
            if let problem = problem(ofName: part) { return problem }
        }
        return nil
    }

    private static func problem(ofName name: Substring) -> String? {
        let lower = name.lowercased()
        if lower == ".git" || lower.hasPrefix(PullManifest.fileName) || lower.hasSuffix(PartialFile.ending)
            || lower.hasSuffix(PartialFile.stateEnding)
        {
            return "that name is reserved"
        }
        // Names of devices on other systems, whatever their ending; folders are copied and shared.
        let stem = lower.prefix { $0 != "." }
        let devices: Set<Substring> = ["con", "prn", "aux", "nul"]
        let isPort = stem.count == 4 && (stem.hasPrefix("com") || stem.hasPrefix("lpt")) && stem.last?.isNumber == true
        if devices.contains(stem) || isPort { return "that name is reserved" }
        if name.last == " " || name.last == "." { return "a part of it ends in a space or a full stop" }
        if lower.contains(":") { return "it holds a colon" }
        return nil
    }

    /// Every path by itself, and all together: none twice, none both a file and a folder.
    ///
    /// - Throws: `HubError.unsafePath`.
    static func check(_ paths: [String]) throws(HubError) {
        var files: Set<String> = []
        var folders: Set<String> = []
        for path in paths {
            if let problem = problem(of: path) { throw .unsafePath(path, problem: problem) }
            guard files.insert(path).inserted else { throw .unsafePath(path, problem: "it is listed twice") }
            var parent = path[...]
            while let slash = parent.lastIndex(of: "/") {
                parent = parent[..<slash]
                folders.insert(String(parent))
            }
        }
        if let both = paths.first(where: folders.contains) {
            throw .unsafePath(both, problem: "it is listed as a file and as a folder")
        }
    }
}
