import Foundation
import OrderedCollections

/// Filters that lay out text or write it for other readers.
extension Interpreter {
    func layoutFilter(_ name: String, _ value: Value, _ arguments: Arguments) throws(Fault) -> Value? {
        switch name {
        case "filesizeformat":
            let values = try arguments.bound(to: ["binary"], of: name)
            return .string(try Self.fileSize(value, isBinary: try values[0]?.isTrue ?? false))
        case "pprint":
            _ = try arguments.bound(to: [], of: name)
            // Before it is made for a text, whose length is known; for the rest as soon as it is.
            let known = value.text?.utf8.count
            if let known { try charge(known * 8) }
            var printer = PrettyPrinter()
            let text = try printer.text(value)
            try charge(bytes: text.utf8.count)
            if known == nil { try charge(text.utf8.count * 8) }
            return .string(text)
        case "striptags":
            _ = try arguments.bound(to: [], of: name)
            return .string(PythonText.stripTags(try value.str()))
        case "urlencode":
            _ = try arguments.bound(to: [], of: name)
            return .string(try urlEncoded(value))
        case "xmlattr":
            let values = try arguments.bound(to: ["autospace"], of: name)
            return .string(try Self.attributes(value, startsWithSpace: try values[0]?.isTrue ?? true))
        case "wordwrap":
            let names = ["width", "break_long_words", "wrapstring", "break_on_hyphens"]
            let values = try arguments.bound(to: names, of: name)
            guard let text = value.text else {
                throw .undefined("'\(value.typeName)' object has no attribute 'splitlines'")
            }
            let wrapper = WordWrap(
                width: try values[0]?.index() ?? 79, breaksLongWords: try values[1]?.isTrue ?? true,
                breaksOnHyphens: try values[3]?.isTrue ?? true)
            let separator = try values[2].map { given throws(Fault) in given.isNone ? "\n" : try given.str() } ?? "\n"
            try charge(text.utf8.count * 4)
            var lines: [String] = []
            for line in PythonText.lines(text) {
                lines.append(try wrapper.lines(line).joined(separator: separator))
            }
            let result = lines.joined(separator: separator)
            try charge(bytes: result.utf8.count)
            return .string(result)
        case "random":
            throw .refused("the filter 'random' would give another text each time.")
        case "urlize":
            throw .refused("the filter 'urlize' writes HTML links, which are nothing for a model to read.")
        default: return nil
        }
    }

    private static func fileSize(_ value: Value, isBinary: Bool) throws(Fault) -> String {
        if case .undefined(let message) = value { throw .undefined(message) }
        guard let bytes = Numbers.float(value) else {
            throw .value("could not convert \(try value.repr()) to a number of bytes")
        }
        let base: Double = isBinary ? 1024 : 1000
        if bytes == 1 { return "1 Byte" }
        guard !(bytes < base) else {
            guard let whole = Int(exactly: bytes.rounded(.towardZero)) else {
                throw .value("\(bytes) is no number of bytes")
            }
            return "\(whole) Bytes"
        }
        let prefixes = ["k", "M", "G", "T", "P", "E", "Z", "Y"]
        var unit = base
        for prefix in prefixes {
            unit *= base
            if bytes < unit || prefix == "Y" {
                let letter = isBinary ? prefix.uppercased() + "i" : prefix
                return String(format: "%.1f ", base * bytes / unit) + letter + "B"
            }
        }
        return ""
    }

    private static func quoted(_ value: Value, forQuery: Bool) throws(Fault) -> String {
        let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-~".utf8)
        var result = ""
        for byte in try value.str().utf8 {
            if plain.contains(byte) || (byte == UInt8(ascii: "/") && !forQuery) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else if byte == UInt8(ascii: " ") && forQuery {
                result += "+"
            } else {
                result += String(format: "%%%02X", Int(byte))
            }
        }
        return result
    }

    private func urlEncoded(_ value: Value) throws(Fault) -> String {
        let pairs: [Value]
        switch value {
        case .dictionary(let dictionary): pairs = try Methods.pairs(of: dictionary)
        case .string, .markup, .none, .bool, .integer, .float, .macro, .method, .function, .namespace, .cycler, .joiner:
            try charge(bytes: try value.str().utf8.count)
            return try Self.quoted(value, forQuery: false)
        default: pairs = try value.elements()
        }
        var parts: [String] = []
        for pair in pairs {
            let items = try pair.elements()
            guard items.count == 2 else {
                throw .value("urlencode: a pair of key and value was expected, got \(items.count) elements")
            }
            parts.append(
                try Self.quoted(items[0], forQuery: true) + "=" + (try Self.quoted(items[1], forQuery: true)))
        }
        let result = parts.joined(separator: "&")
        try charge(bytes: result.utf8.count)
        return result
    }

    private static func attributes(_ value: Value, startsWithSpace: Bool) throws(Fault) -> String {
        guard case .dictionary(let dictionary) = value else {
            if case .undefined(let message) = value { throw .undefined(message) }
            throw .type("'\(value.typeName)' object has no attribute 'items'")
        }
        var parts: [String] = []
        for (key, value) in dictionary.members where !value.isNone && !value.isUndefined {
            guard let name = key.value.text else { throw .type("names of attributes must be texts") }
            guard !name.unicodeScalars.contains(where: { " \t\n\r\u{0B}\u{0C}/>=".unicodeScalars.contains($0) }) else {
                throw .value("Invalid character in attribute name: \(PythonText.repr(name))")
            }
            parts.append("\(try key.value.escapedHTML())=\"\(try value.escapedHTML())\"")
        }
        let text = parts.joined(separator: " ")
        return startsWithSpace && !text.isEmpty ? " " + text : text
    }
}
