import OrderedJSON
import Testing

@testable import Curation
@testable import Datasets

@Suite struct FilterTests {
    private static let set: CurationSet = {
        var set = CurationSet(
            name: "s",
            examples: [
                row("Reset my password", "Use the link.", line: 3, extra: ["source": "forum", "rank": 7]),
                row("Where is the PARCEL?", "On its way. Write to a@b.org.", line: 4, extra: ["source": "mail"]),
                row("Straße gesperrt, warum ist die Übung nicht offen?", "", line: 9),
                Example(content: .completion(prompt: "2+2=", completion: "4 or five"), line: 10),
            ])
        let scan = SignalScan.scan(set.rows.map(\.original))
        set.take(scan.signals, from: 0)
        set.perform(.keep, on: [0], time: 0)
        set.perform(.tag("Good"), on: [0], time: 0)
        set.perform(.edit(row("Where is my parcel?", "Gone.")), on: [1], time: 0)
        set.perform(.skip, on: [3], time: 0)
        set.mark(true, rows: [2])
        return set
    }()

    private func rows(_ filter: String) throws -> [Int] {
        FilterRun(try FilterExpression(parsing: filter)).rows(of: Self.set)
    }

    @Test(arguments: [
        ("", [0, 1, 2, 3]), ("parcel", [1]), ("PaRcEl", [1]), ("\"my parcel\"", [1]), ("ÜBUNG", [2]), ("straße", [2]),
        ("prompt:reset", [0]), ("answer:reset", []), ("answer:link", [0]), ("prompt:link", []), ("source:forum", [0]),
        ("source:or", [0]), ("rank:7", [0]), ("SOURCE:mail", [1]), ("role:assistant", [0, 1, 2]),
        ("role:completion", [3]),
        ("status:kept", [0]), ("status:undecided", [1, 2, 3]), ("edited:yes", [1]), ("edited:no", [0, 2, 3]),
        ("marked:yes", [2]), ("skipped:yes", [3]), ("tag:good", [0]), ("note:yes", []), ("empty", [2]),
        ("\"empty\"", []),
        ("not empty", [0, 1, 3]), ("!empty", [0, 1, 3]), ("-empty", [0, 1, 3]), ("lang:de", [2]), ("line=9", [2]),
        ("line:9", [2]), ("row=1", [0]), ("words>5", [0, 1, 2]), ("words > 5", [0, 1, 2]), ("turns!=2", []),
        ("answer<1", [2]), ("len>=1 len<20", [3]), ("parcel or reset", [0, 1]), ("parcel | reset", [0, 1]),
        ("my reset", [0]), ("my and reset", [0]), ("my & reset", [0]), ("not (parcel or reset)", [2, 3]),
        ("my (parcel or reset) status:kept", [0]), ("/p[ao]s+word/", [0]), ("/^where/", [1]), ("\"4 or five\"", [3]),
        ("is:empty", [2]), ("has:pii", [1]), ("pii:email", [1]), ("pii:card", []), ("2+2", [3]), ("tokens>0", []),
        ("http://x.org", []),
    ]) func filtersLeaveTheRowsTheyName(filter: String, expected: [Int]) throws {
        #expect(try rows(filter) == expected)
    }

    @Test(arguments: [
        ("(a", 0, "'(' is not closed"), ("a)", 1, "')' without '('"), ("\"abc", 0, "quotation mark"),
        ("/x", 0, "'/' is not closed"),
        ("a or", 4, "a term is missing"), ("and", 0, "a term is missing"), ("a and", 5, "a term must follow"),
        ("status:gone", 7, "there are undecided kept dropped flagged"), ("edited:maybe", 7, "yes no"),
        ("size>3", 0, "'size' is no number of a row; there are tokens"), ("words>many", 6, "a number must follow"),
        ("pii:name", 4, "email phone ip card key"), ("lang:xx", 5, "en de"), ("/[/", 0, "no valid regular expression"),
        ("prompt:", 7, "a value must follow"), ("a not", 5, "a term is missing"), ("()", 1, "a term is missing"),
        (">5", 0, "no number of a row"),
    ]) func mistakesAreShownAtTheirPlace(filter: String, position: Int, reason: String) {
        let error = #expect(throws: FilterError.self) { try FilterExpression(parsing: filter) }
        #expect(error?.position == position)
        #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
    }

    @Test func deepNestingIsRefusedAndNotACrash() {
        #expect(throws: FilterError.self) { try FilterExpression(parsing: String(repeating: "(", count: 100_000)) }
        #expect(throws: FilterError.self) { try FilterExpression(parsing: String(repeating: "!", count: 100_000)) }
    }

    @Test func slicesGiveTheSameRows() throws {
        let run = FilterRun(try FilterExpression(parsing: "status:undecided"))
        #expect((0..<4).flatMap { run.rows(of: Self.set, in: $0..<($0 + 1)) } == run.rows(of: Self.set))
        #expect(run.rows(of: Self.set, in: 3..<99) == [3])
        #expect(!run.matches(12, in: Self.set))
    }

    @Test func editsAreFoundByTheirNewText() throws {
        #expect(try rows("gone") == [1])
        #expect(try rows("\"on its way\"") == [])
        var set = Self.set
        set.prepareSearch(0..<set.count)
        set.perform(.revert, on: [1], time: 1)
        #expect(FilterRun(try FilterExpression(parsing: "\"on its way\"")).rows(of: set) == [1])
    }

    @Test func ordersSortAndKeepTheFilesOrderAmongEquals() {
        let set = Self.set
        #expect(RowOrder.prompt.sorted([0, 1, 2, 3], of: set) == [3, 0, 2, 1])
        #expect(RowOrder.status.sorted([3, 2, 1, 0], of: set) == [1, 2, 3, 0])
        #expect(RowOrder.status.sorted([0, 1, 2, 3], of: set, descending: true) == [0, 1, 2, 3])
        #expect(RowOrder.file.sorted([2, 0], of: set, descending: true) == [2, 0])
        for order in RowOrder.allCases { #expect(order.sorted([0, 1, 2, 3], of: set).sorted() == [0, 1, 2, 3]) }
    }

    @Test func facetsCountAndTheirFiltersLeaveThoseRows() throws {
        let facets = Facets(0..<4, of: Self.set)
        for value in facets.status + facets.signals + facets.sources + facets.languages {
            #expect(try rows(value.filter).count == value.count, "\(value.filter)")
        }
        #expect(facets.status.map(\.name) == ["undecided", "kept"])
        #expect(facets.sources.map(\.name) == ["forum", "mail"])
    }
}
