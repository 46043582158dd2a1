"""Matrix products of PyTorch at given shapes, x (m, k) by W (n, k) transposed. Prints a JSON line for each shape."""
import argparse
import json
import os
import time


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--dtype", choices=["fp32", "bf16"], default="fp32")
    p.add_argument("--threads", type=int, default=os.cpu_count())
    p.add_argument("shapes", nargs="+", help="m,n,k")
    a = p.parse_args()
    import torch
    torch.set_num_threads(a.threads)
    dtype = torch.bfloat16 if a.dtype == "bf16" else torch.float32
    for shape in a.shapes:
        m, n, k = (int(part) for part in shape.split(","))
        x, w = torch.randn(m, k).to(dtype), torch.randn(n, k).to(dtype)
        out = torch.empty(m, n, dtype=dtype)
        torch.mm(x, w.T, out=out)
        times = []
        while len(times) < 5 or sum(times) < 0.3:
            start = time.perf_counter()
            torch.mm(x, w.T, out=out)
            times.append(time.perf_counter() - start)
        print(json.dumps({"m": m, "n": n, "k": k, "gflops": 2e-9 * m * n * k / min(times)}))


if __name__ == "__main__":
    main()
