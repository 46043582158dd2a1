import Foundation

/// Python's operators; integers that leave 64 bits are an error, where Python would go on.
enum Arithmetic {
    static func negative(_ value: Value) throws(Fault) -> Value {
        if let whole = value.whole {
            let (result, overflows) = (0).subtractingReportingOverflow(whole)
            guard !overflows else { throw tooLarge }
            return .integer(result)
        }
        if case .float(let number) = value { return .float(-number) }
        throw refusal("bad operand type for unary -: '\(value.typeName)'", value)
    }

    static func positive(_ value: Value) throws(Fault) -> Value {
        if let whole = value.whole { return .integer(whole) }
        if case .float = value { return value }
        throw refusal("bad operand type for unary +: '\(value.typeName)'", value)
    }

    private static let tooLarge = Fault.value("the result of an integer operation does not fit 64 bits")

    private static func refusal(_ message: String, _ values: Value...) -> Fault {
        for case .undefined(let reason) in values { return .undefined(reason) }
        return .type(message)
    }

    static func apply(
        _ operation: BinaryOperator, _ left: Value, _ right: Value, for interpreter: Interpreter
    ) throws(Fault) -> Value {
        if let first = left.whole, let second = right.whole { return try integers(operation, first, second) }
        if let first = left.number, let second = right.number { return try floats(operation, first, second) }
        switch operation {
        case .add:
            if let sum = try concatenated(left, right, for: interpreter) { return sum }
        case .multiply:
            if let count = right.whole, let product = try repeated(left, count, for: interpreter) { return product }
            if let count = left.whole, let product = try repeated(right, count, for: interpreter) { return product }
        case .modulo:
            if case .string(let format) = left {
                return .string(try PercentFormat.format(format, right, for: interpreter))
            }
            if case .markup(let format) = left {
                return .markup(try PercentFormat.format(format, right, escapes: true, for: interpreter))
            }
        default: break
        }
        throw refusal(
            "unsupported operand type(s) for \(operation.rawValue): '\(left.typeName)' and '\(right.typeName)'", left,
            right)
    }

    private static func concatenated(
        _ left: Value, _ right: Value, for interpreter: Interpreter
    ) throws(Fault) -> Value? {
        switch (left, right) {
        case (.string(let first), .string(let second)):
            try interpreter.charge(bytes: first.utf8.count + second.utf8.count)
            return .string(first + second)
        case (.markup(let first), .markup(let second)): return .markup(first + second)
        case (.markup(let first), .string(let second)): return .markup(first + PythonText.escapeHTML(second))
        case (.string(let first), .markup(let second)): return .markup(PythonText.escapeHTML(first) + second)
        case (.list(let first), .list(let second)):
            try interpreter.charge(first.values.count + second.values.count)
            return try .list(of: first.values + second.values)
        case (.tuple(let first), .tuple(let second)):
            try interpreter.charge(first.values.count + second.values.count)
            return try .tuple(of: first.values + second.values)
        default:
            if left.text != nil, !right.isUndefined {
                throw .type("can only concatenate str (not \"\(right.typeName)\") to str")
            }
            return nil
        }
    }

    private static func repeated(
        _ value: Value, _ count: Int, for interpreter: Interpreter
    ) throws(Fault) -> Value? {
        let count = max(0, count)
        switch value {
        case .string(let text), .markup(let text):
            let (bytes, overflows) = text.utf8.count.multipliedReportingOverflow(by: count)
            try interpreter.charge(bytes: overflows ? Int.max : bytes)
            let result = String(repeating: text, count: bytes == 0 ? 0 : count)
            if case .markup = value { return .markup(result) }
            return .string(result)
        case .list(let items): return try .list(of: try repeated(items, count, for: interpreter))
        case .tuple(let items): return try .tuple(of: try repeated(items, count, for: interpreter))
        default: return nil
        }
    }

    private static func repeated(
        _ items: Items, _ count: Int, for interpreter: Interpreter
    ) throws(Fault) -> [Value] {
        let (total, overflows) = items.values.count.multipliedReportingOverflow(by: count)
        guard !overflows, total <= interpreter.limits.outputBytes / 64 else { throw .limit("a list grew too long") }
        try interpreter.charge(total)
        if total == 0 { return [] }
        return Array(repeatElement(items.values, count: count).joined())
    }

    private static func integers(_ operation: BinaryOperator, _ left: Int, _ right: Int) throws(Fault) -> Value {
        let result: (partialValue: Int, overflow: Bool)
        switch operation {
        case .add: result = left.addingReportingOverflow(right)
        case .subtract: result = left.subtractingReportingOverflow(right)
        case .multiply: result = left.multipliedReportingOverflow(by: right)
        case .divide:
            guard right != 0 else { throw .value("division by zero") }
            return .float(Double(left) / Double(right))
        case .floorDivide, .modulo:
            guard right != 0 else { throw .value("integer division or modulo by zero") }
            let (quotient, overflows) = left.dividedReportingOverflow(by: right)
            if overflows {
                if operation == .modulo { return .integer(0) }
                throw tooLarge
            }
            // Python rounds towards minus infinity, and the remainder has the divisor's sign.
            let remainder = left - quotient * right
            let isRounded = remainder != 0 && (remainder < 0) != (right < 0)
            return .integer(
                operation == .modulo ? (isRounded ? remainder + right : remainder) : quotient - (isRounded ? 1 : 0))
        case .power:
            if right < 0 {
                guard left != 0 else { throw .value("0.0 cannot be raised to a negative power") }
                return .float(pow(Double(left), Double(right)))
            }
            return .integer(try power(left, right))
        }
        guard !result.overflow else { throw tooLarge }
        return .integer(result.partialValue)
    }

    private static func power(_ base: Int, _ exponent: Int) throws(Fault) -> Int {
        if base == 0 || base == 1 { return exponent == 0 ? 1 : base }
        if base == -1 { return exponent.isMultiple(of: 2) ? 1 : -1 }
        guard exponent < 64 else { throw tooLarge }
        var result = 1
        for _ in 0..<exponent {
            let (product, overflows) = result.multipliedReportingOverflow(by: base)
            guard !overflows else { throw tooLarge }
            result = product
        }
        return result
    }

    private static func floats(_ operation: BinaryOperator, _ left: Double, _ right: Double) throws(Fault) -> Value {
        switch operation {
        case .add: return .float(left + right)
        case .subtract: return .float(left - right)
        case .multiply: return .float(left * right)
        case .divide:
            guard right != 0 else { throw .value("float division by zero") }
            return .float(left / right)
        case .floorDivide, .modulo:
            guard right != 0 else { throw .value("float modulo") }
            var remainder = fmod(left, right)
            if remainder != 0, (remainder < 0) != (right < 0) { remainder += right }
            if operation == .modulo {
                return .float(remainder == 0 ? (right < 0 ? -0.0 : 0.0) : remainder)
            }
            let quotient = (left - remainder) / right
            let floored = quotient.rounded(.down)
            return .float(quotient - floored > 0.5 ? floored + 1 : floored)
        case .power:
            let result = pow(left, right)
            guard !result.isInfinite || left.isInfinite || right.isInfinite else {
                throw .value("the result of a power is too large")
            }
            guard left >= 0 || !result.isNaN || left.isNaN || right.isNaN else {
                throw .value("a power gives a complex number")
            }
            return .float(result)
        }
    }
}
