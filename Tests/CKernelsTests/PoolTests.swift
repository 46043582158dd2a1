import CKernels
import Foundation
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

    @Test("neighbours that came back are room for a larger one, and a large one is cut for smaller ones")
    func joining() throws {
        let size = 300_000
        let row = try (0..<4).map { _ in try #require(ck_buffer_take(size)) }
        ck_buffer_give(row[1], size)
        ck_buffer_give(row[2], size)
        // Other tests share the pool: the bytes are then theirs, but no two buffers ever overlap.
        let wide = try #require(ck_buffer_take(2 * size))
        let halves = try (0..<2).map { _ in try #require(ck_buffer_take(size)) }
        let taken = [row[0], row[3], wide, halves[0], halves[1]]
        let sizes = [size, size, 2 * size, size, size]
        for (number, (buffer, bytes)) in zip(taken, sizes).enumerated() { memset(buffer, Int32(number), bytes) }
        for (number, (buffer, bytes)) in zip(taken, sizes).enumerated() {
            let values = UnsafeRawBufferPointer(start: buffer, count: bytes)
            #expect(values.first == UInt8(number) && values.last == UInt8(number))
        }
        for (buffer, bytes) in zip(taken, sizes) { ck_buffer_give(buffer, bytes) }
    }

    @Test("what is in use survives giving the rest back")
    func trimming() throws {
        let size = 3_000_000
        let row = try (0..<3).map { _ in try #require(ck_buffer_take(size)) }
        memset(row[2], 7, size)
        ck_buffer_give(row[0], size)
        ck_buffer_give(row[1], size)
        ck_buffer_trim()
        #expect(UnsafeRawBufferPointer(start: row[2], count: size).allSatisfy { $0 == 7 })
        let again = try #require(ck_buffer_take(2 * size))
        memset(again, 1, 2 * size)
        #expect(UnsafeRawBufferPointer(start: row[2], count: size).allSatisfy { $0 == 7 })
        ck_buffer_give(again, 2 * size)
        ck_buffer_give(row[2], size)
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
