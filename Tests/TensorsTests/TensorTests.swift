import EngineTesting
import Tensors
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

private func withFile<R>(_ bytes: [UInt8], _ body: (String) throws -> R) rethrows -> R {
    var template = Array("/tmp/ftbench-tensors-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    defer { close(descriptor) }
    _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    let path = template.withUnsafeBufferPointer { buffer in
        String(decoding: buffer.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    defer { unlink(path) }
    return try body(path)
}

@Suite("tensors")
struct TensorTests {
    @Test("bfloat16 and float16 round to nearest even and come back", arguments: [0, 1, 7, 16, 33])
    func rounding(count: Int) {
        let values = (0..<count).map { Float($0) * 0.37 - 3 }
        for value in [Tensor(values).converted(to: .float16).toArray()] {
            #expect(value == values.map { Float(Float16($0)) })
        }
        let expected = values.map { value -> Float in
            let bits = value.bitPattern
            return Float(bitPattern: (bits &+ 0x7fff &+ (bits >> 16 & 1)) & 0xffff_0000)
        }
        #expect(Tensor(values).converted(to: .bfloat16).toArray() == expected)
    }

    @Test("every float16 widens exactly, and narrows back to itself")
    func allHalves() throws {
        let patterns = (0...UInt16.max).filter { !Float16(bitPattern: $0).isNaN }
        let bytes = patterns.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        let halves = try Tensor(bytes: bytes, shape: [patterns.count], elementType: .float16)
        let wide = halves.toArray()
        let isExact = zip(wide, patterns).allSatisfy { $0.bitPattern == Float(Float16(bitPattern: $1)).bitPattern }
        #expect(isExact)
        #expect(Tensor(wide).converted(to: .float16).withBytes { Array($0) } == bytes)
    }

    @Test("float16 narrowing agrees with the language at ties, subnormals and overflow")
    func halfEdges() {
        let values: [Float] = [
            65504, 65519.996, 65520, 1e9, -70000, 0x1p-14, 0x1p-15, 0x1.8p-25, 0x1p-25, 0x1.0001p-25, 1e-12, -0.0,
            2049, 2051, 0x1.ffcp-15, .infinity,
        ]
        #expect(Tensor(values).converted(to: .float16).toArray() == values.map { Float(Float16($0)) })
    }

    @Test("a mapped tensor reads any element type at an odd offset, without a copy")
    func mapped() throws {
        let values: [Float] = [1, -2.5, 3.25, 0.0625, 7]
        var bytes: [UInt8] = [9, 9, 9]
        for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) } }
        for value in values {
            withUnsafeBytes(of: UInt16(value.bitPattern >> 16).littleEndian) { bytes.append(contentsOf: $0) }
        }
        try withFile(bytes) { path in
            let file = try MappedFile(path: path)
            let before = MemoryLedger.current.freshBuffers
            let wide = try Tensor(mapping: file, byteOffset: 3, shape: [5], elementType: .float32)
            let narrow = try Tensor(mapping: file, byteOffset: 23, shape: [1, 5], elementType: .bfloat16)
            #expect(wide.isMapped && MemoryLedger.current.freshBuffers >= before)
            #expect(wide.toArray() == values)
            #expect(narrow.toArray() == values)
            let x = Tensor(values, shape: [1, 5])
            #expect(x.timesTransposed(narrow).item == x.timesTransposed(wide.reshaped([1, 5])).item)
            #expect(Kernels.gather(wide.reshaped([5, 1]), [4, 0]).toArray() == [7, 1])
        }
    }

    @Test("a shape that overflows or reaches beyond the file is refused with both sizes")
    func badMapping() throws {
        try withFile([1, 2, 3, 4, 5, 6, 7, 8]) { path in
            let file = try MappedFile(path: path)
            #expect(throws: TensorError.outsideFile(path: path, offset: 4, byteCount: 8, fileBytes: 8)) {
                try Tensor(mapping: file, byteOffset: 4, shape: [2], elementType: .float32)
            }
            #expect(throws: TensorError.shapeTooLarge(shape: [Int.max, 2])) {
                try Tensor(mapping: file, byteOffset: 0, shape: [Int.max, 2], elementType: .float32)
            }
            #expect(throws: TensorError.shapeTooLarge(shape: [-1])) {
                try Tensor(mapping: file, byteOffset: 0, shape: [-1], elementType: .float32)
            }
            #expect(throws: TensorError.self) {
                try Tensor(mapping: file, byteOffset: Int.max, shape: [1], elementType: .float32)
            }
        }
        #expect(throws: MappedFileError(path: "/nowhere", reason: "No such file or directory")) {
            try MappedFile(path: "/nowhere")
        }
        #expect(throws: MappedFileError.self) { try MappedFile(path: "/tmp") }
    }

    @Test("an empty file maps to nothing")
    func emptyFile() throws {
        try withFile([]) { path in
            let file = try MappedFile(path: path)
            #expect(file.count == 0 && file.bytes(0..<10).isEmpty)
            #expect(try Tensor(mapping: file, byteOffset: 0, shape: [0], elementType: .float32).toArray().isEmpty)
        }
    }

    @Test("finite is told from not finite wherever the element is", arguments: [1, 16, 17, 8192, 8193, 20000])
    func finite(count: Int) {
        let x = Tensor.random([count], seed: 1)
        #expect(x.isFinite && x.firstNonFiniteIndex == nil)
        for bad in [Float.nan, .infinity, -.infinity] {
            x.withMutableFloats { $0[count - 1] = bad }
            #expect(!x.isFinite && x.firstNonFiniteIndex == count - 1)
        }
        x.fill(3e38)
        #expect(x.isFinite)
    }

    @Test("sums of squares do not depend on the number of threads' shares", arguments: [1, 33, 8193, 40001])
    func sumOfSquares(count: Int) {
        let x = Tensor.random([count], seed: 5)
        let expected = x.toArray().reduce(0.0) { $0 + Double($1) * Double($1) }
        #expect(abs(x.sumOfSquares() - expected) < 1e-9 * expected)
        #expect(x.sumOfSquares() == x.sumOfSquares())
    }

    @Test("random tensors are a function of their seed and have the asked spread")
    func random() {
        let x = Tensor.random([100, 100], seed: 3, deviation: 0.5)
        #expect(x.toArray() == Tensor.random([100, 100], seed: 3, deviation: 0.5).toArray())
        #expect(x.toArray() != Tensor.random([100, 100], seed: 4, deviation: 0.5).toArray())
        #expect(abs(x.sumOfSquares() / 10000 - 0.25) < 0.01)
        let uniform = Tensor.uniform([1000], seed: 1, in: -2..<3).toArray()
        #expect(uniform.allSatisfy { (-2..<3).contains($0) })
        #expect(abs(uniform.reduce(0, +) / 1000 - 0.5) < 0.15)
    }

    @Test("column sums and row additions agree with loops", arguments: [(1, 1), (5, 17), (70, 33), (300, 100)])
    func rowsAndColumns(rows: Int, width: Int) {
        let x = Tensor.random([rows, width], seed: 1)
        let sums = Tensor.random([width], seed: 2)
        let values = x.toArray()
        let expected = sums.toArray().enumerated().map { column, start in
            (0..<rows).reduce(start) { $0 + values[$1 * width + column] }
        }
        sums.assignColumnSums(of: x, accumulate: true)
        #expect(worstDifference(sums.toArray(), expected) < 1e-5)
        let bias = Tensor.random([width], seed: 3)
        let y = x.copy()
        y.addToRows(bias)
        let biases = bias.toArray()
        #expect(y.toArray() == values.enumerated().map { $1 + biases[$0 % width] })
    }

    @Test("AdamW moves a parameter as its formula says")
    func adamW() {
        let count = 37
        let parameter = Tensor.random([count], seed: 1)
        let (first, second) = (Tensor.zeros([count]), Tensor.zeros([count]))
        var p = parameter.toArray().map { Double($0) }
        var (m, v) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
        for step in 1...5 {
            let gradient = Tensor.random([count], seed: UInt64(10 + step), deviation: 3)
            AdamWStep(learningRate: 1e-2, weightDecay: 0.1, gradientScale: 0.5, step: step)
                .apply(to: parameter, first: first, second: second, gradient: gradient)
            for (i, raw) in gradient.toArray().enumerated() {
                let g = Double(raw) * 0.5
                p[i] *= 1 - 1e-2 * 0.1
                m[i] = 0.9 * m[i] + 0.1 * g
                v[i] = 0.999 * v[i] + 0.001 * g * g
                let t = Double(step)
                p[i] -= 1e-2 * (m[i] / (1 - pow(0.9, t))) / ((v[i] / (1 - pow(0.999, t))).squareRoot() + 1e-8)
            }
        }
        #expect(worstDifference(parameter.toArray(), p.map { Float($0) }) < 2e-6)
    }

    @Test("memory that the system refuses ends the process with one message, and the terminal given back before it")
    func refusedMemory() async throws {
        let result = await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
            MemoryRefusal.before { _ = write(2, "given back\n", 11) }
            _ = Tensor.uninitialized([1 << 56])
        }
        let bytes = try #require(result).standardErrorContent
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains("given back\nftbench: the system refused 274877906944 MiB"), "\(text)")
    }
}
