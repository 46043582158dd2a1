"""Writes cases.jsonl: small templates of ours and what Jinja2 makes of them.

Run with Python and jinja2 3.1.6; the environment is set up as model folders expect it. Every case is
{"name", "template", "context", "expected"} or, where Jinja2 refuses, {"name", "template", "context", "error"[, "line"]};
cases with {% generation %} carry "generation": code point ranges of the text.
"""

import copy
import datetime
import json
import pathlib
import signal
import warnings

import jinja2
import random_templates
from transformers.utils import chat_template_utils

MESSAGES = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello!", "tool_calls": [{"name": "f", "arguments": {"x": 1, "s": "é"}}]},
    {"role": "user", "content": "Bye"},
]
CONTEXT = {
    "messages": MESSAGES,
    "tools": None,
    "add_generation_prompt": True,
    "bos_token": "<s>",
    "eos_token": "</s>",
    "n": 7,
    "f": 2.5,
    "big": 1e16,
    "tiny": 1e-7,
    "words": ["pear", "Apple", "fig", "apple"],
    "nested": {"b": [1, 2.0, None, True], "a": {"k": "v'\"<>&"}},
    "people": [{"name": "Zoe", "age": 30, "town": "Rome"}, {"name": "abe", "age": 4}, {"name": "Bo", "age": 30, "town": "Oslo"}],
    "text": "  The quick\tbrown\n fox — größe 😀 e\u0301  ",
    "empty": [],
}


class FixedClock(datetime.datetime):
    """`datetime.now()` of the templates."""

    @classmethod
    def now(cls, tz=None):
        return cls(2025, 1, 15, 12, 0, 0)


chat_template_utils.datetime = FixedClock
compile_template = chat_template_utils._cached_compile_jinja_template


def rendered(template):
    """What transformers makes of a template: expected text and generation ranges, or error and line."""
    signal.setitimer(signal.ITIMER_REAL, 5)
    try:
        compiled = compile_template(template)
        blocks, ranges = [], []
        with compiled.environment.activate_tracker(blocks, ranges):
            for block in compiled.generate(**copy.deepcopy(CONTEXT)):
                blocks.append(block)
        row = {"expected": "".join(blocks)}
        row["expected"].encode()
        if ranges:
            row["generation"] = ranges
        return row
    except jinja2.TemplateSyntaxError as error:
        return {"error": str(error.message), "line": error.lineno}
    except Exception as error:  # every refusal counts, whatever its class
        row = {"error": f"{type(error).__name__}: {error}"[:160]}
        trace, line = error.__traceback__, None
        while trace:
            if trace.tb_frame.f_code.co_filename == "<template>":
                line = trace.tb_lineno
            trace = trace.tb_next
        if line:
            row["line"] = line
        return row
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


CASES = {}


def add(group, *templates):
    for template in templates:
        CASES[f"{group} {sum(1 for name in CASES if name.rsplit(' ', 1)[0] == group) + 1}"] = template


add("whitespace",
    "a\n  {% if true %}\n  b\n  {% endif %}\nc\n", "a  {%- if true -%}  b  {%- endif -%}  c",
    "a\n  {%+ if true %}\n b\n{% endif +%}\nc", "{{ 1 }}\n{{ 2 }}\n\n", "x\n\n", "x\n", "  {{ n }}  \n  {{- n -}}  \n y",
    "a\n  {# note #}\n  b {# more #} c\n{#- tight -#}\n d", "a {% raw %}{{ n }} {% if %}{% endraw %}\n b",
    "  {%- raw -%}  {{ x }}  {%- endraw -%}  z", "\t{% set a = 1 %}\t\n{{ a }}", "a\r\nb\rc\n{{ 'x\r\ny' }}",
    "{% for m in messages %}\n  {{ m.role }}\n{% endfor %}\nend", "x {% if true %} y {% endif %} z",
    "{% if true %}\n\n a\n{% endif %}", "one\n   {#+ c +#}\n two", "{{ 'a' }}   {% if 1 %}b{% endif %}\n   c",
    "\n\n{% if true %}x{% endif %}\n\n", "a\v{% if true %} b{% endif %}", "\u00a0 {% if true %}x{% endif %}")
