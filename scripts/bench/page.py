"""Measures ftbench beside its peers on this machine, taking turns, and prints one page.

Without the peers (see `make bench-peers`) it prints ftbench's own figures alone.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
OURS = ROOT / ".build/release/ftbench"
PYTHON = Path(os.environ.get("FTBENCH_PEERS", ROOT / ".venv-bench")) / "bin/python"


def run(command):
    """The JSON lines a command prints; none when it fails, and why on standard error."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        print(f"{' '.join(map(str, command))}: {done.stderr.strip()[-300:]}", file=sys.stderr)
        return []
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def spread(values):
    return f"{min(values):.4g} {statistics.median(values):.4g} {max(values):.4g}" if values else "not measured"


class Row:
    """One kind of work: our command, and the variants of the peer, of which the fastest counts."""

    def __init__(self, name, ours, peers, unit="tokens_per_s"):
        self.name, self.ours, self.peers, self.unit = name, ours, peers, unit

    def measure(self, repeats, has_peers):
        mine, theirs, busy = [], {i: [] for i in range(len(self.peers))}, []
        for turn in range(repeats):
            jobs = [("ours", self.ours)]
            if has_peers:
                jobs += list(enumerate(self.peers))
            # Who goes first changes, so that a machine that warms up or is disturbed favours nobody.
            for who, command in jobs if turn % 2 == 0 else reversed(jobs):
                for line in run(command)[:1]:
                    (mine if who == "ours" else theirs[who]).append(line)
                    if who == "ours":
                        busy.append((line.get("other_cpu") or 0) + (line.get("steal") or 0))
        self.show(mine, theirs, busy)

    def show(self, mine, theirs, busy):
        def values(lines, key):
            return [line[key] for line in lines if key in line]

        rates = values(mine, self.unit)
        print(f"\n{self.name}")
        print(f"  ftbench   {self.unit} {spread(rates)}", end="")
        if values(mine, "gflops_per_s"):
            print(f"   GFLOP/s {statistics.median(values(mine, 'gflops_per_s')):.1f}", end="")
        print(f"   peak MB {spread(values(mine, 'peak_rss_mb'))}")
        best = None
        for index, lines in theirs.items():
            if lines:
                variant = " ".join(p for p in map(str, self.peers[index]) if p in ("--compile", "--keep"))
                print(f"  {lines[0]['engine']} {variant:<20} {self.unit} {spread(values(lines, self.unit))}   "
                      f"peak MB {spread(values(lines, 'peak_rss_mb'))}")
                rate = statistics.median(values(lines, self.unit))
                if best is None or rate > best[0]:
                    best = (rate, statistics.median(values(lines, "peak_rss_mb")))
        if best and rates:
            memory = statistics.median(values(mine, "peak_rss_mb") or [0])
            print(f"  ratio     speed {statistics.median(rates) / best[0]:.2f}   memory {memory / best[1]:.2f}")
        if busy and max(busy) > 0.05:
            print(f"  note: other work took up to {max(busy):.2f} processors; measure again when the machine is quiet")


def step(shape, method, dtype, batch, seq, variants, checkpointing=False):
    size = ["--shape", shape, "--method", method, "--dtype", dtype, "--batch", batch, "--seq", seq]
    extra = ["--checkpointing"] if checkpointing else []
    ours = [OURS, "bench", "step", "--json", *size, "--steps", 3, "--warmup", 1, *extra]
    peers = [[PYTHON, HERE / "torch_step.py", *size, "--steps", 3, *extra, *variant,
              "--warmup", 3 if "--compile" in variant else 1] for variant in variants]
    name = f"{shape}, {method}, {dtype}, {batch} x {seq}" + (", checkpointed" if checkpointing else "")
    return Row(name, ours, peers)


def steps(compiled):
    variants = [[], ["--keep"]] + ([["--compile", "--keep"]] if compiled else [])
    return {
        "lora-fp32": step("smollm2-135m", "lora", "fp32", 4, 512, variants),
        "lora-bf16": step("smollm2-135m", "lora", "bf16", 4, 512, variants),
        "lora-bf16-checkpointed": step("smollm2-135m", "lora", "bf16", 4, 512, [["--keep"]], checkpointing=True),
        "full-bf16": step("smollm2-135m", "full", "bf16", 4, 512, [["--keep"]]),
        "qwen-bf16": step("qwen2.5-0.5b", "lora", "bf16", 1, 512, [["--keep"]]),
        "tiny-fp32": step("tiny-3m", "full", "fp32", 16, 256, [["--keep"]]),
    }


def products(has_peers):
    for dtype in ("fp32", "bf16"):
        mine = run([OURS, "bench", "gemm", "--json", "--tokens", 2048, "--dtype", dtype])
        if not mine:
            continue
        lines = [p for p in mine[0]["products"] if p["name"].endswith("forward")]
        shapes = [f"{p['m']},{p['n']},{p['k']}" for p in lines]
        peer = run([PYTHON, HERE / "torch_product.py", "--dtype", dtype, *shapes]) if has_peers else []
        print(f"\nmatrix products, {dtype}, GFLOP/s: ftbench, torch, ratio")
        for index, line in enumerate(lines):
            theirs = peer[index]["gflops"] if index < len(peer) else None
            ratio = f"{theirs:8.1f} {line['gflops_per_s'] / theirs:6.2f}" if theirs else ""
            print(f"  {line['name']:<28} {shapes[index]:<18} {line['gflops_per_s']:8.1f} {ratio}")


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--repeats", type=int, default=5)
    p.add_argument("--only", nargs="*", default=[], help="products, lora-fp32, lora-bf16, …")
    p.add_argument("--no-compile", action="store_true", help="leave out torch.compile, which needs a C++ compiler")
    p.add_argument("--tokenizer", help="a tokenizer.json to compare on")
    p.add_argument("--data", nargs="*", default=[], help="texts for it")
    a = p.parse_args()
    has_peers = PYTHON.exists()
    facts = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = next((line.split(":")[1].strip() for line in facts.splitlines() if line.startswith("model name")), "")
    print(f"{platform.machine()}, {model}, {os.cpu_count()} threads; min median max of {a.repeats}")
    if not has_peers:
        print("The peers are not set up (make bench-peers): ftbench alone.")
    if not a.only or "products" in a.only:
        products(has_peers)
    for name, row in steps(not a.no_compile).items():
        if not a.only or name in a.only:
            row.measure(a.repeats, has_peers)
    if a.tokenizer and a.data:
        texts = ["--tokenizer", a.tokenizer, "--data", *a.data]
        Row("tokenizer, one thread", [OURS, "bench", "tokenize", "--json", *texts],
            [[PYTHON, HERE / "tokenizers_encode.py", *texts]]).measure(1, has_peers)


if __name__ == "__main__":
    main()
