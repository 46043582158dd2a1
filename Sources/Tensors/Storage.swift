import CKernels

/// The memory behind one or more tensors: a buffer of the pool, or part of a mapped file.
final class Storage {
    let base: UnsafeMutableRawPointer
    let byteCount: Int
    /// Keeps the mapping; nil when the buffer is the pool's, and then the memory may be written.
    let file: MappedFile?

    init(byteCount: Int) {
        guard let buffer = ck_buffer_take(max(1, byteCount)) else { ck_refuse(byteCount) }
        base = buffer
        self.byteCount = byteCount
        file = nil
    }

    init(file: MappedFile, base: UnsafeRawPointer, byteCount: Int) {
        self.base = UnsafeMutableRawPointer(mutating: base)
        self.byteCount = byteCount
        self.file = file
    }

    deinit {
        if file == nil { ck_buffer_give(base, max(1, byteCount)) }
    }
}

/// What tensors hold at the moment, process-wide. Mapped files are not counted: their pages are the system's.
public struct MemoryLedger: Sendable, Equatable {
    /// In use by tensors.
    public let liveBytes: Int
    /// Kept for the next tensors, or lost between them.
    public let pooledBytes: Int
    /// The most that was in use since `resetPeak()`.
    public let peakBytes: Int
    /// How often the system was asked for memory; constant from the second step on.
    public let freshBuffers: Int

    public static var current: MemoryLedger {
        var ledger = ck_memory_ledger()
        ck_memory(&ledger)
        return MemoryLedger(
            liveBytes: Int(ledger.live_bytes), pooledBytes: Int(ledger.pooled_bytes),
            peakBytes: Int(ledger.peak_bytes), freshBuffers: Int(ledger.fresh_count))
    }

    public static func resetPeak() { ck_memory_reset_peak() }
    /// Gives what is pooled back to the system.
    public static func trim() { ck_buffer_trim() }
}

/// What happens when the system refuses memory for a tensor: the process ends with status 1 and one message.
public enum MemoryRefusal {
    /// Has `act` called before the message, from the thread that was refused: to give the terminal back.
    public static func before(_ act: @escaping @convention(c) () -> Void) { ck_before_refusal(act) }
}
