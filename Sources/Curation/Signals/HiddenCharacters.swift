/// A character that is in a text but not to be seen, or that changes the order of what is seen.
public struct HiddenCharacter: Sendable, Equatable {
    /// UTF-8 offsets.
    public let range: Range<Int>
    public let scalar: Unicode.Scalar
}

/// Zero-width and tag characters, direction marks and control codes: they train, and nobody sees them.
public enum HiddenCharacters {
    public static func spans(in text: String) -> [HiddenCharacter] {
        if !mayOccur(text) { return [] }
        var found: [HiddenCharacter] = []
        var offset = 0
        var previous: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            let width = UTF8.width(scalar)
            if isHidden(scalar, after: previous) {
                found.append(HiddenCharacter(range: offset..<(offset + width), scalar: scalar))
            }
            offset += width
            previous = scalar
        }
        return found
    }

    /// The text without them; what stands for a line end or a space becomes one.
    public static func removed(from text: String) -> String {
        var result = String.UnicodeScalarView()
        var previous: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            if !isHidden(scalar, after: previous) {
                result.append(scalar)
            } else if scalar.value == 0x85 || scalar.value == 0x0B || scalar.value == 0x0C {
                result.append("\n")
            }
            previous = scalar
        }
        return String(result)
    }

    /// Most texts are plain: a look at the bytes tells that nothing can be hidden.
    static func mayOccur(_ text: String) -> Bool {
        text.utf8.contains { byte in
            byte < 0x20 && byte != 0x0A && byte != 0x09 && byte != 0x0D || byte == 0x7F || byte == 0xC2 || byte == 0xE2
                || byte == 0xEF || byte == 0xF3 || byte == 0xE1 || byte == 0xD8
        }
    }

    private static func isHidden(_ scalar: Unicode.Scalar, after previous: Unicode.Scalar?) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D: false
        case 0x00...0x1F, 0x7F...0x9F: true
        case 0xAD, 0x180E, 0x200B, 0x200E, 0x200F, 0x2060...0x2064, 0xFEFF: true
        case 0x202A...0x202E, 0x2066...0x2069, 0x061C: true
        case 0xE0001, 0xE0020...0xE007F:
            // Flags of regions are written as a black flag with tags.
            !(previous.map { $0.value == 0x1F3F4 || (0xE0020...0xE007F).contains($0.value) } ?? false)
        // Joiners belong between emoji and in scripts that join; after Latin or Greek letters they are hidden.
        case 0x200C, 0x200D: (previous?.value ?? 0) < 0x0590
        default: false
        }
    }
}
