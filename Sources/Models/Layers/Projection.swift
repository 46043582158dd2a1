public import Autograd

/// Anything that maps (N, inputs) to (N, outputs): plain or adapted.
public protocol Projection {
    var inputs: Int { get }
    var outputs: Int { get }
    func callAsFunction(_ x: Variable, in pass: Pass) -> Variable
}

/// The seven places of a block where a projection sits; raw values are the checkpoint's keys within the layer.
public enum ProjectionPlace: String, Sendable, CaseIterable {
    case query = "self_attn.q_proj"  // (H·D, C)
    case key = "self_attn.k_proj"  // (K·D, C)
    case value = "self_attn.v_proj"  // (K·D, C)
    case output = "self_attn.o_proj"  // (C, H·D)
    case gate = "mlp.gate_proj"  // (F, C)
    case up = "mlp.up_proj"  // (F, C)
    case down = "mlp.down_proj"  // (C, F)

    /// `q_proj`, `down_proj`, …: what a list of target modules usually says.
    public var shortName: String { String(rawValue.split(separator: ".").last ?? "") }
}
