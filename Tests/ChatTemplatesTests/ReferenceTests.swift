import ChatTemplates
import Foundation
import OrderedJSON
import Testing

/// Byte equality with Jinja2.
@Suite struct ReferenceTests {
    /// What the clock of the fixtures shows: 2025-01-15 12:00 UTC.
    private let now = Date(timeIntervalSince1970: 1_736_942_400)

    /// Code point offsets of the UTF-8 ranges that were reported.
    private func codePoints(_ chat: RenderedChat) -> [Range<Int>] {
        let bytes = Array(chat.text.utf8)
        func count(_ end: Int) -> Int { String(decoding: bytes[..<end], as: UTF8.self).unicodeScalars.count }
        return chat.generationRanges.map { count($0.lowerBound)..<count($0.upperBound) }
    }

    @Test func everyTemplateOfOursGivesWhatJinjaGives() throws {
        let context = try Fixtures.context()
        let cases = try Fixtures.cases()
        #expect(cases.count >= 1300)
        let zone = try #require(TimeZone(identifier: "UTC"))
        for one in cases {
            do {
                let chat = try ChatTemplate(source: one.template, name: "t").render(
                    context, now: now, timeZone: zone)
                guard let expected = one.expected else {
                    Issue.record("\(one.name): \(one.template) should be refused, gave \(chat.text)")
                    continue
                }
                #expect(
                    Array(chat.text.unicodeScalars) == Array(expected.unicodeScalars), "\(one.name): \(one.template)")
                if !one.generation.isEmpty { #expect(codePoints(chat) == one.generation, "\(one.name)") }
            } catch {
                #expect(one.expected == nil, "\(one.name): \(one.template): \(error)")
            }
        }
    }

    @Test func refusalsNameTheLineThatJinjaNames() throws {
        let context = try Fixtures.context()
        // Of broken random texts the reference often names the line where its reading of the whole text stopped.
        for one in try Fixtures.cases() where one.expected == nil && !one.name.hasPrefix("random") {
            guard let line = one.line else { continue }
            let error = #expect(throws: TemplateError.self) {
                try ChatTemplate(source: one.template, name: "t").render(context)
            }
            #expect(error?.line == line, "\(one.name): \(one.template): \(error?.description ?? "")")
        }
    }

    @Test(.enabled(if: Fixtures.hasPublished, "shared/data/chat_templates is not beside the repository"))
    func everyPublishedTemplateGivesItsRecordedText() throws {
        var templates: [String: ChatTemplate] = [:]
        let zone = try #require(TimeZone(identifier: "UTC"))
        let rows = try Fixtures.rows(Fixtures.published.appending(path: "vectors.jsonl"))
        var matched = 0
        for row in rows {
            let name = row["template"]?.string ?? ""
            if templates[name] == nil {
                let source = try Fixtures.text(Fixtures.published.appending(path: name))
                templates[name] = try ChatTemplate(source: source, name: name)
            }
            let template = try #require(templates[name])
            var context = try #require(row.object)
            for key in ["template", "case", "expected", "error"] { context[key] = nil }
            let label = "\(name), \(row["case"]?.string ?? "")"
            let (text, refusal) = rendered(template, context, now: now, in: zone)
            let isSame =
                row["expected"]?.string.map { expected in text.map { $0.utf8.elementsEqual(expected.utf8) } ?? false }
                ?? (refusal != nil && refusal == row["error"]?.string)
            #expect(isSame, "\(label): \(text ?? refusal ?? "")")
            matched += isSame ? 1 : 0
        }
        #expect(matched == rows.count, "\(matched) of \(rows.count) rows")
    }

    /// The text, or why there is none.
    private func rendered(
        _ template: ChatTemplate, _ context: JSONObject, now: Date, in zone: TimeZone
    ) -> (text: String?, refusal: String?) {
        do throws(TemplateError) {
            return (try template.render(context, now: now, timeZone: zone).text, nil)
        } catch {
            return (nil, error.raisedMessage ?? error.description)
        }
    }
}
