extension Scene {
    mutating func identifier() -> String {
        let letters = "ABCDEFGHKLMNPRSTUVWXZ".map(String.init)
        func letter() -> String { random.pick(letters) }
        switch random.below(7) {
        case 0, 1, 2: return letter() + "-" + String(random.int(1000...9999))
        case 3: return letter() + letter() + String(random.int(100...999))
        case 4: return "#" + String(random.int(1000...99999))
        case 5: return letter() + letter() + "-" + String(random.int(10...999)) + "-" + letter()
        default: return String(random.int(1000...99999))
        }
    }

    mutating func email() -> String {
        let user = word("name").lowercased() + random.pick(["", ".", "_"]) + random.pick(World.surnames).lowercased()
        return user + "@" + random.pick(["post", "mail", "office", "home", "shop"]) + ".example"
    }

    /// Something to be repeated letter by letter.
    mutating func verbatim() -> (kind: String, value: String) {
        switch random.below(8) {
        case 0, 1, 2, 3: ("number", identifier())
        case 4: ("email address", email())
        case 5: ("amount", "\(random.int(1...999)).\(random.int(10...99)) euros")
        case 6: ("time", "\(random.int(0...23)):\(random.int(10...59))")
        default: ("date", "\(random.int(1...28)) \(word("month")) \(random.int(1950...2030))")
        }
    }

    /// The same things twice or three times over: what teaches a small model earliest to look back and copy.
    mutating func echo() -> Document {
        var items = (0..<random.int(3...6)).map { _ in
            random.chance(0.75) ? identifier() : random.chance(0.5) ? word("surname") : email()
        }
        switch random.below(5) {
        case 0:
            let line = items.joined(separator: random.pick([", ", " ", "\n"]))
            return .text([line, line, line].prefix(random.int(2...3)).joined(separator: "\n"))
        case 1: return .ask("Copy the list: " + items.joined(separator: ", "), items.joined(separator: ", "))
        case 2:
            let names = words("name", items.count)
            let pairs = Array(zip(names, items))
            let told = pairs.map { "\($0.0) has \($0.1)." }.joined(separator: " ")
            let asked = random.shuffled(pairs).flatMap { pair -> [Document.Turn] in
                [.user("What has \(pair.0)?"), .assistant(pair.1)]
            }
            return .chat([.user(told), .assistant("I see.")] + asked)
        case 3:
            let names = words("fruit", items.count)
            let told = zip(names, items).map { "\"\($0)\":\"\($1)\"" }.joined(separator: ",")
            return .text("{\(told)}\n" + zip(names, items).map { "\($0): \($1)" }.joined(separator: "\n"))
        default:
            items = items.flatMap { [$0, "\"\($0)\""] }
            return .text(items.joined(separator: " "))
        }
    }

    mutating func copyTask() -> Document {
        let item = verbatim()
        known["v"] = item.value
        known["k"] = item.kind
        switch random.below(10) {
        case 0:
            return .ask(
                random.pick(["Repeat exactly: ", "Say again: ", "Copy this: ", "Repeat: "]) + item.value, item.value)
        case 1: return .ask("Put this in quotes: \(item.value)", "\"\(item.value)\"")
        case 2:
            let text = prose("{name} {vsay.ed} that the {k} is {v}[ and {vmove.ed} to the {place}].")
            return .ask(random.pick(["What is the \(item.kind)? ", "Find the \(item.kind): "]) + text, item.value)
        case 3:
            let text = prose("(My|Our|The) {k} is {v}.")
            return .chat([.user(text), .assistant("I have noted the \(item.kind) \(item.value).")])
        case 4:
            let many = (0..<random.int(2...4)).map { _ in identifier() }
            let joined = many.joined(separator: ", ")
            return random.chance(0.5)
                ? .ask("Copy the list: \(joined)", joined)
                : .ask("Which is the last of these: \(joined)?", many.last ?? "")
        case 5:
            let text = prose("{name} {vhandle.ed} the {quality} {item} and {vmove.ed} to the {place}.")
            return .ask(random.pick(["Repeat the sentence: ", "Write this again: "]) + text, text)
        case 6:
            let (a, b) = (identifier(), identifier())
            let (n, m) = (word("girl"), word("boy"))
            let first = random.chance(0.5)
            return .ask(
                "\(n) has number \(a) and \(m) has number \(b). Which number has \(first ? n : m)?", first ? a : b)
        case 7:
            let (a, b) = (identifier(), identifier())
            let same = random.chance(0.5)
            return .ask(
                "Are these equal? \(a) and \(same ? a : b)",
                same || a == b ? "Yes, both are \(a)." : "No, \(a) is not \(b).")
        case 8: return .ask("{\"code\":\"\(item.value)\"} What is the code?", item.value)
        default: return .ask("Write {\"code\":…} for \(item.value).", "{\"code\":\"\(item.value)\"}")
        }
    }
}
