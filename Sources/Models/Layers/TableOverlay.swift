public import Autograd

/// What an adapter computes in the place of a token table (V, C): rows that are looked up, and the whole table where
/// the head needs it.
public protocol TableOverlay: AnyObject {
    /// The rows of `ids`: N ids → (N, C).
    func rows(_ ids: [Int32], in pass: Pass) -> Variable
    /// All rows, (V, C), with gradients for what the adapter trains.
    func table(in pass: Pass) -> Variable
}
