import TerminalUI

/// The dialog of `X` and `m`: what to write, and below it what the rehearsal says. Changes of a field ask for a new
/// rehearsal; only what was rehearsed without an error can be written.
struct ExportSheet: Sendable {
    enum Row: Sendable, Equatable { case format, extent, type, shardSize, preTokenizer, output, name, existing }

    let source: ExportSource
    /// A merge becomes a model of the workspace; an export goes anywhere.
    let isMerge: Bool
    let habits: ExportHabits

    var format: ExportOrder.Format
    var adapterOnly: Bool
    /// By format, as the habits have it.
    var types: [String: String]
    var shardSize: String
    var preTokenizer = ""
    var replaces = false
    /// The name of the model that a merge makes.
    var name: String
    /// What was typed in place of the path that follows from the rest.
    var ownOutput: String?

    var cursor = ListCursor()
    /// The row under the cursor while it is typed in.
    var field: TextField?
    /// Why what is typed cannot be taken.
    var fieldProblem: String?
    /// Counts up with every change; an answer to an older one is not for us.
    var revision = 0
    /// Nil while it is being made.
    var check: ExportCheck?
    var scroll = 0

    init(_ source: ExportSource, merging: Bool, habits: ExportHabits) {
        self.source = source
        self.habits = habits
        isMerge = merging
        types = habits.types
        shardSize = habits.shardSize
        adapterOnly = source.hasAdapter && habits.adapterOnly
        name = Self.fileName(source.name) + "-merged"
        format = merging ? .safetensors : habits.format
        if !formats.contains(format) { format = .safetensors }
        cursor.setCount(rows.count)
    }

    // MARK: Reading

    /// Those that the source can be written as.
    var formats: [ExportOrder.Format] {
        isMerge ? [.safetensors] : source.hasAdapter ? ExportOrder.Format.allCases : [.safetensors, .gguf]
    }

    var rows: [Row] {
        var rows: [Row] = isMerge ? [.name] : [.format]
        if format == .gguf, source.hasAdapter { rows.append(.extent) }
        if Self.types(of: format, adapterOnly: isAdapterAlone).count > 1 { rows.append(.type) }
        if format == .safetensors { rows.append(.shardSize) }
        if format == .gguf, !isAdapterAlone { rows.append(.preTokenizer) }
        return isMerge ? rows : rows + [.output, .existing]
    }

    var row: Row? { rows.indices.contains(cursor.selected) ? rows[cursor.selected] : nil }

    /// Whether the base model stays out of what is written.
    var isAdapterAlone: Bool {
        switch format {
        case .peft, .mlx: true
        case .safetensors: false
        case .gguf: source.hasAdapter && adapterOnly
        }
    }

    /// What the format takes, its usual one first; empty words keep what the weights are stored as.
    static func types(of format: ExportOrder.Format, adapterOnly: Bool) -> [String] {
        switch format {
        case .peft: [""]
        case .mlx, .safetensors: ["", "f32", "f16", "bf16"]
        case .gguf where adapterOnly: ["f32", "f16", "bf16"]
        case .gguf: ["f16", "f32", "bf16", "q8_0", "q4_0", "q4_k_m", "q6_k"]
        }
    }

    var type: String {
        let choices = Self.types(of: format, adapterOnly: isAdapterAlone)
        let chosen = types[isAdapterAlone && format == .gguf ? "adapter" : format.rawValue] ?? ""
        return choices.contains(chosen) ? chosen : choices.first ?? ""
    }

    var output: String {
        if isMerge { return habits.models + "/" + name }
        if let ownOutput { return ownOutput }
        let stem = habits.folder + "/" + Self.fileName(source.name)
        return switch format {
        case .peft: stem + "-peft"
        case .mlx: stem + "-mlx"
        case .safetensors: stem + (source.hasAdapter ? "-merged" : "-safetensors")
        case .gguf: stem + (isAdapterAlone ? "-LoRA-" : "-") + type.uppercased() + ".gguf"
        }
    }

    var order: ExportOrder {
        ExportOrder(
            source: source, format: format, adapterOnly: format == .gguf && isAdapterAlone,
            type: type.isEmpty ? nil : type, shardSize: shardSize,
            preTokenizer: preTokenizer.isEmpty || format != .gguf ? nil : preTokenizer, output: output,
            replaces: replaces && !isMerge, modelName: isMerge ? name : nil)
    }

    /// The text of a row that is typed in; nil for a choice.
    func text(of row: Row) -> String? {
        switch row {
        case .shardSize: shardSize
        case .preTokenizer: preTokenizer
        case .output: output
        case .name: name
        case .format, .extent, .type, .existing: nil
        }
    }

    /// A name that is no path: a slash of `RUN/best` becomes a dash.
    static func fileName(_ name: String) -> String {
        let text = name.replacing("/", with: "-")
        return text.isEmpty ? "model" : text
    }

    /// `500MB`, `5GB`, `2GiB`.
    static func isSize(_ text: String) -> Bool {
        let upper = text.uppercased()
        let units = ["KIB", "MIB", "GIB", "KB", "MB", "GB", "B"]
        let number = upper.dropLast(units.first { upper.hasSuffix($0) }?.count ?? 0)
        return Double(number).map { $0.isFinite && $0 >= 1 && $0 < 1e9 } ?? false
    }

    /// Why `text` cannot be the value of `row`.
    func problem(with text: String, in row: Row) -> String? {
        switch row {
        case .shardSize: Self.isSize(text) ? nil : "a size such as 500MB, 5GB or 2GiB"
        case .output: text.isEmpty ? "a folder, or for gguf also a file" : nil
        case .name:
            text.isEmpty || text.contains("/") || text.hasPrefix(".")
                ? "a name without '/' and not beginning with a dot: the folder is called so" : nil
        default: nil
        }
    }

    // MARK: Changing

    /// The choice in the row under the cursor, `step` further.
    mutating func turn(_ step: Int) -> Bool {
        func next<T: Equatable>(_ now: T, of all: [T]) -> T {
            guard !all.isEmpty else { return now }
            return all[((all.firstIndex(of: now) ?? 0) + step + all.count) % all.count]
        }
        switch row {
        case .format: format = next(format, of: formats)
        case .extent: adapterOnly.toggle()
        case .type:
            let key = isAdapterAlone && format == .gguf ? "adapter" : format.rawValue
            types[key] = next(type, of: Self.types(of: format, adapterOnly: isAdapterAlone))
        case .existing: replaces.toggle()
        default: return false
        }
        cursor.setCount(rows.count)
        return true
    }

    /// Takes what was typed; false when it cannot be.
    mutating func take(_ text: String, for row: Row) -> Bool {
        fieldProblem = problem(with: text, in: row)
        guard fieldProblem == nil else { return false }
        switch row {
        case .shardSize: shardSize = text
        case .preTokenizer: preTokenizer = text
        case .output: ownOutput = text == output ? ownOutput : text
        case .name: name = text
        default: break
        }
        return true
    }

    /// The rehearsal that the fields as they are call for.
    mutating func rehearsal() -> Effects {
        revision += 1
        check = nil
        scroll = 0
        return [.export(.check(order, revision: revision))]
    }
}
