import Autograd
public import Tensors

extension Decoder {
    /// A frozen decoder with this one's base weights in blocks: tables and projections; norms, biases, learned positions
    /// and rows that are no whole blocks stay what they are. For inference.
    public func quantized(as type: ElementType) -> Decoder {
        precondition(type.blockFormat != nil, "\(type.rawValue) has no blocks")
        let positions = configuration.family.traits.names.positionsKey
        let isTurned = configuration.family.traits.storesInputsFirst
        return Decoder.build(configuration) { (key, _, role) throws(Never) in
            guard let base = baseVariable(key) else { preconditionFailure("no weight \(key)") }
            let value = base.value
            let isMatrix =
                switch role {
                case .table: key != positions
                case .projection: !isTurned
                case .normScale, .bias: false
                }
            guard isMatrix, let format = type.blockFormat, value.width % format.blockElements == 0 else {
                return Variable(value)
            }
            return Variable(value.converted(to: type))
        }
    }
}