add("output",
    "{{ none }} {{ true }} {{ False }} {{ n }} {{ f }} {{ big }} {{ tiny }}", "{{ [1, 'a', none, 2.0, (3,), {'k': \"it's\"}] }}",
    "{{ ('a\\n\\t\\\\b', '\\x00é😀\\u200b') }}", "{{ nested }}", "{{ () }} {{ (1,) }} {{ 1, 2 }} {{ {} }}",
    "{{ 1e22 }} {{ 1e15 }} {{ 123456789012345680.0 }} {{ 0.1 + 0.2 }} {{ 1e-5 }} {{ 0.0001 }} {{ -0.0 }}",
    "{{ 'a' 'b' \"c\" }}", "{{ 0x1F }} {{ 0b11 }} {{ 0o17 }} {{ 1_000 }} {{ 1_0.5e1 }}", "{{ range(3) }} {{ range(1, 9, 3)|list }}",
    "{{ nested.items() }} {{ nested.keys() }} {{ nested.b.count(2) }}", "{{ namespace(a=1, b='x') }}",
    "{{ 9007199254740993 }} {{ 1.0 }} {{ 1e300 * 1e10 }} {{ 5e-324 }} {{ 9999999999999998.0 }} {{ 12000000000000000.0 }}")
add("undefined",
    "[{{ nope }}]", "[{{ messages[0].nope }}]", "{{ nope is defined }} {{ nope is undefined }} {{ not nope }}",
    "{% for x in nope %}x{% else %}none{% endfor %}", "{{ nope|length }} {{ nope|default('d') }} {{ ''|default('e', true) }} {{ none|default('z') }}",
    "{{ nope == nope2 }} {{ nope == none }} {{ 'a' in nope }}", "{{ nope.x }}", "{{ nope + 1 }}", "{{ messages[0].a.b }}",
    "{{ messages[9] }}|{{ messages[0]['x'] }}", "{{ 'yes' if false }}|", "{{ nope() }}", "{{ nope|list }} {{ nope|join(',') }} {{ nope ~ 'x' }}",
    "{{ (nope or 'x') }} {{ nope is none }} {{ nope is string }} {{ nope is iterable }} {{ nope is sequence }} {{ nope is mapping }}",
    "{{ nope < 1 }}", "{{ [nope] }}", "{{ {}|first is defined }}{{ []|first }}{{ []|last }}|", "{{ nope|trim }}{{ nope|upper }}|{{ nope|string }}", "{{ nope|tojson }}",
    "{{ -nope }}", "{{ nope[0] }}", "{{ none.x }}|{{ none['y'] }}", "{{ (1).x }}|{{ 'abc'.nope }}|{{ [1].nope }}")
add("arithmetic",
    "{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 7 / 2 }} {{ 4 / 2 }}", "{{ 2 ** 10 }} {{ 2 ** -1 }} {{ 2 ** 3 ** 2 }} {{ -2 ** 2 }}",
    "{{ 7.5 // 2 }} {{ -7.5 % 2 }} {{ 1.5 + 1 }} {{ 3 * 1.5 }} {{ true + true }}", "{{ 'ab' * 3 }} {{ 2 * 'x' }} {{ [1] * 2 + [3] }} {{ (1,) + (2,) }}",
    "{{ 1 ~ 2.0 ~ none ~ 'x' ~ [1] }}", "{{ 1 + 2 ~ 3 + 4 }}", "{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 'a' < 'b' }} {{ [1, 2] < [1, 3] }} {{ 1 == 1.0 == true }}",
    "{{ 1 in [1, 2] }} {{ 'ell' in 'hello' }} {{ 'role' in messages[0] }} {{ 3 not in (1, 2) }} {{ not 1 in [1] }}", "{{ 'a' + 1 }}", "{{ 1 / 0 }}",
    "{{ 1 // 0 }}", "{{ 1 < 'a' }}", "{{ 1 in 'abc' }}", "{{ 1 in 5 }}", "{{ '%s is %d, %.2f %5s|%-5s|%05d %x %%' % ('a', 3, 2.5, 'r', 'l', 42, 255) }}", "{{ '%(a)s' % {'a': 1} }}",
    "{{ -5|abs }} {{ (-5)|abs }} {{ - 3 + + 4 }}", "{{ 1 and 0 }} {{ 0 or 'x' }} {{ '' or none }} {{ not '' }} {{ 1 and 'b' or 'c' }}", "{{ 'x' if 1 > 2 else 'y' if 0 else 'z' }}", "{{ 2.0 ** 0.5 }} {{ 10 ** 2 }} {{ 1e3 }} {{ 7 // 2.0 }}")
