public import Autograd
public import Models
public import Tensors

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
    /// A decoder of its own with the adapter in its weights. `model`, and every decoder that shares its weights, stay
    /// as they are; what the adapter does not change is shared with them. Every matrix is rounded to `elementType`;
    /// nil keeps each in the type that the base holds it in.
    func merged(into model: Decoder, as elementType: ElementType?) throws -> Decoder
}
