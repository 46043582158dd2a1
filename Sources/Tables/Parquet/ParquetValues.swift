import Foundation
import OrderedJSON

/// What stored values of a leaf mean as JSON.
///
/// Dates and times become ISO 8601 texts as Python's `isoformat` writes them, decimals the text of their exact
/// value, binary values without a meaning a text where they are UTF-8 and base64 where not.
struct ParquetValues {
    let leaf: ParquetSchema.Leaf

    func integer(_ value: Int64) -> JSONValue {
        switch leaf.logical {
        case .date: .string(CivilTime.date(Int(value)))
        case .time(let unit): .string(CivilTime.time(Int(value), unit))
        case .timestamp(let unit, let isUTC): .string(CivilTime.timestamp(Int(value), unit, isUTC: isUTC))
        case .decimal(let scale): .string(Self.decimal("\(value.magnitude)", isNegative: value < 0, scale: scale))
        case .integer(_, isSigned: false) where value < 0:
            if leaf.physical == .int32 {
                .integer(Int(UInt32(truncatingIfNeeded: value)))
            } else {
                .number(Double(UInt64(bitPattern: value)))
            }
        case .null: .null
        default: .integer(Int(value))
        }
    }

    /// Nanoseconds of the day, then the Julian day: timestamps of older writers.
    func int96(_ bytes: ArraySlice<UInt8>) -> JSONValue {
        let start = bytes.startIndex
        var nanos: UInt64 = 0
        var day: UInt32 = 0
        for index in 0..<8 { nanos |= UInt64(bytes[start + index]) << UInt64(8 * index) }
        for index in 0..<4 { day |= UInt32(bytes[start + 8 + index]) << UInt32(8 * index) }
        let seconds = Int(Int64(bitPattern: nanos) / 1_000_000_000)
        let rest = Int(Int64(bitPattern: nanos) % 1_000_000_000)
        return .string(
            CivilTime.text(seconds: (Int(Int32(bitPattern: day)) - 2_440_588) * 86_400 + seconds, nanos: max(0, rest)))
    }

    func number(_ value: Double) -> JSONValue { .number(value) }

    func bytes(_ bytes: ArraySlice<UInt8>) throws(ParquetError) -> JSONValue {
        switch leaf.logical {
        case .decimal(let scale):
            guard bytes.count <= 64 else { throw .damaged(reason: "a decimal of \(bytes.count) bytes") }
            let (digits, isNegative) = Self.digits(bytes)
            return .string(Self.decimal(digits, isNegative: isNegative, scale: scale))
        case .uuid where bytes.count == 16:
            let hex = bytes.map { String(UInt16($0) + 0x100, radix: 16).dropFirst() }.joined()
            var text = ""
            for (index, digit) in hex.enumerated() {
                if [8, 12, 16, 20].contains(index) { text.append("-") }
                text.append(digit)
            }
            return .string(text)
        case .float16 where bytes.count == 2:
            return .number(Self.half(UInt16(bytes[bytes.startIndex]) | UInt16(bytes[bytes.startIndex + 1]) << 8))
        case .null: return .null
        default:
            if let text = String(validating: bytes, as: UTF8.self) { return .string(text) }
            if leaf.logical == .text {
                throw .damaged(
                    reason: "column '\(leaf.path.joined(separator: "."))' holds a text that is not valid UTF-8")
            }
            return .string(Data(bytes).base64EncodedString())
        }
    }

    // MARK: Numbers

    static func decimal(_ digits: String, isNegative: Bool, scale: Int) -> String {
        let sign = isNegative ? "-" : ""
        guard scale > 0 else { return sign + digits }
        let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
        return sign + padded.dropLast(scale) + "." + padded.suffix(scale)
    }

    /// Decimal digits of a two's complement number, highest byte first.
    private static func digits(_ bytes: ArraySlice<UInt8>) -> (String, isNegative: Bool) {
        var number = Array(bytes)
        let isNegative = (number.first ?? 0) >= 0x80
        if isNegative {
            var carry = true
            for index in number.indices.reversed() {
                number[index] = ~number[index]
                if carry { (number[index], carry) = number[index].addingReportingOverflow(1) }
            }
        }
        var digits: [UInt8] = []
        while number.contains(where: { $0 != 0 }) {
            var rest = 0
            for index in number.indices {
                let value = rest << 8 | Int(number[index])
                number[index] = UInt8(value / 10)
                rest = value % 10
            }
            digits.append(UInt8(ascii: "0") + UInt8(rest))
        }
        return (digits.isEmpty ? "0" : String(decoding: digits.reversed(), as: UTF8.self), isNegative)
    }

    /// An IEEE 754 half.
    private static func half(_ bits: UInt16) -> Double {
        let sign = bits >> 15 == 1 ? -1.0 : 1.0
        let exponent = Int(bits >> 10 & 31)
        let fraction = Double(bits & 1023)
        switch exponent {
        case 0: return sign * fraction * Double(sign: .plus, exponent: -24, significand: 1)
        case 31: return fraction == 0 ? sign * .infinity : .nan
        default: return sign * (1024 + fraction) * Double(sign: .plus, exponent: exponent - 25, significand: 1)
        }
    }
}

/// Dates and times of the proleptic Gregorian calendar as text.
enum CivilTime {
    /// Days since 1970-01-01. Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": civil_from_days.
    static func date(_ days: Int) -> String {
        // Beyond any calendar the day's number says more than a date would.
        guard abs(days) < 4_000_000_000 else { return "day \(days)" }
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
        return "\(padded(year, 4))-\(padded(month < 10 ? month + 3 : month - 9, 2))-\(padded(day, 2))"
    }

    static func time(_ value: Int, _ unit: ParquetLogicalType.Unit) -> String {
        let (seconds, nanos) = parts(value, unit)
        return clock(seconds, nanos)
    }

    static func timestamp(_ value: Int, _ unit: ParquetLogicalType.Unit, isUTC: Bool) -> String {
        let (seconds, nanos) = parts(value, unit)
        return text(seconds: seconds, nanos: nanos) + (isUTC ? "+00:00" : "")
    }

    static func text(seconds: Int, nanos: Int) -> String {
        let days = seconds >= 0 ? seconds / 86_400 : -((86_399 - seconds) / 86_400)
        return "\(date(days))T\(clock(seconds - days * 86_400, nanos))"
    }

    private static func parts(_ value: Int, _ unit: ParquetLogicalType.Unit) -> (seconds: Int, nanos: Int) {
        let scale =
            switch unit {
            case .milli: 1_000
            case .micro: 1_000_000
            case .nano: 1_000_000_000
            }
        var (seconds, rest) = value.quotientAndRemainder(dividingBy: scale)
        if rest < 0 { (seconds, rest) = (seconds - 1, rest + scale) }
        return (seconds, rest * (1_000_000_000 / scale))
    }

    private static func clock(_ seconds: Int, _ nanos: Int) -> String {
        let text = "\(padded(seconds / 3_600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
        if nanos == 0 { return text }
        return nanos % 1_000 == 0 ? "\(text).\(padded(nanos / 1_000, 6))" : "\(text).\(padded(nanos, 9))"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number.magnitude)
        return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
