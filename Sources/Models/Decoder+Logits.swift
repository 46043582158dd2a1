public import Autograd
public import Tensors

/// The one place where hidden states become logits: the head, then the family's scale and cap.
extension Decoder {
    /// Scores of every vocabulary entry: hidden (N, C) → (N, V). For inference on a few rows; a loss goes through
    /// `crossEntropySum`, which never holds them all.
    public func logits(_ hidden: Variable, in pass: Pass) -> Variable {
        Autograd.logits(
            hidden, head: head, scale: configuration.logitScale, softCap: configuration.logitSoftCap, in: pass)
    }

    /// Σ over rows of −log softmax(logits)[target], hidden (M, C); rows with a target below 0 count nothing.
    public func crossEntropySum(_ hidden: Variable, targets: [Int32], in pass: Pass) -> Variable {
        Autograd.crossEntropySum(
            hidden, head: head, targets: targets, scale: configuration.logitScale,
            softCap: configuration.logitSoftCap, in: pass)
    }

    /// log softmax(logits)[target] of each row of hidden (M, C), 0 for a target below 0. Inference only.
    public func logProbabilities(_ hidden: Tensor, targets: [Int32]) -> [Float] {
        Autograd.logProbabilities(
            hidden, head: head.value, targets: targets, scale: configuration.logitScale,
            softCap: configuration.logitSoftCap)
    }
}