add("slices",
    "{{ 'hello'[1:3] }} {{ 'hello'[::-1] }} {{ 'hello'[-3:] }} {{ 'hello'[:-1] }} {{ 'hello'[10:] }}|{{ 'hello'[3:1] }}", "{{ [1,2,3,4,5][::2] }} {{ [1,2,3,4,5][::-2] }} {{ [1,2,3][5:] }} {{ [1,2,3][-9:2] }} {{ (1,2,3)[1:] }}",
    "{{ 'größe😀e\u0301x'[2:] }} {{ 'größe😀'|length }} {{ 'größe😀'[-1] }} {{ 'e\u0301'|length }} {{ 'a\r\nb'|length }}", "{{ messages[1:][0].content }} {{ messages[-1].role }} {{ messages[::-1][0].role }}",
    "{{ 'abc'[0] }}{{ 'abc'[-1] }}{{ 'abc'[5] }}", "{{ 'abc'[::0] }}", "{{ 'abcdef'[4:1:-1] }} {{ 'abcdef'[-2::-2] }} {{ range(10)[2:5]|list }} {{ range(5)[-1] }}", "{{ [1, 2, 3][none:2] }} {{ 'abc'[true] }}", "{{ [[1, 2], [3]].0.1 }} {{ messages.1.content }}")
add("loops",
    "{% for x in [1,2,3] %}{{ loop.index }}/{{ loop.length }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }} {% endfor %}",
    "{% for x in 'abc' %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }} {% endfor %}", "{% for x in [1,2,3,4] if x is even %}{{ x }}{{ loop.index }}{{ loop.last }}{% endfor %}",
    "{% for x in [1,2,3,4] if x > 2 %}{{ loop.length }}{{ loop.revindex }} {% endfor %}", "{% for k, v in nested.items() %}{{ k }}={{ v }};{% endfor %}", "{% for k in nested %}{{ k }}{% endfor %}",
    "{% for a, (b, c) in [(1, (2, 3)), (4, (5, 6))] %}{{ a }}{{ b }}{{ c }} {% endfor %}", "{% for x in [] %}x{% else %}empty{% endfor %}", "{% for x in [1,2,3,4,5] %}{% if x == 2 %}{% continue %}{% elif x == 4 %}{% break %}{% endif %}{{ x }}{% endfor %}",
    "{% for x in [1,1,2] %}{{ loop.changed(x) }} {{ loop.cycle('a', 'b') }} {% endfor %}", "{% for x in [1,2] %}{% for y in 'ab' %}{{ loop.index }}{% endfor %}{{ loop.index }} {% endfor %}",
    "{% set x = 0 %}{% for i in [1,2,3] %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}", "{% for n2 in [[1,[2,[3]]]] recursive %}{% if n2 is iterable and n2 is not string %}[{{ loop.depth }}{{ loop(n2) }}]{% else %}{{ n2 }}{% endif %}{% endfor %}",
    "{% for x in 5 %}{% endfor %}", "{% for a, b in [(1, 2, 3)] %}{% endfor %}", "{% for x in range(3, 0, -1) %}{{ x }}{% endfor %} {% for i in range(0) %}z{% else %}no{% endfor %}", "{% for m in messages if m.role == 'user' %}{{ loop.index }}:{{ m.content }}{% if not loop.last %}, {% endif %}{% endfor %}",
    "{% for x in [1,2,3] %}{% if loop.last %}{{ loop }}{% endif %}{% endfor %}", "{% for x in none %}{% endfor %}", "{% for i in range(100001) %}{% endfor %}", "{% break %}", "{% for loop in [1] %}{% endfor %}",
    "{% for x in [3,1] %}{{ x }}{% set loop2 = loop %}{% endfor %}{{ loop2 is defined }} {{ loop is defined }} {{ x is defined }}")
