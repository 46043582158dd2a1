import Foundation

/// The themes of a folder. A file that cannot be used is reported and left out; the built-in theme is always there.
public struct ThemeLibrary: Sendable {
    public let folder: String
    public private(set) var themes: [Theme] = []
    public private(set) var problems: [ThemeProblem] = []
    /// Latest change of the folder or a file in it, in seconds since 1970: when it differs, load again.
    public let modificationStamp: Double

    /// Reads every `.yaml` file of `folder`, in the order of their names. A folder that is not there is not an error.
    public init(folder: String) {
        self.folder = folder
        modificationStamp = ThemeLibrary.stamp(of: folder)
        for file in ThemeLibrary.files(in: folder) {
            let shown = (folder as NSString).lastPathComponent + "/" + file
            do {
                let text = try String(contentsOfFile: folder + "/" + file, encoding: .utf8)
                let theme = try Theme(parsing: text, file: shown)
                if themes.contains(where: { $0.name == theme.name }) {
                    problems.append(
                        ThemeProblem(
                            file: shown, line: 0, role: nil, reason: "another file already has '\(theme.name)'"))
                } else {
                    themes.append(theme)
                }
            } catch let error as ThemeError {
                problems += error.problems
            } catch {
                problems.append(
                    ThemeProblem(file: shown, line: 0, role: nil, reason: "cannot be read as UTF-8 text"))
            }
        }
    }

    /// Names to choose from; the built-in one first when no file has it.
    public var names: [String] {
        let loaded = themes.map(\.name)
        return loaded.contains(Theme.builtIn.name) ? loaded : [Theme.builtIn.name] + loaded
    }

    /// The theme of that name, or nil. `terminal` is always there.
    public func theme(named name: String) -> Theme? {
        themes.first { $0.name == name } ?? (name == Theme.builtIn.name ? .builtIn : nil)
    }

    /// Latest change of `folder` or its theme files; 0 when there is no such folder. Cheap enough to ask each second.
    public static func stamp(of folder: String) -> Double {
        let paths = [folder] + files(in: folder).map { folder + "/" + $0 }
        return paths.map { path in
            let date = try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
            return date?.timeIntervalSince1970 ?? 0
        }.max() ?? 0
    }

    private static func files(in folder: String) -> [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return all.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }.sorted()
    }
}
