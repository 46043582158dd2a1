/// A reader of bytes that nobody vouches for, and what it is fed with at first.
///
/// The reader may refuse its input by throwing; it may not trap, run for ever or take memory without bound.
struct FuzzSubject: Sendable {
    let name: String
    /// Small valid inputs, written by us, from which the fuzzer starts.
    let seeds: @Sendable () -> [[UInt8]]
    /// Words of the format, which help the fuzzer past comparisons.
    let words: [String]
    /// How many bytes at the end of an input most mutations should spare; nil spares none.
    let tail: (@Sendable ([UInt8]) -> Int)?
    let read: @Sendable ([UInt8]) -> Void

    init(
        _ name: String, words: [String] = [], seeds: @escaping @Sendable () -> [[UInt8]],
        tail: (@Sendable ([UInt8]) -> Int)? = nil, read: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.name = name
        self.seeds = seeds
        self.words = words
        self.tail = tail
        self.read = read
    }

    static let all: [FuzzSubject] = [
        .json, .safetensors, .gguf, .tokenizer, .vocabulary, .template, .modelConfiguration, .adapterConfiguration,
        .csv, .parquet, .dataset, .gzip, .zstd, .snappy, .lz4, .hubListing,
    ]
}
