public import Tensors

/// Rows of a frozen table (V, C) at `ids`, where the rows at `places` are those of `rows` (M, C) instead → (N, C).
///
///     drows[m] = Σ dy[i] over the i with ids[i] = places[m]
public func embedding(
    _ ids: [Int32], table: Tensor, replacing places: [Int32], by rows: Variable, in pass: Pass
) -> Variable {
    let order = Dictionary(places.enumerated().map { ($1, Int32($0)) }, uniquingKeysWith: { first, _ in first })
    var (at, from): ([Int32], [Int32]) = ([], [])
    for (index, id) in ids.enumerated() {
        guard let place = order[id] else { continue }
        at.append(Int32(index))
        from.append(place)
    }
    let result = Kernels.gather(table, ids)
    for (index, place) in zip(at, from) {
        let (target, source) = (Int(index), Int(place))
        result.rows(target..<target + 1).assign(rows.value.rows(source..<source + 1))
    }
    let y = Variable(result: result, wantsGradient: pass.tracks(rows))
    guard y.wantsGradient else { return y }
    pass.tape?.record {
        guard let dy = y.takeGradient() else { return }
        rows.accumulate { target, accumulate in
            if !accumulate { target.fill(0) }
            guard !at.isEmpty else { return }
            Kernels.scatterAdd(Kernels.gather(dy, at), at: from, into: target)
        }
    }
    return y
}

/// The whole of such a table, (V, C), as a weight. drows[m] = dy[places[m]].
public func replacedRows(of table: Tensor, at places: [Int32], by rows: Variable, in pass: Pass) -> Variable {
    let result = table.copy()
    for (source, place) in places.enumerated() {
        result.rows(Int(place)..<Int(place) + 1).assign(rows.value.rows(source..<source + 1))
    }
    let y = Variable(result: result, wantsGradient: pass.tracks(rows))
    guard y.wantsGradient else { return y }
    pass.tape?.record {
        guard let dy = y.takeGradient() else { return }
        rows.accumulate { Kernels.gather(dy, places) }
    }
    return y
}
