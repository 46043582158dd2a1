import EngineTesting
import Tensors
import Testing

@Suite("tensors in blocks")
struct BlockTensorTests {
    static let types = [ElementType.q8_0, .q4_0, .nf4]

    @Test("blocks are those of the format, and are undone as there", arguments: types)
    func conversion(type: ElementType) throws {
        let format = try #require(type.blockFormat)
        let x = Tensor.random([5, 192], seed: 1)
        let blocks = x.converted(to: type)
        let bytes = blocks.withBytes { Array($0) }
        #expect(bytes == x.quantized(as: format))
        #expect(blocks.byteCount == 5 * 192 / format.blockElements * format.blockBytes)
        let undone = try Tensor(dequantizing: bytes, shape: [5, 192], format: format).toArray()
        #expect(blocks.toArray() == undone)
        #expect(blocks.copy().toArray() == undone)
        #expect(blocks.rows(2..<4).toArray() == Array(undone[384..<768]))
        #expect(Kernels.gather(blocks, [4, 0, 4]).toArray() == Array(undone[768...] + undone[..<192] + undone[768...]))
        let again = try Tensor(bytes: bytes, shape: [5, 192], elementType: type)
        #expect(again.toArray() == undone)
    }

    @Test("rows that are no whole blocks and bytes that do not fit are refused", arguments: types)
    func refusals(type: ElementType) {
        #expect(throws: TensorError.shapeTooLarge(shape: [2, 33])) {
            try Tensor(bytes: [], shape: [2, 33], elementType: type)
        }
        #expect(throws: TensorError.self) { try Tensor(bytes: [1, 2], shape: [1, 64], elementType: type) }
        #expect(throws: TensorError.shapeTooLarge(shape: [1 << 40, 1 << 40])) {
            try Tensor.byteCount(shape: [1 << 40, 1 << 40], elementType: type)
        }
        #expect(ElementType(safetensorsName: type.rawValue) == nil)
        #expect(ElementType(safetensorsName: "BF16") == .bfloat16)
    }

    @Test("products multiply with the blocks", arguments: types, [1, 3, 40])
    func products(type: ElementType, rows: Int) {
        let w = Tensor.random([21, 64], seed: 2).converted(to: type)
        let x = Tensor.random([rows, 64], seed: 3)
        let expected = x.timesTransposed(w.copy())
        // Q8_0 and Q4_0: each x is off by at most half of 1/127 of the largest of its block.
        #expect(worstDifference(x.timesTransposed(w), expected) < 0.02)
        let dy = Tensor.random([rows, 21], seed: 4)
        #expect(worstDifference(dy.times(w), dy.times(w.copy())) == 0)
        let sum = expected.copy()
        sum.assign(x, timesTransposed: w, alpha: -1, accumulate: true)
        #expect(worstDifference(sum, Tensor.zeros(sum.shape)) < 0.5)
    }

    @Test(
        "products of many rows widen blocks as they go", arguments: types,
        [(13, 32, 1), (40, 21, 3), (65, 600, 53), (300, 1100, 2)])
    func packed(type: ElementType, size: (rows: Int, out: Int, blocks: Int)) throws {
        let width = try size.blocks * #require(type.blockFormat).blockElements
        let w = Tensor.random([size.out, width], seed: 2).converted(to: type)
        let (x, dy) = (Tensor.random([size.rows, width], seed: 3), Tensor.random([size.rows, size.out], seed: 4))
        for precision in [ProductPrecision.float32, .bfloat16] {
            let (y, expected) = (Tensor.uninitialized([size.rows, size.out]), Tensor.zeros([size.rows, size.out]))
            y.assign(projecting: x, timesTransposed: w, in: precision)
            expected.assign(projecting: x, timesTransposed: w.copy(), in: precision)
            #expect(worstDifference(y, expected) == 0)
            #expect(worstDifference(dy.times(w, in: precision), dy.times(w.copy(), in: precision)) == 0)
        }
    }

    @Test("several weights at once give the bits of one after the other", arguments: types + [.float32, .bfloat16])
    func several(type: ElementType) {
        let weights = [333, 5, 64].map { Tensor.random([$0, 1024], seed: UInt64($0)).converted(to: type) }
        let other = Tensor.random([7, 1024], seed: 5).converted(to: type == .bfloat16 ? .float16 : .bfloat16)
        for rows in [1, 8, 40] {
            let x = Tensor.random([rows, 1024], seed: 3)
            for some in [weights, Array(weights[..<2]), weights + [weights[0]], [weights[1], other], []] {
                let alone = some.map { x.timesTransposed($0).toArray() }
                let same = x.timesTransposed(each: some).map { $0.toArray() } == alone
                #expect(same, "\(some.count) weights, \(rows) rows")
            }
        }
    }

    @Test("the number of threads does not change a bit", arguments: types + [.float32, .bfloat16])
    func threads(type: ElementType) {
        let w = Tensor.random([333, 1024], seed: 2).converted(to: type)
        // NF4 is undone where products of ours do not widen it.
        let hasOwnProducts = type == .q8_0 || type == .q4_0
        for rows in [1, 5, 14] {
            let x = Tensor.random([rows, 1024], seed: 3)
            let before = x.timesTransposed(w).toArray()
            // Rows of the weight by themselves are what any cut would compute.
            for range in [0..<16, 16..<333, 160..<333] {
                let part = x.timesTransposed(w.rows(range)).toArray()
                for row in 0..<rows {
                    let whole = before[row * 333 + range.lowerBound..<row * 333 + range.upperBound]
                    guard hasOwnProducts || !Processor.multipliesWithOpenBLAS else { continue }
                    #expect(Array(whole) == Array(part[row * range.count..<(row + 1) * range.count]))
                }
            }
        }
    }
}
