import Autograd
import Tensors

/// What several projections give for the same rows x (N, in): each (N, outᵢ), to the bit what it gives alone.
///
/// Without a tape, plain projections are multiplied in one job where rows are few: to wake the threads and to wait for
/// them costs a good part of what such a product takes.
func project(_ x: Variable, through projections: [any Projection], in pass: Pass) -> [Variable] {
    guard pass.tape == nil else { return projections.map { $0(x, in: pass) } }
    let linears = projections.compactMap { $0 as? Linear }.filter { !$0.storesInputsFirst }
    guard linears.count == projections.count else { return projections.map { $0(x, in: pass) } }
    let products = x.value.timesTransposed(each: linears.map(\.weight.value), in: pass.precision)
    return zip(linears, products).map { linear, product in
        if let bias = linear.bias { product.addToRows(bias.value) }
        return Variable(product)
    }
}
