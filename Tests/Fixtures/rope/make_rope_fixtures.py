"""Makes rope.json: what transformers' rotary embeddings hold and give for every kind of scaling.

    pip install torch==2.13.0 transformers==5.23.0
    python Tests/Fixtures/rope/make_rope_fixtures.py

Each case is run on a fresh module for each length, with positions 0 … length − 1, so that lengths do not meet each
other (dynamic NTK and LongRoPE keep what an earlier call left). Numbers are float32 with nine digits, which is exact.
"""

import json
import os

import torch
import transformers
from transformers.models.gpt_neox.modeling_gpt_neox import GPTNeoXRotaryEmbedding
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding
from transformers.models.phi3.modeling_phi3 import Phi3RotaryEmbedding

HERE = os.path.dirname(os.path.abspath(__file__))
torch.set_num_threads(1)


def llama(head, context, **rope):
    config = transformers.LlamaConfig(
        hidden_size=2 * head, num_attention_heads=2, head_dim=head, max_position_embeddings=context,
        rope_parameters=rope)
    return lambda: LlamaRotaryEmbedding(config)


def neox(head, context, share, **rope):
    config = transformers.GPTNeoXConfig(
        hidden_size=2 * head, num_attention_heads=2, max_position_embeddings=context,
        rope_parameters={**rope, "partial_rotary_factor": share})
    return lambda: GPTNeoXRotaryEmbedding(config)


def phi3(head, context, original, share=1.0, **rope):
    config = transformers.Phi3Config(
        hidden_size=2 * head, num_attention_heads=2, max_position_embeddings=context,
        original_max_position_embeddings=original, rope_parameters={**rope, "partial_rotary_factor": share},
        pad_token_id=0)
    return lambda: Phi3RotaryEmbedding(config)


def factors(count, first, last):
    return [round(first + (last - first) * (i / (count - 1)) ** 2, 4) for i in range(count)]


SHORT = [10]
CASES = [
    ("default, 64", 64, 10000.0, llama(64, 2048, rope_type="default", rope_theta=10000.0), {}, [10, 40000]),
    ("default, 128", 128, 500000.0, llama(128, 8192, rope_type="default", rope_theta=500000.0), {}, SHORT),
    ("default, 24", 24, 1000000.0, llama(24, 8192, rope_type="default", rope_theta=1000000.0), {}, SHORT),
    ("partial, 8 of 32", 8, 10000.0, neox(32, 2048, 0.25, rope_type="default", rope_theta=10000.0), {}, SHORT),
    ("partial and odd, 5 of 20", 5, 10000.0, neox(20, 2048, 0.25, rope_type="default", rope_theta=10000.0), {}, SHORT),
    ("linear", 64, 10000.0, llama(64, 8192, rope_type="linear", rope_theta=10000.0, factor=4.0),
     {"factor": 4.0}, SHORT),
    ("linear, uneven", 96, 10000.0, llama(96, 8192, rope_type="linear", rope_theta=10000.0, factor=2.7),
     {"factor": 2.7}, SHORT),
    ("dynamic", 64, 10000.0, llama(64, 64, rope_type="dynamic", rope_theta=10000.0, factor=2.0),
     {"factor": 2.0, "context": 64}, [10, 64, 65, 100, 300]),
    ("dynamic, partial", 16, 10000.0, neox(32, 48, 0.5, rope_type="dynamic", rope_theta=10000.0, factor=1.7),
     {"factor": 1.7, "context": 48}, [48, 49, 131]),
    ("llama3, 8", 128, 500000.0,
     llama(128, 131072, rope_type="llama3", rope_theta=500000.0, factor=8.0, low_freq_factor=1.0,
           high_freq_factor=4.0, original_max_position_embeddings=8192),
     {"factor": 8.0, "low": 1.0, "high": 4.0, "context": 8192}, SHORT),
    ("llama3, 32", 64, 500000.0,
     llama(64, 131072, rope_type="llama3", rope_theta=500000.0, factor=32.0, low_freq_factor=1.0,
           high_freq_factor=4.0, original_max_position_embeddings=8192),
     {"factor": 32.0, "low": 1.0, "high": 4.0, "context": 8192}, SHORT),
    ("yarn", 128, 1000000.0,
     llama(128, 131072, rope_type="yarn", rope_theta=1000000.0, factor=4.0, original_max_position_embeddings=32768),
     {"factor": 4.0, "context": 32768}, SHORT),
    ("yarn, scales", 64, 10000.0,
     llama(64, 163840, rope_type="yarn", rope_theta=10000.0, factor=40.0, original_max_position_embeddings=4096,
           beta_fast=32, beta_slow=1, mscale=1.0, mscale_all_dim=0.707),
     {"factor": 40.0, "context": 4096, "mscale": 1.0, "mscale_all_dim": 0.707}, SHORT),
    ("yarn, given temperature, not truncated", 64, 150000.0,
     llama(64, 131072, rope_type="yarn", rope_theta=150000.0, factor=32.0, original_max_position_embeddings=4096,
           beta_fast=24.0, beta_slow=2.0, attention_factor=1.25, truncate=False),
     {"factor": 32.0, "context": 4096, "beta_fast": 24.0, "beta_slow": 2.0, "attention_factor": 1.25,
      "truncate": False}, SHORT),
    ("yarn, short context", 16, 10000.0,
     llama(16, 128, rope_type="yarn", rope_theta=10000.0, factor=2.0, original_max_position_embeddings=16),
     {"factor": 2.0, "context": 16}, SHORT),
    ("longrope", 96, 10000.0,
     phi3(96, 4096, 64, rope_type="longrope", rope_theta=10000.0, short_factor=factors(48, 1.0, 2.7),
          long_factor=factors(48, 1.05, 64.6)),
     {"context": 64, "factor": 64.0, "short": factors(48, 1.0, 2.7), "long": factors(48, 1.05, 64.6)}, [10, 64, 65]),
    ("longrope, partial, given temperature", 24, 10000.0,
     phi3(32, 4096, 64, 0.75, rope_type="longrope", rope_theta=10000.0, short_factor=factors(12, 1.0, 1.0),
          long_factor=factors(12, 1.1, 47.8), attention_factor=1.5),
     {"context": 64, "factor": 64.0, "attention_factor": 1.5, "short": factors(12, 1.0, 1.0),
      "long": factors(12, 1.1, 47.8)}, [64, 65, 300]),
]


def exact(tensor):
    return [float("%.9g" % value) for value in tensor.flatten().tolist()]


def main():
    cases = []
    for name, width, theta, make, settings, lengths in CASES:
        for length in lengths:
            module = make()
            cosines, sines = module(torch.zeros(1, 1), torch.arange(length)[None])
            at = [1, length - 1]
            pairs = (width + 1) // 2
            cases.append({
                "name": name, "kind": name.split(",")[0].split(" ")[0], "width": width, "theta": theta,
                "settings": settings, "length": length, "inverse": exact(module.inv_freq),
                "attention_factor": module.attention_scaling, "positions": at,
                "cosines": exact(cosines[0, at, :pairs]), "sines": exact(sines[0, at, :pairs]),
            })
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    lines = ",\n".join(json.dumps(case) for case in cases)
    with open(os.path.join(HERE, "rope.json"), "w") as file:
        file.write('{"versions": %s, "cases": [\n%s\n]}\n' % (json.dumps(versions), lines))


main()
