/// Why a run cannot start, go on, or be resumed. The text says what, where, and what to do.
public enum TrainingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// No row is left to train on; the reasons and how many rows each took.
    case noUsableRow(source: String, read: Int, reasons: [String])
    /// `too_long: stop` and there are such rows.
    case rowsTooLong(source: String, lines: [Int], limit: Int)
    case tokenOutsideVocabulary(id: Int, vocabulary: Int, line: Int)
    case beyondContext(tokens: Int, context: Int)
    case nonFinite(NonFiniteValue)
    case notEnoughSpace(path: String, needed: Int, free: Int)
    case cannotWrite(path: String, reason: String)
    case badCheckpoint(path: String, reason: String)
    /// The run kept in the checkpoint is another one.
    case resumeDiffers(checkpoint: String, differences: [String])
    case cancelled
    case busy(run: String)
    case noModelLoaded

    public var description: String {
        switch self {
        case .noUsableRow(let source, let read, let reasons):
            let why = reasons.isEmpty ? "the file has no row" : reasons.joined(separator: "; ")
            return "\(source) has no usable row (\(read) read): \(why). "
                + "Check its columns on the Data screen or with `ftbench data check`, and batch.sequence_length."
        case .rowsTooLong(let source, let lines, let limit):
            let shown = lines.prefix(10).map(String.init).joined(separator: ", ") + (lines.count > 10 ? ", …" : "")
            return "\(source) has \(lines.count) rows longer than batch.sequence_length (\(limit)): lines \(shown). "
                + "Raise it, or set data.too_long to drop, truncate or split."
        case .tokenOutsideVocabulary(let id, let vocabulary, let line):
            return "line \(line) holds token \(id), but the model knows \(vocabulary) only. "
                + "The tokenizer belongs to another model: take the folder's own tokenizer.json."
        case .beyondContext(let tokens, let context):
            return "the longest row has \(tokens) tokens, but the model was made for \(context). "
                + "Lower batch.sequence_length to \(context) or less."
        case .nonFinite(let value): return value.description
        case .notEnoughSpace(let path, let needed, let free):
            return "\(path): a checkpoint needs \(ByteText.short(needed)) and \(ByteText.short(free)) are free. "
                + "Free some space or lower checkpoints.keep; the checkpoints before it are intact."
        case .cannotWrite(let path, let reason):
            return "\(path) cannot be written: \(reason). Check its permissions and the disk; "
                + "the checkpoints before it are intact."
        case .badCheckpoint(let path, let reason):
            return "\(path) is no checkpoint to go on from: \(reason). Resume from an older one."
        case .resumeDiffers(let checkpoint, let differences):
            return "\(checkpoint) belongs to another run: " + differences.joined(separator: "; ")
                + ". Resume with what it was made with, or start a new run."
        case .cancelled: return "stopped before the first step."
        case .busy(let run): return "run \(run) is live here. Stop it before starting another."
        case .noModelLoaded: return "no run is live, so there is no adapter in training to ask."
        }
    }
}

/// Where the first NaN or infinity of a run was seen. The weights are those before the step.
public struct NonFiniteValue: Sendable, Equatable, CustomStringConvertible {
    public enum Kind: String, Sendable { case loss, gradient, heldOutLoss = "held-out loss" }
    public var kind: Kind
    /// The update that was not made, counted from 1.
    public var step: Int
    /// Lines of the file that stood in the micro-batch.
    public var lines: [Int]
    /// The first parameter or block that is not finite, by its checkpoint key.
    public var layer: String?
    public var learningRate: Double

    public var description: String {
        let shown = lines.prefix(16).map(String.init).joined(separator: ", ") + (lines.count > 16 ? ", …" : "")
        let rows = lines.isEmpty ? "" : " on rows of lines \(shown)"
        let place = layer.map { ", first in \($0)" } ?? ""
        return "the \(kind.rawValue) is not finite at step \(step)\(rows)\(place). No update was made and the weights "
            + "before it are kept. Lower optimizer.learning_rate (now \(learningRate)) or raise the warm-up, "
            + "and look at those rows."
    }
}

/// Bytes for people, in powers of 1024.
enum ByteText {
    static func short(_ bytes: Int) -> String {
        var value = Double(bytes)
        for unit in ["B", "KiB", "MiB", "GiB"] {
            if value < 1024 { return unit == "B" ? "\(bytes) B" : "\((value * 10).rounded() / 10) \(unit)" }
            value /= 1024
        }
        return "\((value * 10).rounded() / 10) TiB"
    }
}
