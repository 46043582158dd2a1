public import Autograd
public import Models

/// A small set of trained weights on top of a frozen model.
public protocol Adapter: AnyObject {
    /// Trainable parameters by the key they are saved under, in a fixed order.
    var parameters: [(key: String, variable: Variable)] { get }
    /// Puts the adapter into the model's layers; the base weights are not touched or copied.
    func attach(to model: Decoder) throws
    /// Puts back what was there before.
    func detach(from model: Decoder)
}

/// A projection adapter can become part of the base weights; a prefix or a prompt cannot, and has no such verb.
public protocol MergeableAdapter: Adapter {
    /// Adds the adapter to the weights of `model`, as float32 copies. For every decoder that shares them.
    func merge(into model: Decoder) throws
}
