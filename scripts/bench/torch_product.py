"""Matrix products of PyTorch or of OpenBLAS (through numpy) at given shapes. Prints a JSON line.

A shape is KIND:M,N,K. forward: x (m, k) by W (n, k) transposed; input: dy (m, k) by W (k, n); weight: dy (k, m)
transposed by x (k, n).
"""
import argparse
import json
import os
import time


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--peer", choices=["torch", "openblas"], default="torch")
    p.add_argument("--dtype", choices=["fp32", "bf16"], default="fp32")
    p.add_argument("--seconds", type=float, default=0.3)
    p.add_argument("--threads", type=int, default=os.cpu_count())
    p.add_argument("shapes", nargs="+", help="KIND:M,N,K")
    a = p.parse_args()
    if a.peer == "openblas":
        if a.dtype != "fp32":
            p.error("OpenBLAS has float32 products only")
        os.environ["OPENBLAS_NUM_THREADS"] = str(a.threads)
        import numpy as np

        def tensor(*shape):
            return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
        product, empty = np.matmul, lambda m, n: np.empty((m, n), np.float32)
    else:
        import torch
        torch.set_num_threads(a.threads)
        dtype = torch.bfloat16 if a.dtype == "bf16" else torch.float32

        def tensor(*shape):
            return torch.randn(*shape).to(dtype)
        product, empty = torch.mm, lambda m, n: torch.empty(m, n, dtype=dtype)
    lines = []
    for shape in a.shapes:
        kind, sizes = shape.split(":")
        m, n, k = map(int, sizes.split(","))
        left, right = {"forward": lambda: (tensor(m, k), tensor(n, k).T), "input": lambda: (tensor(m, k), tensor(k, n)),
                       "weight": lambda: (tensor(k, m).T, tensor(k, n))}[kind]()
        out = empty(m, n)
        product(left, right, out=out)
        times = []
        while len(times) < 5 or sum(times) < a.seconds:
            start = time.perf_counter()
            product(left, right, out=out)
            times.append(time.perf_counter() - start)
        lines.append({"m": m, "n": n, "k": k, "gflops_per_s": 2e-9 * m * n * k / min(times)})
    print(json.dumps({"engine": a.peer, "dtype": a.dtype, "products": lines}))


if __name__ == "__main__":
    main()
