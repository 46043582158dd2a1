import OrderedJSON

/// How the messages of a file name their parts, where that is neither `role`/`content` nor `from`/`value`: the `tags`
/// of LLaMA-Factory's `dataset_info.json`.
public struct RoleTags: Sendable, Equatable {
    public var role: String
    public var content: String
    /// The file's names of roles, by the name they stand for: `["user": "human"]`.
    public var names: [String: String]

    public init(role: String, content: String, names: [String: String] = [:]) {
        self.role = role
        self.content = content
        self.names = names
    }

    var asJSON: JSONValue {
        var names: JSONObject = [:]
        for (name, tag) in self.names.sorted(by: { $0.key < $1.key }) { names[name] = .string(tag) }
        return ["role": .string(role), "content": .string(content), "names": .object(names)]
    }

    init?(json: JSONValue?) {
        guard let json, let role = json["role"]?.string, let content = json["content"]?.string else { return nil }
        self.init(role: role, content: content)
        for (name, tag) in json["names"]?.object ?? [:] { names[name] = tag.string }
    }
}
