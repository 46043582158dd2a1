import OrderedJSON
import Testing
import WeightFiles

@testable import Adapters

@Suite("Patterns of Python's re")
struct PatternTests {
    @Test("matches are those of re.fullmatch, on 638 patterns")
    func reference() throws {
        let rows = try JSONValue(readingFile: "\(fixtures)/adapters/patterns.json").array ?? []
        #expect(rows.count == 638)
        for row in rows {
            let text = row[0]?.string ?? "?"
            let pattern = try PythonPattern(text)
            for wanted in row[1]?.array ?? [] {
                #expect(pattern.matchesWhole(wanted.string ?? "?"), "\(text) on \(wanted.serialized())")
            }
            for other in row[2]?.array ?? [] {
                #expect(!pattern.matchesWhole(other.string ?? "?"), "\(text) on \(other.serialized())")
            }
        }
    }

    @Test("what makes others run for ever takes a moment")
    func hostile() throws {
        let text = String(repeating: "a", count: 5_000) + "b"
        #expect(try !PythonPattern("(a+)+").matchesWhole(text))
        #expect(try !PythonPattern("(a|a)*(a|aa)*").matchesWhole(text))
        #expect(try PythonPattern("(.*\\.)?(.*\\.)?q").matchesWhole("x.y.q"))
    }

    @Test(
        "what is no pattern, or asks for more than this kind of matching can do, says why",
        arguments: [
            "(", ")", "[a", "*a", "a{3,1}", "\\", "(a)\\1", "(?#x)", "(?(1)a)", "[z-a]", "\\p{L}", "a{100000}",
            "((((a{99}){99}){99}){99})", "a++", String(repeating: "(", count: 200),
        ])
    func refused(text: String) {
        #expect(throws: PatternProblem.self) { try PythonPattern(text) }
    }

    @Test("any bytes as a pattern give a pattern or a reason")
    func noise() {
        var state: UInt64 = 42
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let pieces = Array("ab.\\()[]{}*+?|^$-,:=!<>P0129dwsDbBAZ\u{e9}\n")
        for _ in 0..<4_000 {
            let text = String((0..<next(14)).map { _ in pieces[next(pieces.count)] })
            if let pattern = try? PythonPattern(text) { _ = pattern.matchesWhole("a.b0") }
        }
    }
}
