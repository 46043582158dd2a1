import ChatTemplates
import OrderedJSON
import Testing

/// Templates come from strangers: whatever they hold, the worst is an error.
@Suite struct LimitTests {
    private func render(
        _ source: String, _ context: JSONObject = [:], _ limits: RenderLimits = .default
    ) throws(TemplateError) -> String {
        try ChatTemplate(source: source, name: "hostile").render(context, limits: limits).text
    }

    private func isLimit(_ error: TemplateError?) -> Bool {
        if case .limit = error?.cause { true } else { false }
    }

    @Test(arguments: [
        String(repeating: "(", count: 5000) + "1" + String(repeating: ")", count: 5000),
        String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000),
        String(repeating: "not ", count: 5000) + "1", String(repeating: "-", count: 5000) + "1",
        "1" + String(repeating: " + 1", count: 5000), "1" + String(repeating: " ** 1", count: 5000),
        "x" + String(repeating: ".x", count: 5000), "1" + String(repeating: "|abs", count: 5000),
        String(repeating: "1 if 1 else ", count: 5000) + "1", "1" + String(repeating: " or 1", count: 5000),
        String(repeating: "{1:", count: 5000) + "1" + String(repeating: "}", count: 5000),
    ])
    func deeplyNestedExpressionsAreRefused(_ expression: String) {
        let error = #expect(throws: TemplateError.self) { try render("{{ \(expression) }}") }
        #expect(isLimit(error), "\(error?.description ?? "")")
    }

    @Test func deeplyNestedStatementsAreRefused() {
        let source = String(repeating: "{% if 1 %}", count: 3000) + String(repeating: "{% endif %}", count: 3000)
        #expect(isLimit(#expect(throws: TemplateError.self) { try render(source) }))
    }

    @Test func nestingThatTemplatesUseIsAccepted() throws {
        let parentheses = String(repeating: "(", count: 40) + "1" + String(repeating: ")", count: 40)
        #expect(try render("{{ \(parentheses) }}{{ 1\(String(repeating: " + 1", count: 80)) }}") == "181")
        let blocks = String(repeating: "{% if 1 %}", count: 30) + "x" + String(repeating: "{% endif %}", count: 30)
        #expect(try render(blocks) == "x")
    }

    @Test(arguments: [
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% macro m(x) %}{{ ((((((m([x]))))))) }}{% endmacro %}{{ m(1) }}",
        "{% macro m(f) %}{% for a in [1] %}{% if a %}{{ 'x' ~ (m(f) ~ 'y') }}{% endif %}{% endfor %}{% endmacro %}{{ m(1) }}",
        "{% for x in [[1]] recursive %}{{ loop([x]) }}{% endfor %}",
        "{% set ns = namespace(x=1) %}{% for i in range(5000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}",
        "{% set ns = namespace(x=1) %}{% for i in range(5000) %}{% set ns.x = {1: ns.x} %}{% endfor %}{{ ns.x }}",
        "{% set ns = namespace(x=[]) %}{% for i in range(5000) %}{% set ns.x = [ns.x].count %}{% endfor %}{{ ns.x }}",
        "{% set ns = namespace(x='a') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
        "{% set ns = namespace(x=1) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
        "{% set ns = namespace(x=1) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x|tojson }}",
        "{% set ns = namespace(x=1, y=1) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}"
            + "{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
        "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}", "{{ 'a' * 9223372036854775807 }}",
        "{{ [1] * 9223372036854775807 }}", "{{ 'aaaa'|replace('a', 'b' * 60000000) }}",
        "{{ 'a'.ljust(9000000000000) }}", "{{ 'a\nb'|indent(9000000000000) }}",
        "{{ [[1]]|tojson(indent=9000000000000) }}",
        "{{ range(9223372036854775807) }}", "{{ range(-9223372036854775807, 9223372036854775807)|list }}",
        "{{ [1]|batch(900000000000, 1)|list }}", "{{ [1]|slice(900000000000)|list }}",
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    ])
    func costlyTemplatesEndInAnError(_ source: String) {
        let limits = RenderLimits(steps: 300_000, outputBytes: 1 << 20, recursionDepth: 200)
        let error = #expect(throws: TemplateError.self) { try render(source, [:], limits) }
        #expect(isLimit(error), "\(error?.description ?? "")")
    }

    @Test(arguments: [
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% macro m() %}{{ [((1 + (2 * (3 + (m()|length)))))] }}{% endmacro %}{{ m() }}",
        "{% macro m() %}{% if 1 %}{% with %}{% for x in [1] %}{% call w() %}{% endcall %}{% endfor %}{% endwith %}{% endif %}"
            + "{% endmacro %}{% macro w() %}{{ m() }}{{ caller() }}{% endmacro %}{{ m() }}",
    ])
    func endlessRecursionStaysWithinTheStack(_ source: String) {
        #expect(isLimit(#expect(throws: TemplateError.self) { try render(source) }))
    }

    @Test(arguments: [
        "{{ 9223372036854775807 + 1 }}", "{{ -9223372036854775807 - 2 }}", "{{ 9223372036854775807 * 2 }}",
        "{{ 2 ** 64 }}", "{{ (-9223372036854775807 - 1) // -1 }}", "{{ -(-9223372036854775807 - 1) }}",
        "{{ (-9223372036854775807 - 1)|abs }}", "{{ 99999999999999999999 }}", "{{ 0xfffffffffffffffffffff }}",
        "{{ '%99999999999999999999d' % 1 }}", "{{ '{:99999999999999999999}'.format(1) }}",
        "{{ '{a.b.c.d[0]}'.format(a=1) }}", "{{ 'abc'[::0] }}", "{{ 1 % 0 }}", "{{ 1.0 // 0 }}",
        "{{ 10.0 ** 400 }}", "{{ [1].sort() }}", "{{ '{'.format() }}", "{{ '%' % 1 }}", "{{ [1, 'a']|sort }}",
        "{{ {[]: 1} }}", "{{ {}[[1]].x }}", "{{ cycler() }}", "{{ '%(' % {} }}", "{{ [1]|slice(0)|list }}",
    ])
    func impossibleValuesAreErrorsNotTraps(_ source: String) {
        #expect(throws: TemplateError.self) { try render(source) }
    }

    @Test(arguments: [
        "{{ 'abc'[9223372036854775807:] }}{{ 'abc'[:-9223372036854775807:-9223372036854775807] }}",
        "{{ (-9223372036854775807 - 1) % -1 }}", "{{ 'x'[-9223372036854775807] }}{{ 'x'[9223372036854775807] }}",
        "{{ [1][-9223372036854775807] }}", "{{ range(3)[9223372036854775807] }}",
        "{{ (-9223372036854775807 - 1) is odd }}",
        "{{ 1e400 }}{{ 1e400|int }}", "{{ '9' * 400 }}{{ ('9' * 400)|int }}",
        "{{ 1234|round(-400) }}{{ 1.5|round(400) }}",
        "{{ 'a'.find('a', -9223372036854775807, 9223372036854775807) }}", "{{ 'a'.zfill(-9223372036854775807) }}",
        "{{ 'a'.split('b', 9223372036854775807) }}", "{{ 'abc'|truncate(9223372036854775807) }}",
        "{{ (-9223372036854775807 - 1)|round(-1) if false }}", "{{ 'a'.center(-9223372036854775807) }}",
    ])
    func extremeNumbersAreHarmless(_ source: String) throws {
        _ = try render(source)
    }

    @Test func aLoopThatLeaksNothingLeavesNoCycle() throws {
        let source = """
            {% set ns = namespace(m=none) %}{% for i in range(3000) %}{% macro m() %}{{ old }}{% endmacro %}\
            {% set old = ns.m %}{% set ns.m = m %}{% endfor %}done
            """
        #expect(try render(source) == "done")
    }

    @Test func everyPrefixOfATemplateParsesOrFails() {
        let source =
            "a{%- for k, v in x.items() if v -%}{{ k[1:-1]|join(',', attribute='n') ~ \"\\x41\" }}{# c #}"
            + "{% raw %}{{{% endraw %}{% else %}{% set a.b = {1: [2, (3,)]} %}{% endfor %}"
        for length in 0...source.count {
            _ = try? ChatTemplate(source: String(source.prefix(length)), name: "prefix").render([:])
        }
    }

    @Test func deepDataCanBePrintedOrIsRefused() throws {
        var value: JSONValue = 1
        for _ in 0..<500 { value = .array([value]) }
        #expect(try render("{{ x|tojson|length }} {{ x|string|length }}", ["x": value]) == "1001 1001")
        for _ in 0..<1000 { value = .array([value]) }
        #expect(isLimit(#expect(throws: TemplateError.self) { try render("{{ x }}", ["x": value]) }))
    }

    @Test func longTextsAreRenderedInOneGo() throws {
        let text = String(repeating: "größe and more words\n", count: 20_000)
        let source =
            "{{ x|trim|length }} {{ x.split('\n')|length }} {{ x[::-1]|length }} {{ x.replace('ö', 'oe')|length }}"
        #expect(try render(source, ["x": .string(text)]) == "419999 20001 420000 440000")
    }
}
