import OrderedJSON

/// The body of a refusal: `{"error": "…"}`.
enum ErrorBody {
    /// As much of a refusal's body as is read.
    static let mostBytes = 4096

    static func text(_ bytes: [UInt8]) -> String? {
        guard let json = try? JSONValue(parsing: bytes) else { return nil }
        return json["error"]?.string ?? json["message"]?.string
    }
}