add("set",
    "{% set a, b = 1, 2 %}{{ a }}{{ b }}", "{% set a = [1, 2], 3 %}{{ a }}", "{% set t %} hi {{ n }} {% endset %}[{{ t }}]", "{% set t | upper | trim %} hi {% endset %}[{{ t }}]", "{% set ns = namespace(x=1, seen=[]) %}{% for i in [1,2] %}{% set ns.x = ns.x + i %}{% set ns.seen = ns.seen + [i] %}{% endfor %}{{ ns.x }}{{ ns.seen }}{{ ns.nope }}",
    "{% set d = {'a': 1} %}{% set d.a = 2 %}{{ d }}", "{% if true %}{% set q = 1 %}{% endif %}{{ q }}", "{% with a = 1, b = n %}{{ a }}{{ b }}{% set c = 3 %}{% endwith %}{{ c is defined }}", "{% set a, b = 1, 2, 3 %}", "{% set ns = namespace({'k': 1}) %}{% set ns.k, y = 5, 6 %}{{ ns.k }}{{ y }}", "{% filter upper %}abc {{ n }}x{% endfilter %}", "{% set 5 = 1 %}", "{% set x = 1 %}{% set t %}{% set x = 2 %}{{ x }}{% endset %}{{ t }}{{ x }}", "{% block title %}T{{ n }}{% endblock title %}", "{% print 1, 'a' %}", "{% autoescape false %}{{ '<' }}{% endautoescape %}")
add("macros",
    "{% macro m(a, b=2, c='x') %}{{ a }}-{{ b }}-{{ c }};{% endmacro %}{{ m(1) }}{{ m(1, c='z') }}{{ m(a=3, b=4) }}", "{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, k=3) }}", "{% macro m(a) %}[{{ a }}]{% endmacro %}{{ m() }}", "{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", "{% macro m(a) %}{% endmacro %}{{ m(z=2) }}",
    "{% macro wrap(t) %}<{{ t }}>{{ caller() }}</{{ t }}>{% endmacro %}{% call wrap('b') %}in {{ n }}{% endcall %}", "{% macro each(xs) %}{% for x in xs %}{{ caller(x, loop.index) }}{% endfor %}{% endmacro %}{% call(v, i) each('ab') %}{{ i }}{{ v }} {% endcall %}", "{% macro fact(k) %}{% if k <= 1 %}1{% else %}{{ k }}*{{ fact(k - 1) }}{% endif %}{% endmacro %}{{ fact(4) }}", "{% macro m(x) %}{{ x }}{{ n }}{{ g }}{% endmacro %}{% set g = 'late' %}{{ m(1) }}",
    "{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(1, 2) }}", "{% macro m(a=[]) %}{{ a|length }}{% endmacro %}{{ m.name }}{{ m.arguments }}{{ m([1]) }}", "{% for x in [1, 2] %}{% macro m() %}{{ x }}{% endmacro %}{{ m() }}{% endfor %}", "{% set r = [1, 2]|map('string')|list %}{% macro m(a) %}{{ a }}{% endmacro %}{{ m(*r[:1]) }}{{ m(**{'a': 5}) }}", "{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}", "{% macro m(a) %} {{- a -}} {% endmacro %}[{{ m('x') }}]{{ m('y') is string }}{{ m(' z ')|trim|length }}", "{% macro out() %}{% set g = 1 %}{{ g }}{% endmacro %}{{ out() }}{{ g is defined }}")
