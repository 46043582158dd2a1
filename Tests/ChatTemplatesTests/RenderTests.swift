import ChatTemplates
import Foundation
import OrderedJSON
import Testing

@Suite struct RenderTests {
    private let now = Date(timeIntervalSince1970: 1_709_210_096)  // Thursday 2024-02-29 12:34:56 UTC

    @Test func strftimeNowPrintsTheGivenTime() throws {
        let zone = try #require(TimeZone(identifier: "UTC"))
        let template = try ChatTemplate(
            source:
                "{{ strftime_now('%d %B %Y|%Y-%m-%d|%b %-d|%A %a|%H:%M:%S|%I %p|%j|%y|%U %W %w %u|%e|%%|%F %T|%D|%c') }}",
            name: "t")
        let expected =
            "29 February 2024|2024-02-29|Feb 29|Thursday Thu|12:34:56|12 PM|060|24|08 09 4 4|29|%|2024-02-29 12:34:56"
            + "|02/29/24|Thu Feb 29 12:34:56 2024"
        #expect(try template.render([:], now: now, timeZone: zone).text == expected)
    }

    @Test func strftimeNowFollowsTheTimeZone() throws {
        let template = try ChatTemplate(source: "{{ strftime_now('%d %H') }}", name: "t")
        let tokyo = try #require(TimeZone(secondsFromGMT: 13 * 3600))
        #expect(try template.render([:], now: now, timeZone: tokyo).text == "01 01")
    }

    @Test func errorsNameTemplateLineAndCause() {
        let syntax = #expect(throws: TemplateError.self) {
            try ChatTemplate(source: "a\n\n{% if x %}\n{{ y }}", name: "llama")
        }
        #expect(syntax?.line == 4)
        #expect(syntax?.description.contains("chat template llama, line 4") == true)
        #expect(syntax?.description.contains("'if', opened in line 3") == true)
        let unknown = #expect(throws: TemplateError.self) {
            try ChatTemplate(source: "\n{{ x|nosuch }}\n\n", name: "t")
        }
        #expect(unknown?.line == 2)
        #expect(unknown?.cause == .syntax("No filter named 'nosuch'."))
        let run = #expect(throws: TemplateError.self) {
            try ChatTemplate(source: "{% macro m(a) %}\n{{ a.b.c }}\n{% endmacro %}\n{{ m({}) }}", name: "t").render([:]
            )
        }
        #expect(run?.line == 2)
        #expect(run?.cause == .undefined("'dict object' has no attribute 'b'"))
    }

    @Test func aRefusalIsToldFromAMistake() {
        let refusal = #expect(throws: TemplateError.self) {
            try ChatTemplate(source: "{{ raise_exception('roles must alternate') }}", name: "t").render([:])
        }
        #expect(refusal?.isRefusal == true)
        #expect(refusal?.raisedMessage == "roles must alternate")
        let mistake = #expect(throws: TemplateError.self) {
            try ChatTemplate(source: "{{ 1 + 'a' }}", name: "t").render([:])
        }
        #expect(mistake?.isRefusal == false)
    }

    @Test func theSandboxRefusesChangesAndInternals() {
        for source in ["{{ x.append(1) }}", "{{ d.update(x) }}", "{{ d.pop('a') }}"] {
            let error = #expect(throws: TemplateError.self) {
                try ChatTemplate(source: source, name: "t").render(["x": [1], "d": ["a": 1]])
            }
            if case .refused = error?.cause {} else { Issue.record("\(source): \(error?.description ?? "")") }
        }
    }

    @Test func generationRangesAreByteOffsets() throws {
        let template = try ChatTemplate(
            source: "größe {% generation %}é😀{% endgeneration %} {% generation %}x{% endgeneration %}", name: "t")
        let chat = try template.render([:])
        #expect(template.usesGenerationBlocks)
        #expect(chat.generationRanges == [8..<14, 15..<16])
        #expect(chat.text == "größe é😀 x")
    }

    @Test func generationInsideAPrintedMacroKeepsItsPlace() throws {
        let source = """
            {% macro turn(m) %}[{{ m }}:{% generation %}{{ m }}{% endgeneration %}]{% endmacro %}\
            ab{{ turn('x') }}{{ turn('yz') }}{% set kept = turn('q') %}{{ kept }}
            """
        let chat = try ChatTemplate(source: source, name: "t").render([:])
        #expect(chat.text == "ab[x:x][yz:yz][q:q]")
        #expect(chat.generationRanges == [5..<6, 11..<13])
    }

    @Test func templatesWithoutGenerationBlocksSaySo() throws {
        let template = try ChatTemplate(source: "{{ 1 }}", name: "t")
        #expect(!template.usesGenerationBlocks)
        #expect(try template.render([:]).generationRanges.isEmpty)
    }

    @Test func nullIsNoneAndAbsentIsUndefined() throws {
        let template = try ChatTemplate(
            source: "{{ tools is none }}{{ tools is defined }}{{ other is defined }}", name: "t")
        #expect(try template.render(["tools": nil]).text == "TrueTrueFalse")
    }

    @Test func theContextMayHideAFunction() throws {
        let template = try ChatTemplate(source: "{{ range }}{{ dict is callable }}", name: "t")
        #expect(try template.render(["range": "mine"]).text == "mineTrue")
    }

    @Test func oneTemplateRendersOnManyTasksAtOnce() async throws {
        let template = try ChatTemplate(
            source:
                "{% set ns = namespace(t='') %}{% for i in range(n) %}{% set ns.t = ns.t ~ i %}{% endfor %}{{ ns.t }}",
            name: "t")
        try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for count in 0..<16 {
                group.addTask { (count, try template.render(["n": .integer(count)]).text) }
            }
            for try await (count, text) in group { #expect(text == (0..<count).map(String.init).joined()) }
        }
    }
}
