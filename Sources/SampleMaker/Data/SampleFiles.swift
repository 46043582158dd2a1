import OrderedJSON

/// Every file of `sample-data` that is generated, by name. The same seed gives the same bytes.
struct SampleFiles: Sendable {
    static let seed: UInt64 = 20_26
    let triage: TriageSet

    init(seed: UInt64 = Self.seed) {
        triage = TriageSet(seed: seed)
        others = OtherSets(seed: seed)
    }

    private let others: OtherSets

    var all: [(name: String, text: String)] {
        [
            ("triage.jsonl", Self.lines(triage.rows.map(\.json))),
            ("triage-test.jsonl", Self.lines(triage.testRows.map(\.json))),
            ("chat.jsonl", Self.lines(others.chats(200))),
            ("preference.jsonl", Self.lines(others.preferences(200))),
            ("text.jsonl", Self.lines(others.texts(60))),
            ("README.md", readme),
        ]
    }

    private static func lines(_ rows: [JSONValue]) -> String {
        rows.map { $0.serialized() + "\n" }.joined()
    }

    /// Lines (from 1) of each flaw.
    var flawLines: [TriageSet.Flaw: [Int]] {
        var lines: [TriageSet.Flaw: [Int]] = [:]
        for (index, row) in triage.rows.enumerated() {
            if let flaw = row.flaw { lines[flaw, default: []].append(index + 1) }
        }
        return lines
    }

    private func lineList(_ flaw: TriageSet.Flaw) -> String {
        (flawLines[flaw] ?? []).map { line in
            triage.origins[line - 1].map { "\(line) (of \($0 + 1))" } ?? String(line)
        }.joined(separator: ", ")
    }

    private static let explanations: [TriageSet.Flaw: String] = [
        .exactDuplicate: "the same row again; the number in brackets is its twin",
        .nearDuplicate: "the same message with a word, a sign or the letter case changed, same answer",
        .emptyAnswer: "nothing after the message",
        .cutAnswer: "the record stops before its last field; only questions without an order number",
        .proseAnswer: "the record's facts in a sentence of prose; only forgotten passwords and locked accounts",
        .keyOrder: "all keys, but in another order; only faults of the software",
        .unknownLabel:
            "a priority or category that does not exist (`urgent`, `shipment`); only late parcels in a hurry",
        .contradiction: "nearly the message of its twin, labelled as a late delivery instead of a return",
        .personalData: "an invented e-mail address, phone number or card number in the message",
        .overLong: "pasted notes of 60 to 90 lines after the message",
        .otherLanguage: "German or French",
        .hiddenCharacters: "zero-width and direction marks inside words",
    ]

    var readme: String {
        let flawed = triage.rows.count { $0.flaw != nil }
        let harmful = triage.rows.count { $0.flaw?.harmsAnswers == true }
        var text = """
            # Sample data

            All of it is written by `SampleMaker` (in `Sources/SampleMaker`) from word lists and sentence patterns of our \
            own: people, towns, shops, orders, addresses and numbers are invented. `swift run SampleMaker data` writes the \
            same bytes again, this file included. Licence: the project's own.

            | file | rows | shape | what it is for |
            | --- | --- | --- | --- |
            | `triage.jsonl` | \(triage.rows.count) | messages | a customer's message to a strict JSON record; \(flawed) rows \
            have planted flaws, to be found by curation |
            | `triage-test.jsonl` | \(triage.test.count) | messages | clean held-out rows of the same kind, for exact match |
            | `chat.jsonl` | 200 | messages | conversations of several turns, some with a system message |
            | `preference.jsonl` | 200 | prompt, chosen, rejected | a good and a poor answer to the same prompt |
            | `text.jsonl` | 60 | text | stories, notes and letters |
            | `base-model/` | | | the sample base model, in Hugging Face's layout; see its own README |
            | `recipes/pretrain.yaml` | | | how the base model was trained, by ftbench itself |
            | `recipes/triage.yaml` | | | the adapter that `ftbench demo` trains |

            ## The triage record
            One line, these keys in this order: `category` (\(SupportCase.categories.joined(separator: ", "))), `priority` \
            (\(SupportCase.priorities.joined(separator: ", "))), `action` (refund, \
            invoice, trace, redirect, reset, update, fix, replace, answer).

            The priority is `high` when the message says that it is urgent or that work has stopped, `low` when it says \
            that there is time, else `normal`. Category and action follow from the trouble: paid twice or too much → \
            billing, refund; a missing bill → billing, invoice; a late or lost parcel → delivery, trace; a new address → \
            delivery, redirect; no way to log in → account, reset; changed details → account, update; faulty software → \
            bug, fix; a broken or wrong thing → return, replace; an unwanted one → return, refund; anything else → \
            question, answer.

            ## Planted flaws in triage.jsonl
            \(flawed) rows; \(harmful) of them teach a wrong answer. Lines count from 1.


            """
        for flaw in TriageSet.Flaw.allCases {
            let lines = flawLines[flaw] ?? []
            text += "- **\(flaw.rawValue)** (\(lines.count)): \(Self.explanations[flaw] ?? ""). "
            text += "Lines \(lineList(flaw)).\n"
        }
        return text
    }
}
