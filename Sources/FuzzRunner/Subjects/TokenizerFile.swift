import Tokenizers

extension FuzzSubject {
    static let tokenizer = FuzzSubject(
        "tokenizer",
        words: [
            "\"BPE\"", "\"Unigram\"", "\"WordPiece\"", "\"WordLevel\"", "\"ByteLevel\"", "\"Split\"", "\"Sequence\"",
            "\"Metaspace\"", "\"Replace\"", "\"Regex\"", "\\\\p{L}", "(?i:", "(?!", "\"merges\"", "\"added_tokens\"",
        ],
        seeds: {
            tokenizerSeeds.map { Array($0.utf8) } + FixtureSeeds.members(of: "tokenizers/cases.jsonl", "tokenizer")
                + FixtureSeeds.members(of: "tokenizers/pipelines.jsonl", "tokenizer")
        },
        read: { bytes in
            guard let tokenizer = try? Tokenizer(bytes: bytes, named: "input") else { return }
            for text in ["", "Hello, wörld!\n  A1 b22\u{0}", "ab<s> abba 字\u{200D}"] {
                let ids = tokenizer.encode(text)
                _ = tokenizer.decode(ids)
            }
        })

    private static let tokenizerSeeds = [
        #"""
        {"version":"1.0","added_tokens":[{"id":5,"content":"<s>","single_word":false,"lstrip":false,"rstrip":true,
        "normalized":false,"special":true}],"normalizer":{"type":"NFC"},"pre_tokenizer":{"type":"Sequence",
        "pretokenizers":[{"type":"Split","pattern":{"Regex":"\\p{N}{1,3}| ?\\p{L}+|\\s+(?!\\S)|\\s+"},
        "behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,
        "use_regex":false}]},"post_processor":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":false},
        "decoder":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"Ġ":3,"Ġab":4},
        "merges":[["a","b"],["Ġ","ab"]]}}
        """#,
        #"""
        {"normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},
        {"type":"Replace","pattern":{"String":" "},"content":"▁"}]},"pre_tokenizer":null,
        "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},
        {"Sequence":{"id":"A","type_id":0}}],"pair":[],"special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}},
        "decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},
        {"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]},
        "model":{"type":"BPE","unk_token":"<unk>","fuse_unk":true,"byte_fallback":true,
        "vocab":{"<unk>":0,"<s>":1,"<0x0A>":2,"▁":3,"h":4,"e":5,"▁h":6},"merges":["▁ h"]}}
        """#,
    ]
}
