import Testing

@testable import OrderedJSON

@Suite("JSON")
struct JSONTests {
    @Test("keeps the order of keys, and integers apart from numbers")
    func orderAndNumbers() throws {
        let text = #"{"z":1,"a":1.0,"m":[true,null,-0.5,1e3,12345678901234567890]}"#
        let value = try JSONValue(parsing: text)
        #expect(value.object?.keys.elements == ["z", "a", "m"])
        #expect(value["z"] == .integer(1))
        #expect(value["a"] == .number(1))
        #expect(value["m"]?[3]?.int == 1000)
        #expect(value.serialized() == #"{"z":1,"a":1.0,"m":[true,null,-0.5,1000.0,1.2345678901234567e+19]}"#)
    }

    @Test(
        "writes floats as Python does",
        arguments: [
            (1e16, "1e+16"), (1e15, "1000000000000000.0"), (1e-5, "1e-05"), (0.0001, "0.0001"), (1.5e-7, "1.5e-07"),
            (123456.789, "123456.789"), (-0.0, "-0.0"), (1e100, "1e+100"), (2.5e-308, "2.5e-308"),
        ])
    func floats(value: Double, text: String) {
        #expect(JSONValue.pythonText(of: value) == text)
    }

    @Test("reads escapes, surrogate pairs, and lone surrogates as U+FFFD")
    func escapes() throws {
        let value = try JSONValue(parsing: #""a\n\"\\\u00e9\ud83d\ude00\ud83dx""#)
        #expect(value.string == "a\n\"\\é😀\u{FFFD}x")
    }

    @Test("writes ASCII only when asked, with surrogate pairs")
    func ascii() {
        let value = JSONValue.string("é😀\u{1}\"")
        #expect(value.serialized(.compact.ascii()) == #""\u00e9\ud83d\ude00\u0001\"""#)
        #expect(value.serialized() == "\"é😀\\u0001\\\"\"")
    }

    @Test("writes the styles of Python's json.dumps")
    func styles() throws {
        let value = try JSONValue(parsing: #"{"b":[1,{"c":[]}],"a":{}}"#)
        #expect(value.serialized(.python) == #"{"b": [1, {"c": []}], "a": {}}"#)
        #expect(
            value.serialized(.pretty(indent: 2).sorted()) == """
                {
                  "a": {},
                  "b": [
                    1,
                    {
                      "c": []
                    }
                  ]
                }
                """)
    }

    @Test(
        "names the place of every mistake",
        arguments: [
            ("", 1, 1, "the text is empty"),
            ("{\"a\":1,}", 1, 8, "expected a key in double quotes"),
            ("[1\n 2]", 2, 2, "expected ',' or ']'"),
            ("{\"a\"", 1, 5, "expected ':' after the key"),
            ("\"abc", 1, 5, "unexpected end inside a string"),
            ("01", 1, 1, "a number may not start with 0"),
            ("[1] x", 1, 5, "unexpected text after the end of the value"),
            ("tru", 1, 1, "unexpected end of the text"),
            ("\"\\x\"", 1, 3, "unknown escape in a string"),
            ("\"a\u{1}\"", 1, 3, "a control character stands unescaped in a string"),
        ])
    func mistakes(text: String, line: Int, column: Int, reason: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
        do {
            _ = try JSONValue(parsing: text)
        } catch {
            #expect((error.line, error.column, error.reason) == (line, column, reason))
        }
    }

    @Test("refuses invalid UTF-8 with its byte offset")
    func invalidUTF8() {
        let bytes: [UInt8] = Array("{\"a\": \"xé".utf8) + [0xFF] + Array("\"}".utf8)
        #expect(throws: JSONError(offset: 10, line: 1, column: 11, reason: "invalid UTF-8 in a string")) {
            try JSONValue(parsing: bytes)
        }
    }

    @Test("refuses deep nesting instead of overflowing the stack")
    func nesting() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONError.self) { try JSONValue(parsing: deep) }
    }
}
