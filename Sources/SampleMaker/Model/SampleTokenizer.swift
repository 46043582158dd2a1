import OrderedJSON
import Tokenizers

/// The sample model's byte-level BPE and what belongs to it.
enum SampleTokenizer {
    static let specialTokens = ["<|endoftext|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"]
    private static let endOfText = 0
    private static let endOfTurn = 4

    static let template = """
        {%- for message in messages -%}
        {%- if message['role'] == 'assistant' -%}
        {{ '<|assistant|>' }}{% generation %}{{ message['content'] + '<|end|>' }}{% endgeneration %}{{ '\\n' }}
        {%- elif message['role'] in ['system', 'user'] -%}
        {{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>\\n' }}
        {%- else -%}
        {{ raise_exception('Unknown role ' + message['role'] + ': this model knows system, user and assistant.') }}
        {%- endif -%}
        {%- endfor -%}
        {%- if add_generation_prompt -%}
        {{ '<|assistant|>' }}
        {%- endif -%}
        """

    /// Every digit is a token of its own, as in StarCoder and SmolLM: an order number is then copied digit by digit, and
    /// llama.cpp knows the pre-tokenizer (`smollm`), so that the model can be exported to GGUF. Markers are left out of
    /// the counting; they are tokens of their own.
    static func train(on texts: [String], vocabulary: Int) throws -> JSONValue {
        var trainer = ByteLevelBPETrainer(vocabularySize: vocabulary, specialTokens: specialTokens)
        for text in texts {
            var pieces = [text]
            for marker in specialTokens { pieces = pieces.flatMap { $0.split(separator: marker).map(String.init) } }
            for piece in pieces {
                for part in parts(of: piece) { trainer.add(part) }
            }
        }
        guard case .object(var json) = try trainer.train() else { return .null }
        json["pre_tokenizer"] = [
            "type": "Sequence",
            "pretokenizers": [
                ["type": "Digits", "individual_digits": true],
                ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true],
            ],
        ]
        return .object(json)
    }

    /// The text cut as `Digits` will cut it: every numeric scalar alone, what is between them whole.
    static func parts(of text: String) -> [String] {
        var parts: [String] = []
        var part = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            guard isNumber(scalar) else {
                part.append(scalar)
                continue
            }
            if !part.isEmpty { parts.append(String(part)) }
            parts.append(String(scalar))
            part = String.UnicodeScalarView()
        }
        if !part.isEmpty { parts.append(String(part)) }
        return parts
    }

    /// Whether the scalar is one of `\p{N}`.
    private static func isNumber(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .decimalNumber, .letterNumber, .otherNumber: true
        default: false
        }
    }

    static var configuration: JSONValue {
        var added = JSONObject()
        for (id, token) in specialTokens.enumerated() {
            added[String(id)] = [
                "content": .string(token), "lstrip": false, "normalized": false, "rstrip": false, "single_word": false,
                "special": true,
            ]
        }
        return [
            "tokenizer_class": "PreTrainedTokenizerFast", "add_prefix_space": false,
            "clean_up_tokenization_spaces": false,
            "added_tokens_decoder": .object(added), "eos_token": "<|end|>", "pad_token": "<|endoftext|>",
            "model_max_length": .integer(SampleModel.contextLength), "chat_template": .string(template),
        ]
    }

    static var generation: JSONValue {
        [
            "eos_token_id": [.integer(endOfTurn), .integer(endOfText)], "pad_token_id": .integer(endOfText),
            "do_sample": true, "temperature": 0.7, "top_p": 0.95,
        ]
    }
}
