import OrderedJSON

/// Fields of an invented record with the sentence that tells them.
struct RecordDraft {
    var kind: String
    var sentence: String
    var fields: [(key: String, value: JSONValue)]

    var json: String {
        var object = JSONObject()
        for field in fields { object[field.key] = field.value }
        return JSONValue.object(object).serialized()
    }

    var lines: String { fields.map { "\($0.key): \(Self.plain($0.value))" }.joined(separator: "\n") }

    var table: String {
        "| " + fields.map(\.key).joined(separator: " | ") + " |\n|" + fields.map { _ in "---|" }.joined() + "\n| "
            + fields.map { Self.plain($0.value) }.joined(separator: " | ") + " |"
    }

    static func plain(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): text
        case .null: "none"
        default: value.serialized()
        }
    }
}

extension Scene {
    mutating func draftRecord() -> RecordDraft {
        for (key, list) in [
            ("n", "name"), ("t", "town"), ("work", "job"), ("tint", "colour"), ("thing", "item"), ("pet1", "pet"),
            ("day", "weekday"), ("ev", "event"), ("spot", "building"), ("ft", "fruit"), ("dev", "device"),
            ("mon", "month"),
            ("fam", "surname"),
        ] { known[key] = word(list) }
        let number = random.int(2...90)
        let id = orderID()
        known["num"] = String(number)
        known["id"] = id
        func v(_ key: String) -> JSONValue { .string(known[key] ?? "") }
        let none = random.chance(0.35)
        switch random.below(8) {
        case 0:
            return RecordDraft(
                kind: "person",
                sentence: prose(
                    "({n} {fam} is {num} years old, lives in {t} and works as @ {work}.|In {t} lives {n} {fam}, @ {work} of {num} years.)"
                ),
                fields: [
                    ("name", .string("\(known["n"] ?? "") \(known["fam"] ?? "")")), ("age", .integer(number)),
                    ("town", v("t")),
                    ("job", v("work")),
                ])
        case 1:
            return RecordDraft(
                kind: "pet",
                sentence: prose(
                    "({n} has @ {tint} {pet1}" + (none ? "" : " called {fam}") + ".|The {pet1} of {n} is {tint}"
                        + (none ? "." : " and its name is {fam}.") + ")"),
                fields: [
                    ("owner", v("n")), ("animal", v("pet1")), ("colour", v("tint")), ("name", none ? .null : v("fam")),
                ])
        case 2:
            return RecordDraft(
                kind: "event",
                sentence: prose(
                    "(The {ev} is on {day} at the {spot} in {t}.|On {day} there will be @ {ev} at the {spot} in {t}.)"),
                fields: [("event", v("ev")), ("day", v("day")), ("place", v("spot")), ("town", v("t"))])
        case 3:
            return RecordDraft(
                kind: "stock",
                sentence: prose(
                    "(We have {num} {ft.s} in box {id}.|In box {id} there are {num} {ft.s}.|Box {id}: {num} {ft.s}.)"),
                fields: [("item", v("ft")), ("count", .integer(number)), ("box", v("id"))])
        case 4:
            return RecordDraft(
                kind: "sale",
                sentence: prose(
                    "({n} bought @ {tint} {thing} for {num} euros.|For {num} euros {n} got @ {tint} {thing}.)"),
                fields: [("buyer", v("n")), ("thing", v("thing")), ("colour", v("tint")), ("price", .integer(number))])
        case 5:
            return RecordDraft(
                kind: "loan",
                sentence: prose(
                    "({n} borrowed the {dev}" + (none ? "" : " with number {id}")
                        + " until {day}.|Until {day} {n} has the {dev}"
                        + (none ? "." : ", number {id}.") + ")"),
                fields: [
                    ("who", v("n")), ("device", v("dev")), ("number", none ? .null : v("id")), ("until", v("day")),
                ])
        case 6:
            return RecordDraft(
                kind: "trip",
                sentence: prose(
                    "({n} travels to {t} in {mon}" + (none ? "" : " with ticket {id}") + ".|In {mon} {n} goes to {t}"
                        + (none ? "." : ", the ticket is {id}.") + ")"),
                fields: [
                    ("traveller", v("n")), ("to", v("t")), ("month", v("mon")), ("ticket", none ? .null : v("id")),
                ])
        default:
            return RecordDraft(
                kind: "key",
                sentence: prose("(Key {id} opens the {spot}, and {n} has it.|{n} has key {id} of the {spot}.)"),
                fields: [("key", v("id")), ("door", v("spot")), ("holder", v("n"))])
        }
    }

    mutating func extractionTask() -> Document {
        let draft = draftRecord()
        var sentence = draft.sentence
        if random.chance(0.3) { sentence += " " + prose("The {weathernoun} was {quality} that day.") }
        if random.chance(0.3) { sentence = prose("(Hello|Hi|Good morning), ") + sentence }
        let keys = draft.fields.map(\.key).joined(separator: ", ")
        switch random.below(10) {
        case 0, 1: return .ask("Write a \(draft.kind) record as JSON: \(sentence)", draft.json)
        case 2: return .ask("Turn this into JSON with the keys \(keys): \(sentence)", draft.json)
        case 3:
            return .chat([.system("Answer with one JSON record."), .user(sentence), .assistant(draft.json)])
        case 4: return .ask("Write it as key: value lines. \(sentence)", draft.lines)
        case 5: return .ask("YAML, please: \(sentence)", draft.lines)
        case 6: return .ask("Fill a table with \(keys): \(sentence)", draft.table)
        case 7:
            let field = random.pick(draft.fields)
            return .ask("What is the \(field.key)? \(sentence)", RecordDraft.plain(field.value))
        case 8:
            let field = random.pick(draft.fields)
            return .ask("Give me the \(field.key) of this record: \(draft.json)", RecordDraft.plain(field.value))
        default: return .ask("Say this record in a sentence: \(draft.json)", draft.sentence)
        }
    }

    mutating func record() -> String {
        let first = draftRecord()
        switch random.below(4) {
        case 0: return first.sentence + "\n" + first.json
        case 1: return first.kind + " record\n" + first.lines
        case 2:
            var drafts = [first]
            while drafts.count < 3 {
                let next = draftRecord()
                if next.kind == first.kind || random.chance(0.05) { drafts.append(next) }
            }
            return drafts.map(\.json).joined(separator: "\n")
        default: return first.table
        }
    }
}