add("filters",
    "{{ 'hello world-foo (bar) o\\'neil'|title }} {{ 'ÉCOLE ß'|lower }} {{ 'straße ǆ'|upper }} {{ 'hELLO'|capitalize }}", "{{ '  x '|trim }}|{{ 'xxaxx'|trim('x') }}|{{ ' \u3000a\u00a0'|trim }}|", "{{ 'a,b'|replace(',', ';') }} {{ 'aaa'|replace('a', 'b', 2) }} {{ 12|replace(1, 'x') }} {{ 'ab'|replace('', '-') }}", "{{ [3,1,2]|sort }} {{ words|sort }} {{ words|sort(case_sensitive=true) }} {{ words|sort(reverse=true) }}", "{{ people|sort(attribute='age,name')|map(attribute='name')|join(',') }}", "{{ words|unique|list }} {{ [1, 1.0, true, 2]|unique|list }}", "{{ people|map(attribute='town', default='?')|list }} {{ words|map('upper')|join('-') }} {{ words|map('replace', 'p', 'P')|list }}",
    "{{ people|selectattr('town', 'defined')|map(attribute='name')|list }} {{ people|rejectattr('age', '>', 10)|list|length }} {{ people|selectattr('town')|list|length }}", "{{ [1,2,3,0]|select|list }} {{ [1,2,3]|reject('odd')|list }} {{ [1,2,3]|select('divisibleby', 3)|list }} {{ ['a', 1]|select('string')|list }}", "{{ [1,2,3]|sum }} {{ people|sum(attribute='age') }} {{ [[1],[2]]|sum(start=[]) }}", "{{ [1, 'a', none]|join(', ') }} {{ people|join('; ', attribute='name') }} {{ 'abc'|join('.') }}", "{{ [3,1,2]|min }} {{ ['b','A']|min }} {{ people|max(attribute='age') }} {{ []|max }}|",
    "{{ '42'|int }} {{ '42.9'|int }} {{ 'x'|int(5) }} {{ '0x1f'|int(0, 16) }} {{ 3.99|int }} {{ '1e3'|int }} {{ true|int }} {{ ' 7 '|int }} {{ 'ff'|int(base=16) }}", "{{ '1.5'|float }} {{ 'x'|float(2) }} {{ 3|float }} {{ '1e5'|float }} {{ 'inf'|float }}", "{{ 2.5|round }} {{ 3.14159|round(2) }} {{ 2.567|round(1, 'floor') }} {{ 2.1|round(method='ceil') }} {{ 7|round }} {{ 1234|round(-2) }} {{ 2.675|round(2) }} {{ 0.5|round }} {{ 1.5|round|int }}", "{{ 'a\\nb\\n\\nc'|indent }}|{{ 'a\\nb'|indent(2, true) }}|{{ 'a\\n\\nb'|indent('>', blank=true) }}", "{{ 'the quick brown fox'|wordcount }} {{ 'a_b c-d'|wordcount }}",
    "{{ nested|dictsort }} {{ {'b': 1, 'A': 2, 'c': 0}|dictsort(by='value') }} {{ {'b': 1, 'A': 2}|dictsort(true, reverse=true) }}", "{{ [1,2,3]|first }} {{ [1,2,3]|last }} {{ 'abc'|first }} {{ 'abc'|last }} {{ {'k': 1}|first }}", "{{ [1,2,3]|reverse|list }} {{ 'abc'|reverse }} {{ nested|items|list|length }} {{ 'ab'|list }} {{ nested|list }}", "{{ [1,2,3,4,5]|batch(2)|list }} {{ [1,2,3]|batch(2, 'x')|list }} {{ [1,2,3,4,5]|slice(3)|list }} {{ [1,2,3,4,5]|slice(3, 'f')|list }}",
    "{% for g in people|groupby('age') %}{{ g.grouper }}:{{ g.list|length }} {% endfor %}{% for t, l in people|groupby('town', default='-') %}{{ t }}{{ l|map(attribute='name')|list }}{% endfor %}", "{{ '<a href=\"x\">&\\'</a>'|e }} {{ '<b>'|safe }} {{ ('<b>'|safe) + '<i>' }} {{ '<'|escape|escape }} {{ ('<'|safe) ~ '<' }}", "{{ 'a'|center(5) }}|{{ 'ab'|center(5) }}|{{ 'abc'|center(6) }}|", "{{ 'foo bar baz qux'|truncate(9) }} {{ 'foo bar baz qux'|truncate(9, true) }} {{ 'foo bar baz'|truncate(9) }} {{ 'foo bar baz qux'|truncate(11, false, '…', 0) }}", "{{ '%s-%s'|format('a', 1) }} {{ '%(x)s'|format(x=2) }}", "{{ n|string + 'x' }} {{ none|string }} {{ [1]|string|length }}",
    "{{ 'x'|nosuch }}", "{% if false %}{{ 'x'|nosuch }}{% endif %}ok", "{{ 'x'|nosuch if false else 'fine' }}", "{{ words|map('nosuch')|list }}", "{{ 5|length }}", "{{ nested|attr('items') is callable }}|{{ nested|attr('b') }}|", "{{ ([1,2]|select('odd')) is sequence }} {{ 'T' if ([]|select) else 'F' }} {{ ([1]|map('string'))[0] }}|", "{{ -3.7|abs }} {{ -3.7|int }} {{ 'a b'|upper|replace(' ', '_')|lower }}", "{% set g = [1,2]|map('string') %}{{ g|join }}{{ g|join }}|", "{{ 1 if 'upper' is filter }}{{ 1 if 'nosuch' is filter else 0 }}{{ 'odd' is test }}")
