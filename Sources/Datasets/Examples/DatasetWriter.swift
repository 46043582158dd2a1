import Foundation
public import OrderedJSON

/// Writes examples as JSON lines, in any of the shapes that reading knows.
public enum DatasetWriter {
    /// Writes a file beside the target and renames it, so that no reader ever sees half a file.
    /// - Parameters:
    ///   - examples: The rows.
    ///   - shape: Nil writes each row in the shape nearest to it.
    ///   - path: A file that is there already is replaced.
    /// - Returns: The number of rows.
    /// - Throws: `cannotExport` for a row that the shape cannot hold, before anything is written; `cannotWrite`.
    @discardableResult
    public static func write(
        _ examples: some Sequence<Example>, shape: RowShape? = nil, to path: String
    ) throws(DatasetError) -> Int {
        var text: [UInt8] = []
        var count = 0
        for example in examples {
            text.append(contentsOf: try row(example, shape: shape).serialized(.python).utf8)
            text.append(0x0A)
            count += 1
        }
        let beside = path + ".\(ProcessInfo.processInfo.processIdentifier).part"
        do {
            try Data(text).write(to: URL(fileURLWithPath: beside))
            let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: beside))
            try handle.synchronize()
            try handle.close()
        } catch {
            unlink(beside)
            throw .cannotWrite(path: path, reason: reason(error))
        }
        if rename(beside, path) != 0 {
            let code = errno
            unlink(beside)
            throw .cannotWrite(path: path, reason: ByteSource.reason(code))
        }
        return count
    }

    /// One row, with the fields that play no part after those of the shape.
    public static func row(_ example: Example, shape: RowShape? = nil) throws(DatasetError) -> JSONValue {
        let shape = shape ?? naturalShape(of: example)
        func refuse(_ reason: String) -> DatasetError {
            .cannotExport(line: example.line, shape: shape, reason: reason)
        }
        var members: JSONObject = [:]
        switch shape {
        case .messages:
            guard let (messages, tools) = conversation(example) else { throw refuse("it is no conversation") }
            members["messages"] = .array(messages.map(\.asJSON))
            members["tools"] = tools
        case .sharegpt:
            guard let (messages, tools) = conversation(example) else { throw refuse("it is no conversation") }
            members["conversations"] = .array(messages.map(shareGPT))
            members["tools"] = tools.map { .string($0.serialized(.python)) }
        case .alpaca:
            guard let row = alpaca(example) else {
                throw refuse("alpaca holds pairs of question and answer, with a system text before them and no tools")
            }
            members = row
        case .promptCompletion:
            guard let (prompt, completion) = pair(example) else {
                throw refuse("it is not one prompt and one answer")
            }
            members["prompt"] = .string(prompt)
            members["completion"] = .string(completion)
        case .text:
            guard case .text(let text) = example.content else { throw refuse("it has turns; render it first") }
            members["text"] = .string(text)
        case .preference:
            guard case .preference(let prompt, let chosen, let rejected) = example.content else {
                throw refuse("it has no rejected answer")
            }
            members["prompt"] = .array(prompt.map(\.asJSON))
            members["chosen"] = .array(chosen.map(\.asJSON))
            members["rejected"] = .array(rejected.map(\.asJSON))
        }
        for (key, value) in example.extra where members[key] == nil { members[key] = value }
        return .object(members)
    }

    public static func naturalShape(of example: Example) -> RowShape {
        switch example.content {
        case .chat: .messages
        case .completion: .promptCompletion
        case .text: .text
        case .preference: .preference
        }
    }

    private static func conversation(_ example: Example) -> ([ChatMessage], JSONValue?)? {
        switch example.content {
        case .chat(let messages, let tools): return (messages, tools)
        case .completion(let prompt, let completion):
            return (
                [ChatMessage(role: "user", content: prompt), ChatMessage(role: "assistant", content: completion)], nil
            )
        default: return nil
        }
    }

    private static func pair(_ example: Example) -> (String, String)? {
        switch example.content {
        case .completion(let prompt, let completion): return (prompt, completion)
        case .chat(let messages, nil):
            guard messages.count == 2, messages[0].role == "user", messages[1].isAnswer,
                messages.allSatisfy({ $0.extra.isEmpty && $0.trains == nil })
            else { return nil }
            return (messages[0].content, messages[1].content)
        default: return nil
        }
    }

    private static func alpaca(_ example: Example) -> JSONObject? {
        guard let (turns, tools) = conversation(example), tools == nil,
            turns.allSatisfy({ $0.extra.isEmpty && $0.trains == nil })
        else { return nil }
        var messages = turns
        var row: JSONObject = [:]
        var system: String?
        if messages.first?.role == "system" { system = messages.removeFirst().content }
        guard messages.count >= 2, messages.count.isMultiple(of: 2) else { return nil }
        for (index, message) in messages.enumerated() {
            guard message.role == (index.isMultiple(of: 2) ? "user" : "assistant") else { return nil }
        }
        row["instruction"] = .string(messages[messages.count - 2].content)
        row["input"] = ""
        row["output"] = .string(messages[messages.count - 1].content)
        row["system"] = system.map { .string($0) }
        let earlier = messages.dropLast(2)
        if !earlier.isEmpty {
            row["history"] = .array(
                stride(from: 0, to: earlier.count, by: 2).map {
                    [.string(earlier[$0].content), .string(earlier[$0 + 1].content)]
                })
        }
        return row
    }

    private static func shareGPT(_ message: ChatMessage) -> JSONValue {
        let names = ["user": "human", "assistant": "gpt", "tool": "observation"]
        var members: JSONObject = [
            "from": .string(names[message.role] ?? message.role), "value": .string(message.content),
        ]
        for (key, value) in message.extra where members[key] == nil { members[key] = value }
        if let trains = message.trains { members["train"] = .bool(trains) }
        return .object(members)
    }

    private static func reason(_ error: any Error) -> String {
        let error = error as NSError
        if let posix = error.userInfo[NSUnderlyingErrorKey] as? NSError, posix.domain == NSPOSIXErrorDomain {
            return ByteSource.reason(Int32(posix.code))
        }
        return error.localizedDescription
    }
}
