/// The seven screens, in the order of their number keys.
public enum Screen: Int, CaseIterable, Sendable {
    case data, recipe, train, compare, runs, models, serve

    public var title: String {
        switch self {
        case .data: "Data"
        case .recipe: "Recipe"
        case .train: "Train"
        case .compare: "Compare"
        case .runs: "Runs"
        case .models: "Models"
        case .serve: "Serve"
        }
    }
}
