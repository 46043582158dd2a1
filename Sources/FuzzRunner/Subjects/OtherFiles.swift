import Adapters
import Hub
import Models
import OrderedJSON
import Tokenizers

extension FuzzSubject {
    /// SentencePiece and tiktoken files.
    static let vocabulary = FuzzSubject(
        "vocabulary", seeds: { vocabularySeeds },
        read: { bytes in
            let tokenizers = [
                try? Tokenizer(sentencePiece: bytes, named: "input"), try? Tokenizer(tiktoken: bytes, named: "input"),
            ]
            for case let tokenizer? in tokenizers {
                for text in ["Hello, wörld!\n", "ab  abba 字\u{200D}"] { _ = tokenizer.decode(tokenizer.encode(text)) }
            }
        })

    private static var vocabularySeeds: [[UInt8]] {
        func piece(_ text: String, _ kind: UInt8, _ score: [UInt8] = [0, 0, 0x80, 0xbf]) -> [UInt8] {
            let body = [0x0a, UInt8(text.utf8.count)] + Array(text.utf8) + [0x15] + score + [0x18, kind]
            return [0x0a, UInt8(body.count)] + body
        }
        let pieces = [
            ("<unk>", UInt8(2)), ("<s>", 3), ("</s>", 3), ("<0x41>", 6), ("▁", 1), ("a", 1), ("b", 1), ("ab", 1),
        ]
        .flatMap { piece($0.0, $0.1) }
        return [
            pieces + [0x12, 4, 0x18, 2, 0x20, 8], pieces + [0x12, 2, 0x18, 1, 0x1a, 2, 0x18, 1],
            Array("YQ== 0\nYg== 1\nYWI= 2\nIA== 3\nSGVsbG8= 4\n".utf8),
        ]
    }

    static let modelConfiguration = FuzzSubject(
        "config", words: ["\"rope_parameters\"", "\"rope_scaling\"", "\"layer_types\"", "\"model_type\"", "\"yarn\""],
        seeds: { FixtureSeeds.files(in: "models", "config.json", "config.legacy.json") },
        read: { bytes in
            guard let json = (try? JSONValue(parsing: bytes))?.object else { return }
            guard let configuration = try? ModelConfiguration(json: json) else { return }
            _ = configuration.parameterCount
        })

    static let adapterConfiguration = FuzzSubject(
        "adapter", words: ["\"target_modules\"", "\"rank_pattern\"", "\"layers_to_transform\"", ".*", "(?:", "[^.]+"],
        seeds: { FixtureSeeds.files(in: "adapters", "adapter_config.json") },
        read: { _ = try? LoRASettings.read(configuration: $0) })

    static let hubListing = FuzzSubject(
        "listing", words: ["\"siblings\"", "\"rfilename\"", "\"lfs\"", "\"sha256\"", "../", "model.safetensors"],
        seeds: {
            [
                #"{"id":"o/m","sha":"0123456789abcdef0123456789abcdef01234567","siblings":[{"rfilename":"config.json","#
                    + #""size":6,"blobId":"10c66461e4c109db5a2196bff4bb59be30396ed8"},{"rfilename":"model.safetensors","#
                    + #""size":5,"blobId":"4b0f3a4ee9a5b2e0ba32efb2a2a1d5f7b9bfc0e6","lfs":{"size":5,"sha256":"#
                    + #""248dfc3911869ec493c76e65bf2fcf7f615828b0254c12b473182f0f81d3a707"}}]}"#
            ].map { Array($0.utf8) }
        },
        read: { bytes in
            guard let listing = try? RepositoryListing(parsing: bytes, address: "here") else { return }
            _ = try? FileSelection(of: listing.files, patterns: [], repository: "owner/name")
        })
}
