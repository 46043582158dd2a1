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
        "{{ 'a'|center(9000000000000) }}",
        "{{ 'a b'|wordwrap(3, wrapstring='b' * 900000)|length }}{{ ('a ' * 90000)|wordwrap(1, wrapstring='b' * 900)|length }}",
        "{{ 'a'.zfill(9000000000) }}{{ 'a\t'.expandtabs(9000000000) }}",
        "{% for a in range(99999) %}{{ ('x' * 100000)|upper }}{% endfor %}",
        "{% set ns = namespace(x='a') %}{% for i in range(99) %}{% set ns.x %}{{ ns.x }}{{ ns.x }}{% endset %}{% endfor %}",
        "{% for a in range(99999) %}{{ range(99999)|sum }}{% endfor %}",
        "{% for a in range(99999) %}{{ ('a ' * 9999).split()|sort|length }}{% endfor %}",
        "{{ ('a b ' * 90000)|pprint|length }}",
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
        "{{ '%99999999999999999999d' % 1 }}", "{{ '%1000000000s' % 1 }}", "{{ '%.1000000000f' % 1.5 }}",
        "{{ '%*d' % (1000000000, 1) }}", "{{ '{:1000000000}'.format(1) }}", "{{ '{:.{}f}'.format(1.5, 1000000000) }}",
        "{{ '{:99999999999999999999}'.format(1) }}",
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

    @Test func changedBytesNeverDoMoreThanFail() throws {
        let seeds = try Fixtures.cases().map { Array($0.template.utf8) }.filter { $0.count > 8 }
        let context = try Fixtures.context()
        let limits = RenderLimits(steps: 20_000, outputBytes: 1 << 16, recursionDepth: 50, rangeItems: 1000)
        let spice = Array("{}%#|()[]'\"-+.,:~=*\\ \n09aen\u{00E9}".utf8)
        var state: UInt64 = 17
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
        var rendered = 0
        for _ in 0..<1500 {
            var bytes = seeds[next(seeds.count)]
            for _ in 0...next(4) {
                let place = next(bytes.count)
                switch next(4) {
                case 0: bytes.remove(at: place)
                case 1: bytes[place] = UInt8(next(256))
                case 2: bytes.insert(spice[next(spice.count)], at: place)
                default:
                    let other = seeds[next(seeds.count)]
                    bytes.insert(contentsOf: other.prefix(next(other.count)), at: place)
                }
                if bytes.isEmpty { bytes = [0x7B] }
            }
            let source = String(decoding: bytes, as: UTF8.self)
            if (try? ChatTemplate(source: source, name: "changed").render(context, limits: limits)) != nil {
                rendered += 1
            }
        }
        #expect(rendered > 50)
    }

    @Test func deepDataCanBePrintedOrIsRefused() throws {
        var value: JSONValue = 1
        for _ in 0..<500 { value = .array([value]) }
        #expect(try render("{{ x|tojson|length }} {{ x|string|length }}", ["x": value]) == "1001 1001")
        for _ in 0..<1000 { value = .array([value]) }
        #expect(isLimit(#expect(throws: TemplateError.self) { try render("{{ x }}", ["x": value]) }))
    }

    @Test func longSearchesAreLinear() throws {
        let source = """
            {% set s = 'a' * 200000 %}{% set t = 'a' * 100000 ~ 'b' %}{{ t in s }} {{ s.count(t) }} {{ s.rfind(t) }} \
            {{ (s ~ t ~ s).find(t) }} {{ (s ~ t ~ s).rfind(t) }} {{ (t * 3).split(t)|length }} {{ ('-' * 90000)|wordwrap(1)|length }}
            """
        #expect(try render(source) == "False 0 -1 200000 200000 4 179999")
    }

    @Test func longTextsAreRenderedInOneGo() throws {
        let text = String(repeating: "größe and more words\n", count: 20_000)
        let source =
            "{{ x|trim|length }} {{ x.split('\n')|length }} {{ x[::-1]|length }} {{ x.replace('ö', 'oe')|length }}"
        #expect(try render(source, ["x": .string(text)]) == "419999 20001 420000 440000")
    }
}
