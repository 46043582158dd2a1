/// One place of the screen: a printable scalar with up to two combining marks, its width and its style.
///
/// A wide character has its scalar in a cell of width 2; the cell to its right has width 0 and draws nothing.
public struct Cell: Sendable, Equatable {
    /// The base scalar, always printable.
    public var scalar: Unicode.Scalar
    /// Combining marks on the base; 0 where there is none. Further marks are not drawn.
    public var firstMark: UInt32
    public var secondMark: UInt32
    /// 1 or 2; 0 in the right half of a wide character.
    public var width: UInt8
    public var style: Style

    /// A cell that shows `scalar`, made safe first: a control character becomes its symbol.
    public init(_ scalar: Unicode.Scalar, _ style: Style = .text) {
        let form = DisplayForm.of(scalar.value, after: 0)
        self.init(form: form, style: style)
    }

    init(form: DisplayForm, style: Style) {
        scalar = form.width > 0 ? Unicode.Scalar(form.scalar) ?? " " : " "
        firstMark = 0
        secondMark = 0
        width = form.width == 2 ? 2 : 1
        self.style = style
    }

    private init(continuationWith style: Style) {
        scalar = " "
        firstMark = 0
        secondMark = 0
        width = 0
        self.style = style
    }

    /// A space in the style of plain text.
    public static let blank = Cell(" ", .text)

    static func continuation(_ style: Style) -> Cell { Cell(continuationWith: style) }

    /// The text of the cell: empty for the right half of a wide character.
    public var text: String {
        if width == 0 { return "" }
        var text = String.UnicodeScalarView([scalar])
        if let mark = Unicode.Scalar(firstMark), firstMark != 0 { text.append(mark) }
        if let mark = Unicode.Scalar(secondMark), secondMark != 0 { text.append(mark) }
        return String(text)
    }

    mutating func add(mark: UInt32) {
        if firstMark == 0 {
            firstMark = mark
        } else if secondMark == 0 {
            secondMark = mark
        }
    }
}
