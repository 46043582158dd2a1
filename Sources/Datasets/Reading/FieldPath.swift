import OrderedJSON

extension JSONObject {
    /// The member of that name, or the one reached by taking the name's dots as steps into objects and lists.
    func value(at field: String) -> JSONValue? {
        if let value = self[field] { return value.isNull ? nil : value }
        guard field.utf8.contains(UInt8(ascii: ".")) else { return nil }
        var current: JSONValue = .object(self)
        for step in field.split(separator: ".") {
            if let next = current[String(step)] {
                current = next
            } else if let index = Int(step), let next = current[index] {
                current = next
            } else {
                return nil
            }
        }
        return current.isNull ? nil : current
    }
}
