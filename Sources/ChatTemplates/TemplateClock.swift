import Foundation

/// The time `strftime_now` prints.
struct TemplateClock {
    let now: Date?
    let timeZone: TimeZone

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    private static let days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

    /// `datetime.now().strftime(format)` in the C locale.
    func text(_ format: String) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        let date = now ?? Date()
        let parts = calendar.dateComponents(
            [.year, .month, .day, .hour, .minute, .second, .nanosecond, .weekday], from: date)
        let dayOfYear = calendar.ordinality(of: .day, in: .year, for: date) ?? 1
        var result = ""
        var scalars = format.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            guard scalar == "%", var code = scalars.next() else {
                result.unicodeScalars.append(scalar)
                continue
            }
            let isBare = code == "-"
            if isBare {
                guard let next = scalars.next() else {
                    result += "%-"
                    break
                }
                code = next
            }
            result += field(code, parts, dayOfYear, isBare: isBare)
        }
        return result
    }

    private func field(_ code: Unicode.Scalar, _ parts: DateComponents, _ dayOfYear: Int, isBare: Bool) -> String {
        func padded(_ value: Int?, _ width: Int, _ fill: Character = "0") -> String {
            let digits = String(value ?? 0)
            return isBare ? digits : String(repeating: fill, count: max(0, width - digits.count)) + digits
        }
        let weekday = max(0, (parts.weekday ?? 1) - 1)
        let month = max(0, (parts.month ?? 1) - 1)
        let hour = parts.hour ?? 0
        func nested(_ format: String) -> String {
            let codes = format.unicodeScalars
            return codes.map { scalar in
                "YmdHMSyBbAaep".unicodeScalars.contains(scalar)
                    ? field(scalar, parts, dayOfYear, isBare: false) : String(scalar)
            }.joined()
        }
        switch code {
        case "Y": return padded(parts.year, 4)
        case "y": return padded((parts.year ?? 0) % 100, 2)
        case "m": return padded(parts.month, 2)
        case "d": return padded(parts.day, 2)
        case "e": return padded(parts.day, 2, " ")
        case "H": return padded(hour, 2)
        case "I": return padded(hour % 12 == 0 ? 12 : hour % 12, 2)
        case "M": return padded(parts.minute, 2)
        case "S": return padded(parts.second, 2)
        case "f": return padded((parts.nanosecond ?? 0) / 1000, 6)
        case "j": return padded(dayOfYear, 3)
        case "w": return String(weekday)
        case "u": return String(weekday == 0 ? 7 : weekday)
        case "U": return padded((dayOfYear + 6 - weekday) / 7, 2)
        case "W": return padded((dayOfYear + 6 - (weekday + 6) % 7) / 7, 2)
        case "p": return hour < 12 ? "AM" : "PM"
        case "B": return Self.months[month]
        case "b", "h": return String(Self.months[month].prefix(3))
        case "A": return Self.days[weekday]
        case "a": return String(Self.days[weekday].prefix(3))
        case "F": return nested("Y-m-d")
        case "T", "X": return nested("H:M:S")
        case "R": return nested("H:M")
        case "D", "x": return nested("m/d/y")
        case "c": return nested("a b e H:M:S Y")
        // `datetime.now()` carries no zone, so these are empty.
        case "Z", "z": return ""
        case "n": return "\n"
        case "t": return "\t"
        case "%": return "%"
        default: return "%" + (isBare ? "-" : "") + String(code)
        }
    }
}
