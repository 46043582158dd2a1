"""Makes small random models of every kind that ftbench writes as GGUF, each with a tokenizer, and a LoRA adapter.

    python Tests/Fixtures/gguf/make_export_models.py OUT

Needs torch, transformers, peft and tokenizers. Rows are wide enough for blocks of 256 where the kind allows; one model
has rows that are not, so that the smaller blocks take over. Weights are large enough that the likeliest token is clear.
"""

import json
import os
import sys

import peft
import torch
import transformers
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

OUT = sys.argv[1]
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
TEMPLATE = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}</s>\n{% endfor %}"

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
          r"|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")


def corpus():
    texts = []
    for name in ["README.md", "CHANGELOG.md", "Package.swift", "sample-data/text.jsonl"]:
        path = os.path.join(ROOT, name)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                texts.append(file.read()[:60000])
    texts.append("Grüße aus Köln! Où est la gare ? 42 + 17 = 59 🚀 我想在 apple 工作 нещо на Български " * 20)
    return texts


def byte_level(kind, size):
    tokenizer = Tokenizer(models.BPE(ignore_merges=kind == "llama3"))
    if kind == "gpt2":
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    elif kind == "smollm":
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    else:
        pattern = Regex(LLAMA3 if kind == "llama3" else QWEN2)
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Split(pattern, "isolated"), pre_tokenizers.ByteLevel(False, use_regex=False)])
    if kind == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size - 5, special_tokens=["<|endoftext|>", "<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(corpus(), trainer)
    tokenizer.add_tokens(["<tool>", "  "])
    if kind == "llama3":
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", tokenizer.token_to_id("<s>"))])
    else:
        tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return tokenizer


def sentence_piece(size, prefix):
    """Pairs over characters with bytes to fall back on, as Llama 2, Mistral and Gemma have them."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    tokenizer.train_from_iterator(
        corpus(), trainers.BpeTrainer(vocab_size=size - 259, special_tokens=["<unk>"], limit_alphabet=200))
    learned = json.loads(tokenizer.to_str())["model"]
    vocab = {"<unk>": 0, "<s>": 1, "</s>": 2}
    for byte in range(256):
        vocab[f"<0x{byte:02X}>"] = len(vocab)
    products = ["".join(merge if isinstance(merge, list) else merge.split(" ")) for merge in learned["merges"]]
    for text in list(dict.fromkeys(products)) + sorted(learned["vocab"]):
        vocab.setdefault(text, len(vocab))
    steps = [normalizers.Prepend("▁")] if prefix else []
    full = Tokenizer(models.BPE(
        vocab=vocab, merges=[tuple(m) if isinstance(m, list) else tuple(m.split(" ")) for m in learned["merges"]],
        unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    full.normalizer = normalizers.Sequence(steps + [normalizers.Replace(" ", "▁")])
    strip = [decoders.Strip(" ", 1, 0)] if prefix else []
    full.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()] + strip)
    full.add_special_tokens(["<unk>", "<s>", "</s>"])
    full.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    return full


def save_tokenizer(tokenizer, folder):
    tokenizer.save(os.path.join(folder, "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>",
        "chat_template": TEMPLATE, "clean_up_tokenization_spaces": False,
    }
    with open(os.path.join(folder, "tokenizer_config.json"), "w") as file:
        json.dump(config, file, indent=2)


def perturb(model, seed, stored):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            is_norm = "norm" in name or ".ln_" in name
            if is_norm and name.endswith("weight"):
                base = 0.0 if "gemma" in type(model).__name__.lower() else 1.0
                value = base + 0.2 * noise
            elif name.endswith("bias"):
                value = 0.2 * noise
            elif any(part in name for part in ("embed", "wte", "wpe", "lm_head")):
                value = 0.3 * noise
            else:
                value = 0.08 * noise
            parameter.copy_(value.to(stored).to(torch.float32))


SIZES = dict(
    hidden_size=256, intermediate_size=512, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
    max_position_embeddings=512, rms_norm_eps=1e-5, bos_token_id=1, eos_token_id=2, pad_token_id=0,
    attn_implementation="eager",
)


def rope(theta=10000.0, **more):
    return {"rope_theta": theta, "rope_type": "default", **more}


def build(kind, vocab):
    sizes = dict(SIZES, vocab_size=vocab)
    t = transformers
    if kind == "llama":
        config = t.LlamaConfig(**sizes, tie_word_embeddings=False, rope_parameters=rope(
            500000.0, rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
            original_max_position_embeddings=64))
        return t.LlamaForCausalLM(config)
    if kind == "llama-bias":
        config = t.LlamaConfig(
            **dict(sizes, hidden_size=96, intermediate_size=160), attention_bias=True, mlp_bias=True,
            tie_word_embeddings=True, rope_parameters=rope())
        return t.LlamaForCausalLM(config)
    if kind == "mistral":
        config = t.MistralConfig(
            **sizes, head_dim=64, sliding_window=None, tie_word_embeddings=False, rope_parameters=rope(1000000.0))
        return t.MistralForCausalLM(config)
    if kind == "qwen2":
        return t.Qwen2ForCausalLM(t.Qwen2Config(
            **sizes, tie_word_embeddings=True, use_sliding_window=False, rope_parameters=rope(1000000.0)))
    if kind == "qwen3":
        return t.Qwen3ForCausalLM(t.Qwen3Config(
            **sizes, head_dim=96, tie_word_embeddings=False, use_sliding_window=False,
            rope_parameters=rope(1000000.0)))
    if kind == "gemma2":
        return t.Gemma2ForCausalLM(t.Gemma2Config(
            **dict(sizes, num_hidden_layers=4), head_dim=64, query_pre_attn_scalar=64, sliding_window=16,
            rope_parameters=rope()))
    if kind == "gemma3":
        return t.Gemma3ForCausalLM(t.Gemma3TextConfig(
            **dict(sizes, num_hidden_layers=7), head_dim=64, query_pre_attn_scalar=64, sliding_window=16,
            rope_parameters={"full_attention": rope(1000000.0), "sliding_attention": rope(10000.0)}))
    if kind == "phi3":
        half = 32
        return t.Phi3ForCausalLM(t.Phi3Config(
            **sizes, tie_word_embeddings=False, original_max_position_embeddings=256, rope_parameters=rope(
                rope_type="longrope", short_factor=[1.0 + 0.01 * i for i in range(half)],
                long_factor=[1.0 + 0.2 * i for i in range(half)], original_max_position_embeddings=256)))
    if kind == "gpt2":
        return t.GPT2LMHeadModel(t.GPT2Config(
            vocab_size=vocab, n_embd=256, n_layer=3, n_head=4, n_positions=512, bos_token_id=1, eos_token_id=2,
            attn_implementation="eager"))
    raise ValueError(kind)


KINDS = {
    "llama": ("llama3", torch.bfloat16), "llama-bias": ("smollm", torch.float32),
    "mistral": ("sp-prefix", torch.float16), "qwen2": ("qwen2", torch.float32), "qwen3": ("qwen2", torch.bfloat16),
    "gemma2": ("sp", torch.float32), "gemma3": ("sp", torch.bfloat16), "phi3": ("sp-prefix", torch.float32),
    "gpt2": ("gpt2", torch.float32),
}

if __name__ == "__main__":
    torch.set_num_threads(1)
    for index, (kind, (text, stored)) in enumerate(KINDS.items()):
        folder = os.path.join(OUT, kind)
        os.makedirs(folder, exist_ok=True)
        tokenizer = sentence_piece(900, text == "sp-prefix") if text.startswith("sp") else byte_level(text, 900)
        # A few rows more than tokens, as published models have them.
        model = build(kind, tokenizer.get_vocab_size() + 5)
        perturb(model, 100 + index, stored)
        model.to(stored).save_pretrained(folder)
        save_tokenizer(tokenizer, folder)
        print(kind, sum(p.numel() for p in model.parameters()), "parameters", tokenizer.get_vocab_size(), "tokens")
    for kind, rslora in [("llama", True), ("qwen2", False), ("gpt2", False)]:
        base = transformers.AutoModelForCausalLM.from_pretrained(os.path.join(OUT, kind), dtype=torch.float32)
        names = ["c_attn", "c_fc"] if kind == "gpt2" else ["q_proj", "k_proj", "v_proj", "down_proj"]
        config = peft.LoraConfig(
            r=8, lora_alpha=12, target_modules=names, use_rslora=rslora, task_type="CAUSAL_LM",
            fan_in_fan_out=kind == "gpt2",
            rank_pattern={} if kind == "gpt2" else {"v_proj": 4}, alpha_pattern={} if kind == "gpt2" else {"k_proj": 20})
        model = peft.get_peft_model(base, config)
        generator = torch.Generator().manual_seed(7)
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if "lora_" in name:
                    parameter.copy_(0.05 * torch.randn(parameter.shape, generator=generator))
        model.save_pretrained(os.path.join(OUT, kind + "-lora"))
