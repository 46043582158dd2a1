import ChatTemplates
import OrderedJSON
import Testing

/// Where `pprint` cuts a long text depends on how long its literal becomes; expected is what Python prints.
@Suite struct PrettyPrintTests {
    @Test(
        arguments: [
            (
                String(repeating: "it's a word ", count: 12),
                """
                ("it's a word it's a word it's a word it's a word it's a word it's a word it's "
                 "a word it's a word it's a word it's a word it's a word it's a word ")
                """
            ),
            (
                String(repeating: "say \"x\" and it's ", count: 9),
                """
                ('say "x" and it\\'s say "x" and it\\'s say "x" and it\\'s say "x" and it\\'s say '
                 '"x" and it\\'s say "x" and it\\'s say "x" and it\\'s say "x" and it\\'s say "x" '
                 "and it's ")
                """
            ),
            (
                String(repeating: "tab\t back\\slash \u{1} \u{200b} ", count: 8),
                """
                ('tab\\t back\\\\slash \\x01 \\u200b tab\\t back\\\\slash \\x01 \\u200b tab\\t '
                 'back\\\\slash \\x01 \\u200b tab\\t back\\\\slash \\x01 \\u200b tab\\t back\\\\slash \\x01 '
                 '\\u200b tab\\t back\\\\slash \\x01 \\u200b tab\\t back\\\\slash \\x01 \\u200b tab\\t '
                 'back\\\\slash \\x01 \\u200b ')
                """
            ),
            (
                String(repeating: "only \"double\" quotes ", count: 7),
                """
                ('only "double" quotes only "double" quotes only "double" quotes only "double" '
                 'quotes only "double" quotes only "double" quotes only "double" quotes ')
                """
            ),
        ])
    func longTexts(text: String, printed: String) throws {
        let template = try ChatTemplate(source: "{{ text|pprint }}", name: "long")
        #expect(try template.render(["text": .string(text)]).text == printed)
    }
}
