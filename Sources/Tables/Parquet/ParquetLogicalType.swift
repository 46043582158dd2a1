/// What a column's values mean (LogicalTypes.md), from the newer annotation or the older converted type.
enum ParquetLogicalType: Equatable {
    enum Unit: Int { case milli = 1, micro, nano }

    case text, map, list, decimal(scale: Int), date, time(Unit), timestamp(Unit, isUTC: Bool)
    case integer(bits: Int, isSigned: Bool), null, uuid, float16, bytes

    /// Reads the union of the newer annotation; nil for one that says nothing about how to read.
    static func read(_ reader: inout CompactThrift) throws(ParquetError) -> ParquetLogicalType? {
        var found: ParquetLogicalType?
        try reader.object { reader, field throws(ParquetError) in
            guard field.kind == .object else { return false }
            switch field.id {
            case 1, 4, 12: found = .text
            case 2: found = .map
            case 3: found = .list
            case 5:
                let (scale, _) = try numbers(&reader)
                found = .decimal(scale: scale)
                return true
            case 6: found = .date
            case 7, 8:
                let (isUTC, unit) = try timing(&reader)
                guard let unit else { throw .damaged(reason: "a time has an unknown unit") }
                found = field.id == 7 ? .time(unit) : .timestamp(unit, isUTC: isUTC)
                return true
            case 10:
                let (bits, isSigned) = try numbers(&reader)
                found = .integer(bits: bits, isSigned: isSigned)
                return true
            case 11: found = .null
            case 13: found = .bytes
            case 14: found = .uuid
            case 15: found = .float16
            default: break
            }
            return false
        }
        return found
    }

    /// A number in field 1 and, where field 2 is a flag, that flag.
    private static func numbers(_ reader: inout CompactThrift) throws(ParquetError) -> (Int, Bool) {
        var number = 0
        var flag = true
        try reader.object { reader, field throws(ParquetError) in
            switch (field.id, field.kind) {
            case (1, .byte): number = Int(Int8(bitPattern: try reader.byte()))
            case (1, .int32): number = try reader.integer()
            case (2, .yes), (2, .no): flag = try reader.flag(field.kind)
            default: return false
            }
            return true
        }
        return (number, flag)
    }

    private static func timing(_ reader: inout CompactThrift) throws(ParquetError) -> (Bool, Unit?) {
        var isUTC = false
        var unit: Unit?
        try reader.object { reader, field throws(ParquetError) in
            switch (field.id, field.kind) {
            case (1, .yes), (1, .no): isUTC = try reader.flag(field.kind)
            case (2, .object):
                try reader.object { _, choice throws(ParquetError) in
                    unit = Unit(rawValue: choice.id)
                    return false
                }
            default: return false
            }
            return true
        }
        return (isUTC, unit)
    }

    /// The older annotation (ConvertedType).
    init?(converted: Int, scale: Int) {
        switch converted {
        case 0, 4, 19: self = .text
        case 1, 2: self = .map
        case 3: self = .list
        case 5: self = .decimal(scale: scale)
        case 6: self = .date
        case 7: self = .time(.milli)
        case 8: self = .time(.micro)
        case 9: self = .timestamp(.milli, isUTC: true)
        case 10: self = .timestamp(.micro, isUTC: true)
        case 11...14: self = .integer(bits: 8 << (converted - 11), isSigned: false)
        case 15...18: self = .integer(bits: 8 << (converted - 15), isSigned: true)
        case 20: self = .bytes
        default: return nil
        }
    }
}
