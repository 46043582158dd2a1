import CKernels
import COpenBLAS

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What the engine runs on: instruction set, threads and product library, for `doctor` and the settings.
public enum Processor {
    /// The kernels in use: "portable", "avx2", "avx512", "avx512bf16", "amx" or "neon".
    public static var instructionSet: String { String(cString: ck_isa_name(ck_isa())) }

    /// Every set this processor and operating system can run.
    public static var supportedInstructionSets: [String] {
        (0..<Int32(CK_ISA_COUNT)).filter { ck_isa_supported($0) != 0 }.map { String(cString: ck_isa_name($0)) }
    }

    /// The value of `FTBENCH_ISA` when it names no set that can run here, so the best was taken.
    public static var ignoredInstructionSetRequest: String? {
        ck_isa_ignored_request().map { String(cString: $0) }
    }

    /// Uses one set for `body` on this thread; nil when it cannot run here. For tests that compare sets.
    public static func with<R>(instructionSet name: String, _ body: () throws -> R) rethrows -> R? {
        for isa in 0..<Int32(CK_ISA_COUNT) where String(cString: ck_isa_name(isa)) == name {
            guard ck_override_isa(isa) != 0 else { return nil }
            defer { ck_override_isa(-1) }
            return try body()
        }
        return nil
    }

    /// Threads that work on one operation, the calling one included.
    public static var threads: Int { Int(ck_threads()) }
    /// 0 means one for each processor this process may use.
    public static func setThreads(_ count: Int) { ck_set_threads(Int32(clamping: count)) }

    /// Raises the niceness of the pool's threads, so that a thread that draws is served first.
    public static func setWorkerNiceness(_ nice: Int) { ck_set_worker_nice(Int32(clamping: nice)) }
    /// Raises the niceness of the calling thread (the engine's queue, from inside).
    public static func setOwnNiceness(_ nice: Int) { ck_set_own_nice(Int32(clamping: nice)) }

    /// OpenBLAS's version and build options, and the kernels it chose.
    public static var productLibrary: String {
        String(cString: ftbench_openblas_config()) + ", kernels " + String(cString: ftbench_openblas_core())
    }

    /// Bytes a second at which all threads together read `bytes` of memory that no cache holds: the best of `repeats`.
    public static func readBandwidth(bytes: Int = 1 << 28, repeats: Int = 5) -> Double {
        let memory = Tensor.zeros([max(1, bytes / 4)])
        var best = 0.0
        var mixed: UInt64 = 0
        for _ in 0..<max(1, repeats) {
            let start = ContinuousClock.now
            mixed |= ck_read_all(memory.raw, memory.byteCount)
            best = max(best, Double(memory.byteCount) / ((ContinuousClock.now - start) / .seconds(1)))
        }
        precondition(mixed == 0, "zeros were written")
        return best
    }

    /// Whether OpenBLAS does the large matrix products, which kernels of ours do where there is AVX-512.
    public static var multipliesWithOpenBLAS: Bool {
        ck_isa() != Int32(CK_ISA_AVX512) && ck_isa_has_bf16() == 0
    }

    /// The kernels that `OPENBLAS_CORETYPE` in the environment holds OpenBLAS to, where it does the products.
    public static var pinnedProductKernels: String? {
        multipliesWithOpenBLAS ? getenv("OPENBLAS_CORETYPE").map { String(cString: $0) } : nil
    }
}
