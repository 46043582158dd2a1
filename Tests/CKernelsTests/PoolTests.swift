import CKernels
import Testing

@Suite("the pools")
struct PoolTests {
    @Test("a buffer given back is the next one of its size, aligned to 64 bytes")
    func reuse() {
        let size = 1_234_567
        let first = ck_buffer_take(size)
        #expect(UInt(bitPattern: first) % 64 == 0)
        ck_buffer_give(first, size)
        let second = ck_buffer_take(size)
        #expect(first == second)
        ck_buffer_give(second, size)
    }

    @Test("a request no machine can meet is refused, not granted")
    func refusal() {
        #expect(ck_buffer_take(Int.max) == nil)
    }

    @Test("every index is visited once, in parts or one by one", arguments: [1, 2, 15, 16, 17, 1000])
    func coverage(count: Int) {
        var visits = [Int32](repeating: 0, count: count)
        visits.withUnsafeMutableBufferPointer { buffer in
            let visit: ck_range_fn = { context, begin, end in
                guard let context else { return }
                let visits = UnsafeMutablePointer(mutating: context.assumingMemoryBound(to: Int32.self))
                for i in Int(begin)..<Int(end) { visits[i] += 1 }
            }
            ck_parallel(Int64(count), 1, 16, visit, buffer.baseAddress)
            ck_parallel_tasks(Int64(count), visit, buffer.baseAddress)
        }
        #expect(visits.allSatisfy { $0 == 2 })
    }
}