add("tojson",
    "{{ nested|tojson }}", "{{ nested|tojson(indent=2) }}", "{{ messages[2]|tojson(indent=4) }}", "{{ 'é😀<&>\\u0001\\n\\t\"\\\\/\\x7f'|tojson }}", "{{ {1: 'a', true: 'b', none: 'c', 2.5: 'd'}|tojson }}", "{{ [none, true, 1.0, 1e16, 1e-7, [], {}]|tojson }}", "{{ {'b': 1, 'a': 2}|tojson(sort_keys=true) }} {{ [1, 2]|tojson(separators=(',', ':')) }} {{ 'é😀'|tojson(ensure_ascii=true) }}", "{{ [[], [1], {}]|tojson(indent=0) }}|{{ {'a': (1, 2)}|tojson(indent='\\t') }}", "{{ {(1, 2): 3}|tojson }}", "{{ (1, 'x')|tojson }} {{ n|tojson }} {{ range(2)|list|tojson }} {{ text|tojson }}", "{{ range(2)|tojson }}", "{{ messages|tojson(indent=1) }}", "{{ ('<'|safe)|tojson }} {{ nested|tojson|length }} {{ {'a': [1, {'b': []}]}|tojson(indent=3, separators=(' ,', ' : ')) }}")
add("tests",
    "{{ 1 is odd }} {{ 2 is even }} {{ 6 is divisibleby 3 }} {{ 6 is divisibleby(4) }}", "{{ 'a' is string }} {{ 1 is number }} {{ true is number }} {{ 1.0 is float }} {{ 1 is integer }} {{ true is integer }} {{ true is boolean }}", "{{ {} is mapping }} {{ [] is sequence }} {{ 'a' is sequence }} {{ {} is sequence }} {{ [] is iterable }} {{ 1 is iterable }} {{ {}.items() is sequence }} {{ range(2) is sequence }}", "{{ none is none }} {{ 0 is none }} {{ false is false }} {{ 0 is false }} {{ 1 is true }}", "{{ 'ab' is lower }} {{ 'AB' is upper }} {{ 'Ab' is lower }} {{ '1' is upper }}", "{{ 1 is eq 1 }} {{ 1 is ne(2) }} {{ 3 is gt 2 }} {{ 2 is in [1, 2] }} {{ 2 is not in [1] }} {{ 1 is sameas 1 }} {{ 1 is sameas true }}", "{{ range is callable }} {{ 1 is callable }} {{ nope is not defined }} {{ not 1 is odd }}", "{{ 1 is nosuch }}", "{{ 1 is odd is even }}", "{{ n is defined and n is not none and n > 3 }}", "{{ ('a'|safe) is escaped }} {{ 'a' is escaped }}", "{% if messages[0]['role'] is defined and messages[0].x is not defined %}y{% endif %}")
