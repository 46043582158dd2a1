/// A compiled regular expression, run by backtracking over UTF-8 with a bound on the number of steps.
struct Pattern: Sendable {
    enum Instruction: Sendable {
        case set(Int)
        /// A set repeated: by far the most frequent construct, so it runs as one instruction.
        case run(Int, atLeast: Int, atMost: Int, PatternNode.Greed)
        case split(first: Int, second: Int)
        case jump(Int)
        /// Remembers the position in a slot at the start of a round of a loop …
        case mark(Int)
        /// … and leaves the loop when the round matched nothing.
        case leaveIfStill(Int, exit: Int)
        case atomic(end: Int)
        case look(isNegative: Bool, end: Int)
        /// Steps back by each number of scalars in turn; the body must end where it stood.
        case lookBehind(isNegative: Bool, least: Int, most: Int, slot: Int, end: Int)
        /// Holds where the lookbehind of that slot stood.
        case endsAt(Int)
        case anchor(PatternNode.Anchor)
        case accept
    }

    private(set) var program: [Instruction] = []
    private(set) var sets: [ScalarSet] = []
    private(set) var slotCount = 0

    private static let largestProgram = 20_000

    init(_ text: String) throws(PatternError) {
        try emit(try PatternParser.parse(text))
        program.append(.accept)
    }

    /// All matches in `bytes[range]`, empty ones too, left to right, without overlap; text around the range is not looked at.
    func matches(in bytes: [UInt8], _ range: Range<Int>) -> [Range<Int>] {
        var matcher = PatternMatcher(pattern: self, bytes: bytes, range: range)
        return matcher.allMatches()
    }

    private mutating func emit(_ node: PatternNode) throws(PatternError) {
        guard program.count < Self.largestProgram else {
            throw PatternError(reason: "it is too large once its repetitions are written out")
        }
        switch node {
        case .empty: break
        case .set(let set):
            sets.append(set)
            program.append(.set(sets.count - 1))
        case .sequence(let nodes): for node in nodes { try emit(node) }
        case .alternation(let branches):
            var exits: [Int] = []
            for branch in branches.dropLast() {
                let split = program.count
                program.append(.accept)
                try emit(branch)
                exits.append(program.count)
                program.append(.accept)
                program[split] = .split(first: split + 1, second: program.count)
            }
            if let last = branches.last { try emit(last) }
            for exit in exits { program[exit] = .jump(program.count) }
        case .repetition(.set(let set), let low, let high, let greed):
            sets.append(set)
            program.append(.run(sets.count - 1, atLeast: low, atMost: high, greed))
        case .repetition(let body, let low, let high, .possessive):
            try emit(.atomic(.repetition(body, atLeast: low, atMost: high, .greedy)))
        case .repetition(let body, let low, let high, let greed):
            for _ in 0..<low { try emit(body) }
            if high == PatternNode.unbounded {
                try emitLoop(body, isLazy: greed == .lazy)
            } else {
                try emitOptional(body, count: high - low, isLazy: greed == .lazy)
            }
        case .atomic(let body):
            let start = program.count
            program.append(.accept)
            try emit(body)
            program.append(.accept)
            program[start] = .atomic(end: program.count)
        case .look(let body, let isAhead, let isNegative):
            let start = program.count
            program.append(.accept)
            try emit(body)
            if isAhead {
                program.append(.accept)
                program[start] = .look(isNegative: isNegative, end: program.count)
            } else {
                let widths = body.widths
                program += [.endsAt(slotCount), .accept]
                program[start] = .lookBehind(
                    isNegative: isNegative, least: widths.least, most: widths.most ?? 0, slot: slotCount,
                    end: program.count)
                slotCount += 1
            }
        case .anchor(let anchor): program.append(.anchor(anchor))
        }
    }

    private mutating func emitLoop(_ body: PatternNode, isLazy: Bool) throws(PatternError) {
        let split = program.count
        program.append(.accept)
        var check: (at: Int, slot: Int)?
        if body.canBeEmpty {
            program.append(.mark(slotCount))
            check = (0, slotCount)
            slotCount += 1
        }
        try emit(body)
        if let slot = check?.slot {
            check = (program.count, slot)
            program.append(.accept)
        }
        program.append(.jump(split))
        let exit = program.count
        if let check { program[check.at] = .leaveIfStill(check.slot, exit: exit) }
        program[split] = isLazy ? .split(first: exit, second: split + 1) : .split(first: split + 1, second: exit)
    }

    private mutating func emitOptional(_ body: PatternNode, count: Int, isLazy: Bool) throws(PatternError) {
        var splits: [Int] = []
        for _ in 0..<max(count, 0) {
            splits.append(program.count)
            program.append(.accept)
            try emit(body)
        }
        let exit = program.count
        for split in splits {
            program[split] = isLazy ? .split(first: exit, second: split + 1) : .split(first: split + 1, second: exit)
        }
    }
}
