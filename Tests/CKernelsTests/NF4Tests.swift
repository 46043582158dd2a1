import CKernels
import Foundation
import Testing

/// A block as bitsandbytes packs it and undoes it (Tests/Fixtures/nf4/make_nf4_fixtures.py).
struct NF4Case: Decodable, CustomTestStringConvertible {
    let name: String
    private let values, undone: [UInt32]
    private let absmax: UInt32
    private let codes: [UInt8]

    var testDescription: String { name }
    var numbers: [Float] { values.map(Float.init(bitPattern:)) }
    var numbersAgain: [UInt32] { undone }
    var block: [UInt8] { withUnsafeBytes(of: absmax) { Array($0) } + codes }

    private struct File: Decodable { let cases: [NF4Case] }
    static func all() throws -> [NF4Case] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: folder.appending(path: "Fixtures/nf4/nf4.json"))
        return try JSONDecoder().decode(File.self, from: data).cases
    }
}

private func packed(_ values: [Float]) -> [UInt8] {
    let blocks = values.count / 64
    var bytes = [UInt8](repeating: 0xaa, count: blocks * ck_block_bytes(Int32(CK_NF4)))
    ck_quantize(values, Int32(CK_NF4), &bytes, Int64(blocks))
    return bytes
}

private func undone(_ bytes: [UInt8]) -> [Float] {
    let blocks = bytes.count / ck_block_bytes(Int32(CK_NF4))
    var values = [Float](repeating: .nan, count: blocks * 64)
    ck_dequantize_here(bytes, Int32(CK_NF4), &values, Int64(blocks))
    return values
}

@Suite("blocks of NF4")
struct NF4Tests {
    @Test("numbers give exactly the bytes of bitsandbytes", arguments: try NF4Case.all())
    func packing(_ reference: NF4Case) {
        #expect(packed(reference.numbers) == reference.block)
    }

    @Test("bytes give exactly the numbers of bitsandbytes", arguments: instructionSets, try NF4Case.all())
    func undoing(isa: Int32, _ reference: NF4Case) {
        #expect(with(isa) { undone(reference.block) }.map(\.bitPattern) == reference.numbersAgain)
    }

    @Test("many blocks are each on their own, whatever the threads and where the bytes begin")
    func many() throws {
        let cases = try NF4Case.all()
        let some = (0..<1000).map { cases[$0 * 7 % cases.count] }
        let bytes = packed(some.flatMap(\.numbers))
        #expect(bytes == some.flatMap(\.block))
        var values = [Float](repeating: 0, count: 64 * some.count)
        ([0] + bytes).withUnsafeBytes { shifted in
            guard let base = shifted.baseAddress else { return }
            ck_dequantize(base + 1, Int32(CK_NF4), &values, Int64(some.count))
        }
        #expect(values.map(\.bitPattern) == some.flatMap(\.numbersAgain))
    }

    @Test("every pair of codes gives the same bits in every set", arguments: instructionSets)
    func pairs(isa: Int32) {
        var bytes: [UInt8] = []
        for block in 0..<8 {
            bytes += withUnsafeBytes(of: Float(block) - 3.7) { Array($0) }
            bytes += (0..<32).map { UInt8(32 * block + $0) }
        }
        compare(isa, 0, "codes") { undone(bytes) }
    }

    @Test("zeros give zeros, and what is no number gives some block")
    func notNumbers() {
        #expect(undone(packed([Float](repeating: 0, count: 64))).allSatisfy { $0 == 0 && $0.sign == .plus })
        #expect(undone(packed([Float](repeating: -0.0, count: 64))).allSatisfy { $0 == 0 })
        for value in [Float.nan, -.nan, .infinity, -.infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude] {
            let same = [Float](repeating: value, count: 64)
            #expect(packed(same).count == 36 && undone(packed(same)).count == 64)
            var one = noise(64, seed: 4)
            one[5] = value
            let again = undone(packed(one))
            // Beside what is no number the others keep their scale.
            if value.isNaN { #expect(distance(Array(again[6...]), Array(one[6...])) < 0.16) }
        }
    }

    @Test("the nearest of the sixteen values is chosen")
    func nearest() {
        let values = noise(64 * 50, seed: 3)
        let again = undone(packed(values))
        let table = undone(withUnsafeBytes(of: Float(1)) { Array($0) } + (0..<32).map { UInt8($0 % 16 * 16) })
        for block in 0..<50 {
            let places = block * 64..<block * 64 + 64
            let largest = places.map { abs(values[$0]) }.max() ?? 0
            for place in places {
                let least = table.map { abs($0 * largest - values[place]) }.min() ?? 0
                #expect(abs(again[place] - values[place]) <= least + largest * 1e-6)
            }
        }
    }
}
