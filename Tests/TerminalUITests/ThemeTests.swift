import Foundation
import Testing

@testable import TerminalUI

@Suite("Themes")
struct ThemeTests {
    static let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("themes").path
    static let library = ThemeLibrary(folder: folder)

    @Test("every shipped theme is read without a problem")
    func shipped() {
        #expect(ThemeTests.library.problems.map(\.description) == [])
        #expect(
            ThemeTests.library.names == [
                "dark", "deuteranopia", "high-contrast", "light", "mono", "terminal", "tritanopia",
            ])
        #expect(ThemeTests.library.theme(named: "nosuch") == nil)
        #expect(ThemeTests.library.modificationStamp > 0)
    }

    @Test("without files there is still a theme, the same as the file of its name")
    func builtIn() {
        let none = ThemeLibrary(folder: "/nonexistent/themes")
        #expect(none.names == ["terminal"] && none.problems.isEmpty && none.modificationStamp == 0)
        #expect(none.theme(named: "terminal") == .builtIn)
        let file = ThemeTests.library.theme(named: "terminal")
        for role in Role.allCases {
            for depth in ColourDepth.allCases {
                #expect(file?.resolved(Style(role), depth: depth) == Theme.builtIn.resolved(Style(role), depth: depth))
            }
        }
    }

    @Test("text can be read on its ground, and on the selected row", arguments: ThemeTests.library.names)
    func contrast(name: String) throws {
        let theme = try #require(ThemeTests.library.theme(named: name))
        guard case .rgb(let page) = theme.look(of: .text).background else { return }
        let least = theme.name == "high-contrast" ? 7.0 : 4.5
        let quiet: Set<Role> = [.dim, .frame, .axis, .masked]
        guard case .rgb(let selection) = theme.look(of: .select).background else {
            Issue.record("\(theme.name) has no background for select")
            return
        }
        for role in Role.allCases {
            guard case .rgb(let ink) = theme.look(of: role).foreground,
                case .rgb(let ground) = theme.look(of: role).background
            else { continue }
            #expect(
                Colour.contrast(ink, ground) >= (quiet.contains(role) ? min(least, 7) - 1.5 : least), "\(role.rawValue)"
            )
            if ground == page && !quiet.contains(role) {
                #expect(Colour.contrast(ink, selection) >= 3, "\(role.rawValue)")
            }
        }
    }

    @Test("the contrast of black and white is 21, and grey has its published value")
    func contrastFormula() {
        #expect((Colour.contrast(0x000000, 0xFFFFFF) - 21).magnitude < 1e-9)
        #expect((Colour.contrast(0x777777, 0xFFFFFF) - 4.478).magnitude < 0.001)
    }

    @Test("colour-blind themes keep states apart as their readers see them", arguments: ["deuteranopia", "tritanopia"])
    func colourBlind(name: String) throws {
        let theme = try #require(ThemeTests.library.theme(named: name))
        let states: [Role] = [.kept, .dropped, .flagged, .edited]
        for (index, first) in states.enumerated() {
            for second in states[(index + 1)...] {
                #expect(distance(theme, first, second, seenWith: name) > 0.02, "\(first) and \(second)")
            }
        }
        for first in 0..<8 {
            for second in (first + 1)..<8 {
                let limit = second < 4 ? 0.01 : 0.004
                #expect(distance(theme, .series(first), .series(second), seenWith: name) > limit, "\(first) \(second)")
            }
        }
    }

    /// Squared distance in linear light after the simulation of Machado, Oliveira and Fernandes (2009), severity 1.
    private func distance(_ theme: Theme, _ first: Role, _ second: Role, seenWith name: String) -> Double {
        let matrix: [[Double]] =
            name == "deuteranopia"
            ? [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
            : [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
        func seen(_ role: Role) -> [Double] {
            guard case .rgb(let value) = theme.look(of: role).foreground else { return [0, 0, 0] }
            let (red, green, blue) = Colour.parts(value)
            let light = [red, green, blue].map { pow(Double($0) / 255, 2.2) }
            return matrix.map { row in zip(row, light).reduce(0) { $0 + $1.0 * $1.1 } }
        }
        return zip(seen(first), seen(second)).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }

    @Test("what is wrong in a file is reported by file, line and role, all at once")
    func problems() {
        let yaml = """
            name: bad
            roles:
              text: {fg: "#12345", bg: default}
              dim: {fg: gray, size: 3}
              titel: {fg: red}
              warn: {fg: orange, attributes: [bold, blink]}
            """
        do {
            _ = try Theme(parsing: yaml, file: "themes/bad.yaml")
            Issue.record("accepted")
        } catch {
            let text = error.problems.map(\.description)
            #expect(text.contains("themes/bad.yaml:5: role 'titel': there is no such role"))
            #expect(text.contains("themes/bad.yaml:4: role 'dim': 'size' is not known; use fg, bg, attributes, mono"))
            #expect(text.contains { $0.hasPrefix("themes/bad.yaml:3: role 'text': '#12345' is no colour; write") })
            #expect(text.contains { $0.hasPrefix("themes/bad.yaml:6: role 'warn': 'orange' is no colour") })
            #expect(text.contains { $0.hasPrefix("themes/bad.yaml:6: role 'warn': 'blink' is no attribute; use bold") })
            #expect(text.contains("themes/bad.yaml: role 'series.8': it is missing"))
        }
    }

    @Test(
        "files that are no theme are refused with a reason",
        arguments: [
            ("", "expected 'name:' and 'roles:'"), ("[1, 2]", "expected 'name:' and 'roles:'"),
            ("name: x\n", "it has no 'roles'"), ("name: [\n", "this is not YAML"),
            ("name: x\nroles: 3", "'roles' must be"),
            ("name: x\nname: y\n", "is given twice"), ("colour: red\nroles: {}", "'colour' is not known here"),
        ])
    func refused(yaml: String, reason: String) {
        #expect {
            try Theme(parsing: yaml, file: "t.yaml")
        } throws: { error in
            "\(error)".contains(reason)
        }
    }

    @Test("colours come down to what a terminal has")
    func depths() {
        let orange = Colour.rgb(0xFF8700)
        #expect(orange.resolved(.trueColour) == .rgb(0xFF8700))
        #expect(orange.resolved(.indexed256) == .indexed(208))
        #expect(Colour.rgb(0xFF1010).resolved(.indexed16) == .indexed(9))
        #expect(Colour.rgb(0xFF1010).resolved(.indexed8) == .indexed(1))
        #expect(orange.resolved(.mono) == .standard)
        #expect(Colour.named(14).resolved(.indexed256) == .indexed(14))
        #expect(Colour.named(14).resolved(.indexed8) == .indexed(6))
        #expect(Colour.rgb(0x808080).resolved(.indexed256) == .indexed(244))
        #expect(Colour("bright-red") == .named(9) && Colour("#00ff7F") == .rgb(0x00FF7F) && Colour("grey") == .named(8))
        #expect(Colour("#+12345") == nil && Colour("purple") == nil && Colour("#fff") == nil)
    }

    @Test("in mono every state still differs by sign or attribute from plain text around it")
    func mono() {
        let glyphs = GlyphSet.ascii
        let signs: [Unicode.Scalar] = [glyphs.kept, glyphs.dropped, glyphs.edited, glyphs.flagged, glyphs.undecided]
        #expect(Set(signs).count == signs.count)
        for theme in ThemeTests.library.themes {
            for role: Role in [.select, .tabActive, .error, .banner, .frameFocus, .warn, .added, .removed] {
                let look = theme.resolved(Style(role), depth: .mono)
                #expect(!look.attributes.isEmpty, "\(theme.name) \(role)")
                #expect(look.foreground == .standard && look.background == .standard)
            }
        }
    }

    @Test("on a selected row a role keeps its colour and takes the row's ground")
    func ground() throws {
        let dark = try #require(ThemeTests.library.theme(named: "dark"))
        let plain = dark.resolved(Style(.text, on: .select), depth: .trueColour)
        let warning = dark.resolved(Style(.warn, on: .select), depth: .trueColour)
        #expect(plain.background == warning.background && plain.foreground != warning.foreground)
        #expect(plain == dark.resolved(Style(.select), depth: .trueColour))
        #expect(Theme.builtIn.resolved(Style(.text, on: .select), depth: .mono).attributes == .reverse)
    }
}