add("methods",
    "{{ 'a b  c'.split() }} {{ 'a,b,c'.split(',') }} {{ 'a,b,c'.split(',', 1) }} {{ 'a b c d'.split(none, 2) }} {{ 'a,b,c'.rsplit(',', 1) }} {{ ' a b '.rsplit(maxsplit=1) }}", "{{ 'a\\nb\\r\\nc\\x0bd\\n'.splitlines() }} {{ 'a\\nb\\r\\n'.splitlines(true) }}", "{{ ' x '.strip() }}|{{ 'xxaxx'.strip('x') }}|{{ ' a '.lstrip() }}|{{ ' a '.rstrip() }}|{{ '<think>a'.lstrip('<think>') }}", "{{ 'hello'.startswith('he') }} {{ 'hello'.endswith(('x', 'lo')) }} {{ 'hello'.startswith('l', 2) }} {{ 'hello'.endswith('') }} {{ 'e\u0301'.startswith('e') }}", "{{ 'hello'.find('l') }} {{ 'hello'.rfind('l') }} {{ 'hello'.find('z') }} {{ 'größe'.index('e') }} {{ 'aaa'.count('a') }} {{ 'aaaa'.count('aa') }} {{ 'hello'.find('l', 3) }}", "{{ 'a-b'.partition('-') }} {{ 'ab'.partition('-') }} {{ 'a-b-c'.rpartition('-') }}", "{{ '-'.join(['a', 'b']) }} {{ ''.join([1]) }}", "{{ 'aXbX'.replace('X', 'y', 1) }} {{ 'ab'.replace('', '.') }} {{ 'é'.replace('é', 'e') }}", "{{ 'abc'.upper() }} {{ 'ABC'.lower() }} {{ 'they\\'re o-k'.title() }} {{ 'hELLO'.capitalize() }} {{ 'aB'.swapcase() }}", "{{ '12'.isdigit() }} {{ '²'.isdigit() }} {{ '½'.isnumeric() }} {{ '²'.isdecimal() }} {{ 'a1'.isalnum() }} {{ 'é'.isalpha() }} {{ ' '.isspace() }} {{ ''.isdigit() }} {{ 'Ab'.istitle() }}",
    "{{ '{} {1} {0} {x}'.format(1, 2, x=3) }}", "{{ '{1} {0} {x}'.format(1, 2, x=3) }}", "{{ '{0} {}'.format(1, 2) }}", "{{ '{} {} {x!r:>5} {y[k]} {{}}'.format(1, 'a', x='b', y={'k': 5}) }}", "{{ '{:.2f}|{:>6}|{:<6}|{:^6}|{:06d}|{:x}|{:,}|{:%}|{:e}|{:+d}|{:*^7}'.format(3.14159, 'a', 'b', 'c', 42, 255, 1234567, 0.25, 12345.678, 5, 'm') }}", "{{ 'a'.ljust(3) }}|{{ 'a'.rjust(3, '.') }}|{{ 'ab'.center(5) }}|{{ '-7'.zfill(4) }}|{{ 'a\\tb'.expandtabs(4) }}", "{{ 'prefix-x'.removeprefix('prefix-') }} {{ 'x.txt'.removesuffix('.txt') }}", "{{ nested.get('a') }} {{ nested.get('zz') }} {{ nested.get('zz', 1) }} {{ nested.keys()|list }} {{ nested.values()|list|length }} {{ nested.copy() == nested }}", "{{ {'items': 1}.items is callable }}{{ {'items': 1}['items'] }} {{ {'get': 2}['get'] }}", "{{ [1,2,1].count(1) }} {{ [1,2].index(2) }}", "{{ [1].append(2) }}", "{% set d = {} %}{{ d.update({'a': 1}) }}", "{{ ''.__class__ }}|{{ messages.__len__ }}|", "{{ [3].index(4) }}", "{{ 'a'.split('') }}", "{{ 'a'.nosuch() }}", "{{ 'x'.upper is callable }}", "{{ dict(a=1, b=2) }} {{ dict([('x', 1)]) }} {{ dict({'q': 1}, z=2) }}", "{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.next() }}", "{% set j = joiner('|') %}{{ j() }}a{{ j() }}b{{ j() }}", "{{ (2.0).is_integer() }} {{ (5).bit_length() }}")
add("unicode",
    "{{ text|trim }}|{{ text.split() }}|{{ text|length }}", "{{ 'größe' == 'gro\u0308ße' }} {{ {'é': 1}['e\u0301'] }}|{{ 'é' in 'cafe\u0301' }} {{ ['é', 'e\u0301']|unique|list|length }}", "{{ '😀👍🏽'|list|length }} {{ '👍🏽'[1:] }} {{ '日本語'[::-1] }} {{ 'İ'|lower|length }}", "{{ 'a\\u2028b\\x85c'.splitlines() }} {{ '\\u00a0x'|trim }} {{ '\\u200bx'|trim|length }} {{ ['\\u200b', '\\xa0', '\\u3000', '\\ue000', '😀'] }}", "{% set größe = 3 %}{{ größe }}", "{{ '\\x41\\u00e9\\U0001F600\\101\\q\\'' }}", "\ufeffx{{ '\ufeff'|length }}", "{% for c in 'e\u0301\r\n' %}[{{ loop.index }}]{% endfor %}", "{{ 'ß'|capitalize }} {{ 'ŉ'|title }} {{ 'ǆ'|capitalize }} {{ 'ﬁ'|upper }}", "{{ '\\r\\n' in 'a\\r\\nb' }} {{ '\\n' in 'a\\r\\nb' }} {{ 'a\\r\\nb'.split('\\n') }} {{ 'a\\r\\nb'.replace('\\n', '|') }}")
