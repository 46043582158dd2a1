import Foundation
import Synchronization

/// The subject of this process; libFuzzer's callback carries no context.
private let chosen = Mutex<FuzzSubject?>(nil)

private typealias ArgumentVector = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
private typealias OneInput = @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32

/// libFuzzer's entry for programs with a `main` of their own (compiler-rt, FuzzerDriver.cpp).
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<Int32>, _ arguments: UnsafeMutablePointer<ArgumentVector>,
    _ callback: OneInput
) -> Int32

extension FuzzRunner {
    /// Runs until libFuzzer ends the process or the number of runs is reached.
    static func fuzz(_ subject: FuzzSubject, arguments: [String]) {
        chosen.withLock { $0 = subject }
        // The driver takes C's argument vector and keeps it for the life of the process.
        let vector = ArgumentVector.allocate(capacity: arguments.count + 1)
        for (index, argument) in arguments.enumerated() { vector[index] = strdup(argument) }
        vector[arguments.count] = nil
        var count = Int32(arguments.count)
        var arguments = vector
        let status = runDriver(&count, &arguments) { bytes, count in
            let input = Array(UnsafeBufferPointer(start: bytes, count: count))
            chosen.withLock { $0 }?.read(input)
            return 0
        }
        exit(status)
    }
}

/// libFuzzer's own mutations, for the part of an input that a custom mutator gives it.
@_silgen_name("LLVMFuzzerMutate")
private func mutate(_ bytes: UnsafeMutablePointer<UInt8>?, _ count: Int, _ most: Int) -> Int

/// Found by libFuzzer under this name. A subject may ask that its tail stay as it is, most of the time: the pages of a
/// Parquet file are reached only through a directory that still makes sense.
@_cdecl("LLVMFuzzerCustomMutator")
func mutateInput(_ bytes: UnsafeMutablePointer<UInt8>?, _ count: Int, _ most: Int, _ seed: UInt32) -> Int {
    guard seed % 8 != 0, let tail = chosen.withLock({ $0 })?.tail else { return mutate(bytes, count, most) }
    let kept = tail(Array(UnsafeBufferPointer(start: bytes, count: count)))
    guard kept > 0, kept < count else { return mutate(bytes, count, most) }
    // As long as before, or every place in the directory would be wrong.
    var length = mutate(bytes, count - kept, count - kept)
    while length < count - kept {
        bytes?[length] = 0
        length += 1
    }
    return count
}
