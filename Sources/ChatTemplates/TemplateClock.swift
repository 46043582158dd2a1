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
        let seconds = Int(exactly: date.timeIntervalSince1970.rounded(.down)) ?? 0
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
            // The alternative forms of the C locale are the plain ones.
            if code == "O" || code == "E" {
                guard let next = scalars.next() else {
                    result += "%\(code)"
                    break
                }
                guard (code == "O" ? "deHImMSuUVwWy" : "cCxXyY").unicodeScalars.contains(next) else {
                    result += "%\(code)\(next)"
                    continue
                }
                code = next
            }
            result += code == "s" ? String(seconds) : field(code, parts, dayOfYear, isBare: isBare)
        }
        return result
    }

    /// The week that holds the year's Thursday, and the year it counts to.
    private static func isoWeek(_ parts: DateComponents, _ dayOfYear: Int, _ weekday: Int) -> (year: Int, week: Int) {
        func weeks(_ year: Int) -> Int {
            func lastDay(_ year: Int) -> Int { (year + year / 4 - year / 100 + year / 400) % 7 }
            return lastDay(year) == 4 || lastDay(year - 1) == 3 ? 53 : 52
        }
        let year = parts.year ?? 1
        let week = (dayOfYear - (weekday == 0 ? 7 : weekday) + 10) / 7
        if week < 1 { return (year - 1, weeks(year - 1)) }
        return week > weeks(year) ? (year + 1, 1) : (year, week)
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
                "YmdHIMSyBbAaep".unicodeScalars.contains(scalar)
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
        case "G": return padded(Self.isoWeek(parts, dayOfYear, weekday).year, 4)
        case "g": return padded(Self.isoWeek(parts, dayOfYear, weekday).year % 100, 2)
        case "V": return padded(Self.isoWeek(parts, dayOfYear, weekday).week, 2)
        case "C": return padded((parts.year ?? 0) / 100, 2)
        case "k": return padded(hour, 2, " ")
        case "l": return padded(hour % 12 == 0 ? 12 : hour % 12, 2, " ")
        case "P": return hour < 12 ? "am" : "pm"
        case "r": return nested("I:M:S p")
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