add("refusals",
    "{{ raise_exception('no: ' ~ n) }}", "line 1\nline 2\n{{ raise_exception('third') }}", "{% if messages[0].role == 'system' %}\n{{ raise_exception('System role not supported') }}\n{% endif %}")
add("syntax",
    "a\n{% if true %}\nb", "a\n{{ 1 + }}", "{% foo %}", "x\n\n{% endif %}", "{{ 'abc }}", "{{ (1, 2] }}", "{% for x in %}{% endfor %}", "{# open", "{% raw %}x", "{{ 1 2 }}", "{% if %}{% endif %}", "{{ $ }}", "{{ f(a=1, 2) }}", "{% macro m(a=1, b) %}{% endmacro %}", "{% for x in [1] %}\n{% if x %}\n{% endfor %}", "{{ a.  }}", "{{ {1: 2 }}", "{% set x %}", "{% include 'x' %}")
add("generation",
    "{% for m in messages %}{{ m.role }}:{% if m.role == 'assistant' %}{% generation %}{{ m.content }}{{ eos_token }}{% endgeneration %}{% else %}{{ m.content }}{% endif %}|{% endfor %}", "a{% generation %}{% endgeneration %}b{% generation %}größe{% endgeneration %}", "{% generation %}\n  x\n  {% endgeneration %}\ny", "{% for m in messages %}{% generation %}{{ loop.index }}{% set q = 1 %}{% endgeneration %}{{ q is defined }}{% endfor %}", "{%- generation -%} x {%- endgeneration -%} y")
add("templates",
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token }}{% endif %}{% endfor %}",
    "{%- for message in messages %}\n    {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}\n{%- endfor %}\n{%- if add_generation_prompt %}\n    {{- '<|im_start|>assistant\\n' }}\n{%- endif %}\n",
    "{%- set ns = namespace(last=-1) %}\n{%- for m in messages[::-1] %}\n    {%- set index = (messages|length - 1) - loop.index0 %}\n    {%- if ns.last < 0 and m.role == 'user' %}{% set ns.last = index %}{% endif %}\n{%- endfor %}\n{{- ns.last }}",
    "{% for m in messages %}\n{% if m.tool_calls is defined and m.tool_calls %}\n{% for t in m.tool_calls %}\n<call>{{ {'name': t.name, 'arguments': t.arguments} | tojson }}</call>\n{% endfor %}\n{% endif %}\n{% endfor %}")


# What ftbench does otherwise on purpose (see README.md), or what prints an address.
DELIBERATE = (" at 0x", "complex", "j)", "slice", "not subscriptable", "Exceeds the limit")


def chosen(kind, count, seed):
    """Random templates whose result does not depend on what differs on purpose."""
    random_templates.random.seed(seed)
    rows = []
    while len(rows) < count:
        template = random_templates.template(0 if kind in (0, 3) else 1)
        if kind >= 2:
            template = random_templates.mutate(template)
        # Slices of constants that have none are folded to nothing by the reference's compiler.
        if len(template) > 500 or ("[" in template and ":" in template and kind):
            continue
        row = rendered(template)
        text = json.dumps(row)
        if any(part in text for part in DELIBERATE) or "]}}" in template.replace(" ", ""):
            continue
        if len(text) < 700:
            row.pop("error", None) if "expected" in row else row.update(error=row["error"][:60])
            rows.append({"template": template, **row})
    return rows


def write(path, rows):
    with open(path, "w") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=True, separators=(",", ":")) + "\n")
    print(path.name, len(rows), "cases,", sum("error" in row for row in rows), "of them refusals")


def main():
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(TimeoutError()))
    folder = pathlib.Path(__file__).parent
    (folder / "context.json").write_text(json.dumps(CONTEXT, ensure_ascii=True, indent=1) + "\n")
    write(folder / "cases.jsonl", [{"name": name, "template": t, **rendered(t)} for name, t in CASES.items()])
    snippets = [json.loads(line) for line in (folder / "snippets.jsonl").read_text().splitlines()]
    templates = [one if isinstance(one, str) else one["template"] for one in snippets]
    rows = [{"template": t, **rendered(t)} for t in templates]
    write(folder / "snippets.jsonl", [row for row in rows if " at 0x" not in json.dumps(row)])
    write(
        folder / "random.jsonl", [row for kind, count in ((0, 260), (1, 120), (2, 40), (3, 80)) for row in chosen(kind, count, 7 + kind)]
    )


main()
