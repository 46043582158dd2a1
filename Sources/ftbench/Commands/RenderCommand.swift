import ArgumentParser
import ChatTemplates
import Datasets
import Foundation
import OrderedJSON

/// Messages through a chat template, as the model will see them.
struct RenderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render", abstract: "Render messages through a chat template.",
        discussion: """
            The file holds a list of messages, or an object with `messages`, `tools` and whatever else the template
            reads (`bos_token`, `enable_thinking`, …).
            """)

    @OptionGroup var options: CommonOptions
    @Option(help: "Model folder or a model of the workspace.") var model: String?
    @Option(help: "A template file alone.") var template: String?
    @Option(help: "JSON file with the messages.") var messages: String
    @Flag(name: .customLong("generation-prompt"), help: "End with the start of an answer.") var generationPrompt = false
    @Flag(help: "Show tokens and which are trained.") var tokens = false
    @Option(help: ArgumentHelp("Fix the template's clock.", valueName: "yyyy-mm-dd")) var now: String?

    func validate() throws {
        if (model == nil) == (template == nil) { throw ValidationError("Give one of --model and --template.") }
        if tokens, model == nil { throw ValidationError("--tokens needs --model: a template alone has no tokenizer.") }
        if let now, Self.date(now) == nil {
            throw ValidationError("--now takes a date such as 2025-01-31, not '\(now)'.")
        }
    }

    func run() throws {
        let clock = now.flatMap(Self.date) ?? Date()
        let conversation = try Conversation(path: messages)
        let wantsPrompt = generationPrompt || conversation.variables["add_generation_prompt"]?.bool == true
        if let template {
            let parsed = try ChatTemplate(source: try TextFile.read(template), name: template)
            var context = conversation.variables
            context["messages"] = TemplateMessage.withReasoningNames(.array(conversation.messages))
            context["tools"] = conversation.tools ?? .null
            context["documents"] = context["documents"] ?? .null
            context["add_generation_prompt"] = .bool(wantsPrompt)
            show(try Self.refusing { try parsed.render(context, now: clock).text }, nil)
            return
        }
        let text = try ModelText.loadAny(try NamedThings.forText(options).modelPath(model ?? ""))
        guard tokens else {
            show(try conversation.render(text, addGenerationPrompt: wantsPrompt, now: clock), nil)
            return
        }
        if wantsPrompt {
            let rendered = try conversation.render(text, addGenerationPrompt: true, now: clock)
            let ids = try conversation.promptIDs(text, now: clock)
            show(rendered, (ids, ids.map { _ in false }))
            return
        }
        var renderer = ExampleRenderer(text: text, trainOn: .answers)
        renderer.now = clock
        renderer.extraVariables = conversation.variables
        let tokenized = try renderer.inspect(
            Example(content: .chat(try conversation.chatMessages(), tools: conversation.tools), line: 1))
        show(tokenized.renderedText, (tokenized.ids, tokenized.trained))
    }

    /// What a template says through `raise_exception` is for the reader as it stands.
    static func refusing<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as TemplateError {
            throw Failure(error.raisedMessage ?? error.description)
        }
    }

    private func show(_ text: String, _ tokens: (ids: [Int32], trained: [Bool])?) {
        if options.json {
            var object: JSONObject = ["text": .string(text)]
            if let tokens {
                object["ids"] = .array(tokens.ids.map { .integer(Int($0)) })
                object["trained"] = .array(tokens.trained.map { .bool($0) })
            }
            Output.json(.object(object))
        } else if let tokens {
            Output.line(text)
            let trained = tokens.trained.count(where: \.self)
            Output.line("\n\(tokens.ids.count) tokens, \(trained) trained")
            Output.line(zip(tokens.ids, tokens.trained).map { $1 ? "[\($0)]" : "\($0)" }.joined(separator: " "))
        } else {
            Output.line(text)
        }
    }

    static func date(_ text: String) -> Date? {
        let parts = text.split(separator: "-").map { Int($0) }
        guard parts.count == 3, let year = parts[0], let month = parts[1], let day = parts[2] else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone.current
        return DateComponents(calendar: calendar, year: year, month: month, day: day, hour: 12).date
    }
}
