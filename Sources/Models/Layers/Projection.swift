public import Autograd

/// Anything that maps (N, inputs) to (N, outputs): plain or adapted.
public protocol Projection {
    var inputs: Int { get }
    var outputs: Int { get }
    func callAsFunction(_ x: Variable, in pass: Pass) -> Variable
}

/// The places of a block where a projection can sit. What a family calls them is in its `WeightNames`.
public enum ProjectionPlace: Sendable, CaseIterable {
    case query  // (H·D, C)
    case key  // (K·D, C)
    case value  // (K·D, C)
    /// The three in one, as the checkpoint has them.
    case queryKeyValue  // (H·D + 2·K·D, C)
    case output  // (C, H·D)
    case gate  // (F, C)
    case up  // (F, C)
    /// Gate, then up, in one.
    case gateUp  // (2·F, C)
    case down  // (C, F)
}
