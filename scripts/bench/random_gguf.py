"""Writes a GGUF file of random weights in the shape of smollm2-135m, every matrix of one type, for llama.cpp."""
import sys

import gguf
import numpy as np

HIDDEN, LAYERS, HEADS, KEY_VALUE_HEADS, INNER, VOCABULARY = 576, 30, 9, 3, 1536, 49152
TYPES = {"fp32": ("F32", "ALL_F32"), "bf16": ("BF16", "MOSTLY_BF16"), "q8_0": ("Q8_0", "MOSTLY_Q8_0"),
         "q4_0": ("Q4_0", "MOSTLY_Q4_0")}


def main(path, name):
    kind, file_type = TYPES[name]
    kind = getattr(gguf.GGMLQuantizationType, kind)
    w = gguf.GGUFWriter(path, "llama")
    w.add_file_type(getattr(gguf.LlamaFileType, file_type))
    w.add_block_count(LAYERS)
    w.add_context_length(8192)
    w.add_embedding_length(HIDDEN)
    w.add_feed_forward_length(INNER)
    w.add_head_count(HEADS)
    w.add_head_count_kv(KEY_VALUE_HEADS)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_rope_freq_base(100000.0)
    w.add_rope_dimension_count(HIDDEN // HEADS)
    w.add_vocab_size(VOCABULARY)
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("gpt-2")
    w.add_token_list([f"t{i}" for i in range(VOCABULARY)])
    w.add_token_types([1] * VOCABULARY)
    w.add_token_merges(["t 0"])
    w.add_bos_token_id(0)
    w.add_eos_token_id(0)
    random = np.random.default_rng(0)

    def matrix(key, rows, columns):
        x = random.standard_normal((rows, columns), dtype=np.float32) * np.float32(0.02)
        w.add_tensor(key, x if name == "fp32" else gguf.quants.quantize(x, kind),
                     raw_dtype=None if name == "fp32" else kind)

    def ones(key):
        w.add_tensor(key, np.ones(HIDDEN, np.float32))

    key_value = HIDDEN // HEADS * KEY_VALUE_HEADS
    matrix("token_embd.weight", VOCABULARY, HIDDEN)
    ones("output_norm.weight")
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        ones(block + "attn_norm.weight")
        ones(block + "ffn_norm.weight")
        for key, rows, columns in [
                ("attn_q", HIDDEN, HIDDEN), ("attn_k", key_value, HIDDEN), ("attn_v", key_value, HIDDEN),
                ("attn_output", HIDDEN, HIDDEN), ("ffn_gate", INNER, HIDDEN), ("ffn_up", INNER, HIDDEN),
                ("ffn_down", HIDDEN, INNER)]:
            matrix(f"{block}{key}.weight", rows, columns)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[2] not in TYPES:
        sys.exit(f"usage: random_gguf.py FILE {'|'.join(TYPES)}")
    main(*sys.argv[1:])
