import WeightFiles

extension ExportProblem {
    /// Nil when there is room for `bytes` and a little more.
    static func noRoom(for bytes: Int, at path: String) -> ExportProblem? {
        guard let free = DiskSpace.free(at: path), free < bytes + (16 << 20) else { return nil }
        return .error(
            "The disk of \(path) has \(megabytes(free)) free and the export needs \(megabytes(bytes))",
            "Free some space, choose a smaller type, or write to another disk.")
    }

    private static func megabytes(_ bytes: Int) -> String { "\(bytes / 1_000_000) MB" }
}
