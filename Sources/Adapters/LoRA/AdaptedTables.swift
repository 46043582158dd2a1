import Autograd
import Models
import Tensors

/// A token table with a low-rank update: rows + scale · A[:, ids]ᵀ·Bᵀ, with A (R, V) and B (C, R); with DoRA all of it
/// times magnitude / ‖column‖. PEFT drops nothing here, and leaves a tied head as it is.
final class LoRATable: TableOverlay {
    let adapter: LoRAAdapter.Table
    private let base: Variable
    private var norms = NormCache()

    init(_ adapter: LoRAAdapter.Table, base: Variable) {
        self.adapter = adapter
        self.base = base
    }

    func rows(_ ids: [Int32], in pass: Pass) -> Variable {
        let plain = embedding(ids, table: base, in: pass)
        let sum = add(
            plain, lowRankRows(ids, a: adapter.a, b: adapter.b, scale: adapter.scale, in: pass), in: pass)
        guard let magnitude = adapter.magnitude else { return sum }
        let norm = norms.norm(a: adapter.a, b: adapter.b, in: pass) {
            WeightNorms.ofColumns(
                base.value, a: adapter.a.value, b: adapter.b.value, scale: adapter.scale)
        }
        return scaleColumns(sum, by: ratio(magnitude, by: norm, in: pass), in: pass)
    }

    /// Not asked for: no head computes with it.
    func table(in pass: Pass) -> Variable { base }
}

/// The head with a low-rank update: W + scale · B·A, with A (R, C) and B (V, R), as one table, since the loss and the
/// logits take one.
final class LoRAHead: TableOverlay {
    let adapter: LoRAAdapter.Module
    private let base: Variable
    private var norms = NormCache()
    private var kept: (a: Double, b: Double, c: Double, table: Variable)?

    init(_ adapter: LoRAAdapter.Module, base: Variable) {
        self.adapter = adapter
        self.base = base
    }

    func rows(_ ids: [Int32], in pass: Pass) -> Variable { embedding(ids, table: base, in: pass) }

    func table(in pass: Pass) -> Variable {
        if pass.tape != nil {
            kept = nil
            return composed(in: pass)
        }
        let sums = (
            adapter.a.value.sumOfSquares(), adapter.b.value.sumOfSquares(),
            adapter.magnitude?.value.sumOfSquares() ?? 0
        )
        if let kept, (kept.a, kept.b, kept.c) == sums { return kept.table }
        let table = composed(in: pass)
        kept = (sums.0, sums.1, sums.2, table)
        return table
    }

    private func composed(in pass: Pass) -> Variable {
        let sum = lowRankWeight(base, a: adapter.a, b: adapter.b, scale: adapter.scale, in: pass)
        guard let magnitude = adapter.magnitude else { return sum }
        let weight = AdaptedWeight(tensor: base.value, storesInputsFirst: false)
        let norm = norms.norm(a: adapter.a, b: adapter.b, in: pass) {
            WeightNorms.ofOutputs(weight, a: adapter.a.value, b: adapter.b.value, scale: adapter.scale)
        }
        return scaleRows(sum, by: ratio(magnitude, by: norm, in: pass), in: pass)
    }
}

/// A token table some of whose rows are trained. In a tied model the head has them too.
final class TokenRowsTable: TableOverlay {
    let adapter: LoRAAdapter.Tokens
    private let base: Variable
    private var kept: (sum: Double, table: Variable)?

    init(_ adapter: LoRAAdapter.Tokens, base: Variable) {
        self.adapter = adapter
        self.base = base
    }

    func rows(_ ids: [Int32], in pass: Pass) -> Variable {
        embedding(ids, table: base.value, replacing: adapter.indices, by: adapter.rows, in: pass)
    }

    func table(in pass: Pass) -> Variable {
        if pass.tape != nil {
            kept = nil
        } else if let kept, kept.sum == adapter.rows.value.sumOfSquares() {
            return kept.table
        }
        let table = replacedRows(of: base.value, at: adapter.indices, by: adapter.rows, in: pass)
        if pass.tape == nil { kept = (adapter.rows.value.sumOfSquares(), table) }
        return table
    }
}
