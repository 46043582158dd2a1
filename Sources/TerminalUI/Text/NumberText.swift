/// Numbers as the screens write them. Independent of the locale: a comma groups thousands, a point starts decimals.
public enum NumberText {
    /// `1240` as `1,240`.
    public static func grouped(_ value: Int) -> String {
        let digits = Array(String(value.magnitude).utf8)
        var text: [UInt8] = value < 0 ? [45] : []
        for (offset, digit) in digits.enumerated() {
            if offset > 0 && (digits.count - offset) % 3 == 0 { text.append(44) }
            text.append(digit)
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// A number with exactly `decimals` places (at most 12): `0.9806` with 3 is `0.981`. Not finite: `nan`, `inf`, `-inf`.
    public static func fixed(_ value: Double, decimals: Int) -> String {
        guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
        let places = min(12, max(0, decimals))
        var power = 1.0
        for _ in 0..<places { power *= 10 }
        let scaled = (value.magnitude * power).rounded()
        guard scaled < 9e15 else { return scientific(value, decimals: min(places, 6)) }
        var digits = String(UInt64(scaled))
        while digits.utf8.count <= places { digits = "0" + digits }
        let sign = value < 0 && scaled > 0 ? "-" : ""
        if places == 0 { return sign + digits }
        let split = digits.index(digits.endIndex, offsetBy: -places)
        return sign + digits[..<split] + "." + digits[split...]
    }

    /// `0.000134` as `1.34e-04`.
    public static func scientific(_ value: Double, decimals: Int = 2) -> String {
        guard value.isFinite else { return fixed(value, decimals: 0) }
        guard value != 0 else { return fixed(0, decimals: decimals) + "e+00" }
        var exponent = 0
        var mantissa = value.magnitude
        while mantissa >= 10 {
            mantissa /= 10
            exponent += 1
        }
        while mantissa < 1 {
            mantissa *= 10
            exponent -= 1
        }
        var text = fixed(mantissa, decimals: decimals)
        if text.hasPrefix("10") {
            exponent += 1
            text = fixed(mantissa / 10, decimals: decimals)
        }
        let size = String(exponent.magnitude)
        return (value < 0 ? "-" : "") + text + "e" + (exponent < 0 ? "-" : "+") + (size.count < 2 ? "0" + size : size)
    }

    /// A number with about `digits` significant digits, in scientific form when very small or large.
    public static func significant(_ value: Double, digits: Int = 3) -> String {
        guard value.isFinite && value != 0 else { return value == 0 ? "0" : fixed(value, decimals: 0) }
        let magnitude = value.magnitude
        if magnitude < 1e-3 || magnitude >= 1e7 { return scientific(value, decimals: max(0, digits - 1)) }
        var decimals = digits - 1
        var limit = 10.0
        while magnitude >= limit && decimals > 0 {
            limit *= 10
            decimals -= 1
        }
        var floor = 1.0
        while magnitude < floor && decimals < 9 {
            floor /= 10
            decimals += 1
        }
        if magnitude >= 1 && decimals == 0 { return grouped(Int(value.rounded())) }
        return fixed(value, decimals: decimals)
    }

    /// `20300000` as `20.3M`; up to 9,999 in full.
    public static func compact(_ value: Double) -> String {
        guard value.isFinite else { return fixed(value, decimals: 0) }
        if value.magnitude < 10_000 && value.rounded() == value { return grouped(Int(value)) }
        for (unit, size) in [("T", 1e12), ("B", 1e9), ("M", 1e6), ("k", 1e3)] where value.magnitude >= size {
            let scaled = value / size
            if scaled.magnitude >= 1e6 { return scientific(value, decimals: 1) }
            return fixed(scaled, decimals: scaled.magnitude < 99.95 ? 1 : 0) + unit
        }
        return significant(value)
    }

    /// Seconds as `4.1s`, `51m04s`, `1h12m`, `3d04h`.
    public static func duration(seconds: Double) -> String {
        guard seconds.isFinite && seconds >= 0 && seconds < 1e11 else { return "?" }
        if seconds < 9.95 { return fixed(seconds, decimals: 1) + "s" }
        let whole = Int(seconds.rounded())
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        if whole < 60 { return "\(whole)s" }
        if whole < 3600 { return "\(whole / 60)m\(two(whole % 60))s" }
        if whole < 86_400 { return "\(whole / 3600)h\(two(whole / 60 % 60))m" }
        return "\(whole / 86_400)d\(two(whole / 3600 % 24))h"
    }

    /// Bytes in binary units: `3.1 GiB`.
    public static func bytes(_ count: Int) -> String {
        if count.magnitude < 1024 { return "\(count) B" }
        var value = Double(count) / 1024
        var units = ["KiB", "MiB", "GiB", "TiB", "PiB"][...]
        while value.magnitude >= 1023.95 && units.count > 1 {
            value /= 1024
            units.removeFirst()
        }
        return fixed(value, decimals: 1) + " " + (units.first ?? "EiB")
    }

    /// A share (0…1) as `41%`; with `decimals`, `41.3%`.
    public static func percent(_ share: Double, decimals: Int = 0) -> String {
        fixed(share * 100, decimals: decimals) + "%"
    }
}
