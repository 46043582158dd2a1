"""Causal attention of PyTorch, forward and backward, heads of smollm2-135m. Prints a JSON line.

Work is counted over the keys that a query sees: 4 operations for each and each column of a head going forward, 10 back.
"""
import argparse
import json
import os
import time


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--dtype", choices=["fp32", "bf16"], default="fp32")
    p.add_argument("--seq", default="512,4096")
    p.add_argument("--tokens", type=int, default=2048)
    p.add_argument("--seconds", type=float, default=0.5)
    p.add_argument("--threads", type=int, default=os.cpu_count())
    a = p.parse_args()
    import torch
    from torch.nn.functional import scaled_dot_product_attention as attention
    torch.set_num_threads(a.threads)
    dtype = torch.bfloat16 if a.dtype == "bf16" else torch.float32
    heads, key_value_heads, width = 9, 3, 64

    def best(body):
        body()
        times, start = [], time.perf_counter()
        while time.perf_counter() - start < a.seconds:
            before = time.perf_counter()
            body()
            times.append(time.perf_counter() - before)
        return min(times)

    lines = []
    for length in map(int, a.seq.split(",")):
        sequences = max(1, a.tokens // length)

        def tensor(count):
            return torch.randn(sequences, count, length, width).to(dtype).requires_grad_()
        q, k, v = tensor(heads), tensor(key_value_heads), tensor(key_value_heads)

        def forward():
            groups = heads // key_value_heads
            return attention(q, k.repeat_interleave(groups, 1), v.repeat_interleave(groups, 1), is_causal=True)
        out = forward()
        gradient = torch.randn_like(out)

        def backward():
            torch.autograd.grad(out, (q, k, v), gradient, retain_graph=True)
        pairs = sequences * heads * width * length * (length + 1) / 2
        with torch.no_grad():
            lines.append({"name": "forward", "tokens": length, "gflops_per_s": 4 * pairs / best(forward) * 1e-9})
        lines.append({"name": "backward", "tokens": length, "gflops_per_s": 10 * pairs / best(backward) * 1e-9})
    print(json.dumps({"engine": "torch " + torch.__version__.split("+")[0], "attention": lines}))


if __name__ == "__main__":
    main()
