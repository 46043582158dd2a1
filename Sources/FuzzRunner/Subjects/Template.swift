import ChatTemplates
import OrderedJSON

extension FuzzSubject {
    static let template = FuzzSubject(
        "template",
        words: [
            "{%", "%}", "{{", "}}", "{%- ", "-%}", "for ", " in ", "endfor", "if ", "endif", "set ", "macro ", "loop.",
            "namespace(", "|tojson", "|trim", "|join", "|map", "[::-1]", "generation", "range(", " ~ ", "is defined",
            "raise_exception(", "strftime_now(",
        ],
        seeds: {
            [
                "{% for m in messages %}{{ m.role + ': ' + m['content'] | trim }}{% if not loop.last %}\n{% endif %}{% endfor %}",
                "{%- set ns = namespace(n=0) -%}{%- macro f(x, y=2) -%}{{ x ** y // 3 }}{%- endmacro -%}"
                    + "{%- for i in range(3) if i is odd -%}{%- set ns.n = ns.n + f(i)|int -%}{%- endfor -%}{{ ns.n }}"
                    + "{{ messages[1:]|map(attribute='role')|list|tojson(indent=2) }}{% generation %}x{% endgeneration %}",
                "{{ 'a%5.2f' % 1.5 }}{{ '{:>5}'.format(3) }}{{ messages[::-1][0].content.split(' ')[-1]|upper }}",
            ].map { Array($0.utf8) } + FixtureSeeds.members(of: "templates/cases.jsonl", "template")
                + FixtureSeeds.members(of: "templates/snippets.jsonl", "template", limit: 400)
        },
        read: { bytes in
            guard let template = try? ChatTemplate(source: String(decoding: bytes, as: UTF8.self), name: "input") else {
                return
            }
            _ = try? template.render(templateContext)
        })

    private static let templateContext: JSONObject = [
        "messages": [
            ["role": "user", "content": "Hello there"], ["role": "assistant", "content": "Hi. \u{1F600}"],
        ],
        "tools": [["name": "f", "parameters": ["x": 1.5]]], "add_generation_prompt": true, "bos_token": "<s>",
        "eos_token": "</s>",
    ]
}
