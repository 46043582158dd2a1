import CKernels
import Testing

let instructionSets = (0..<Int32(CK_ISA_COUNT)).filter { ck_isa_supported($0) == 1 }

/// Runs `body` with the given set on this thread.
func with<R>(_ isa: Int32, _ body: () -> R) -> R {
    #expect(ck_override_isa(isa) == 1)
    defer { ck_override_isa(-1) }
    return body()
}

func noise(_ count: Int, seed: UInt64, deviation: Float = 1) -> [Float] {
    var result = [Float](repeating: 0, count: count)
    ck_random_normal(&result, Int64(count), seed, deviation)
    return result
}

func distance(_ a: [Float], _ b: [Float]) -> Float {
    let size = max(1, b.map { abs($0) }.max() ?? 0)
    return zip(a, b).map { $0 == $1 ? 0 : $0.isNaN || $1.isNaN ? .infinity : abs($0 - $1) / size }.max() ?? 0
}

/// Compares what `body` writes under `isa` with what it writes under the portable set.
func compare(_ isa: Int32, _ tolerance: Float, _ name: String, _ body: () -> [Float]) {
    let worst = distance(with(isa, body), with(Int32(CK_ISA_PORTABLE), body))
    #expect(worst <= tolerance, "\(name) under \(String(cString: ck_isa_name(isa))): \(worst)")
}
