import Foundation

extension Recipe {
    /// This recipe with its files as absolute paths.
    ///
    /// A relative path is looked for in the current directory, then beside the recipe file; one found in neither
    /// place stays as it is, because it may be a name in the workspace.
    public func resolvingPaths(recipeFolder: String?) -> Recipe {
        var copy = self
        copy.model = Self.resolved(model, recipeFolder: recipeFolder)
        copy.data.train = Self.resolved(data.train, recipeFolder: recipeFolder)
        if case .file(let file) = data.validation {
            copy.data.validation = .file(Self.resolved(file, recipeFolder: recipeFolder))
        }
        return copy
    }

    static func resolved(_ path: String, recipeFolder: String?) -> String {
        let files = FileManager.default
        if path.hasPrefix("~") { return (path as NSString).expandingTildeInPath }
        if path.hasPrefix("/") { return path }
        for folder in [files.currentDirectoryPath, recipeFolder].compactMap({ $0 }) {
            let whole = URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: folder, isDirectory: true))
                .standardizedFileURL.path
            if files.fileExists(atPath: whole) { return whole }
        }
        return path
    }
}
