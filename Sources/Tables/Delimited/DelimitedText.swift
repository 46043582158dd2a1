/// Writes delimited text that `DelimitedReader`, spreadsheets and Python's `csv` read back as it was.
public enum DelimitedText {
    /// One record with its line end: quotes where a field has a delimiter, a quote, a line break or spaces at an end.
    public static func record(_ fields: [String], delimiter: UInt8) -> [UInt8] {
        var bytes: [UInt8] = []
        for (index, field) in fields.enumerated() {
            if index > 0 { bytes.append(delimiter) }
            let text = field.utf8
            let needsQuotes =
                text.contains { $0 == delimiter || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }
                || text.first == 0x20 || text.last == 0x20 || fields.count == 1 && text.isEmpty
                // A byte order mark in the first field would be taken for the file's.
                || index == 0 && text.starts(with: [0xEF, 0xBB, 0xBF])
            guard needsQuotes else {
                bytes += text
                continue
            }
            bytes.append(0x22)
            for byte in text {
                if byte == 0x22 { bytes.append(0x22) }
                bytes.append(byte)
            }
            bytes.append(0x22)
        }
        bytes.append(0x0A)
        return bytes
    }
}
