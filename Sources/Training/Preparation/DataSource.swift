public import Datasets

/// The examples of a run, resolved by the caller from a file or a workspace.
public struct DataSource: Sendable {
    /// For messages: the file, or NAME@VERSION.
    public var name: String
    public var train: [Example]
    /// Rows held out in a file of their own; nil: a share of `train` as the recipe says.
    public var validation: [Example]?

    public init(name: String, train: [Example], validation: [Example]? = nil) {
        self.name = name
        self.train = train
        self.validation = validation
    }
}
