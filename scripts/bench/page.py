"""Measures ftbench beside its peers on this machine, taking turns, and prints one page.

Without the peers (see `make bench-peers`) it prints ftbench's own figures alone. The whole takes hours: --only takes
it in pieces, --resume goes on with what an earlier call measured with the same settings.
"""
import argparse
import os
import platform
import subprocess
from pathlib import Path

import measuring
import rows
import tables


def parse():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--repeats", type=int, default=5)
    p.add_argument("--only", nargs="*", default=[], help="rows, or what their names begin with: lora-bf16, products, …")
    p.add_argument("--list", action="store_true", help="only print the names of the rows")
    p.add_argument("--no-compile", action="store_true", help="leave out torch.compile, which needs a C++ compiler")
    p.add_argument("--threads", type=int, default=0, help="0: all")
    p.add_argument("--steps", type=int, default=3, help="timed steps of a measurement of a training step")
    p.add_argument("--seconds", type=float, default=0.3, help="for each product and attention figure")
    p.add_argument("--epoch-rows", type=int, nargs="*", default=[120, 500])
    p.add_argument("--long-steps", default="1000,10000", help="1000,10000,100000 is the extended mode")
    p.add_argument("--lengths", default="256,512,1024,2048,4096,8192")
    p.add_argument("--tokenizer", help="a tokenizer.json, for the tokenizer and the epochs")
    p.add_argument("--data", nargs="*", default=[], help="texts for it; the first is that of the epochs")
    p.add_argument("--out", help="a markdown file that gets the page")
    p.add_argument("--results", default=str(measuring.ROOT / ".build/bench/results.jsonl"),
                   help="every measurement, a JSON line each")
    p.add_argument("--resume", action="store_true", help="take what --results holds already")
    return p.parse_args()


def facts(a):
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = next((line.split(":")[1].strip() for line in text.splitlines() if line.startswith("model name")), "")
    load = f", load {os.getloadavg()[0]:.2f} before" if hasattr(os, "getloadavg") else ""
    threads = a.threads or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (f"{platform.machine()}, {model}, {threads} threads, {platform.system()} {platform.release()}{load}; "
            f"min, median, max of up to {a.repeats} turns")


def random_gguf(row):
    """llama.cpp reads files: they are made when a row needs one."""
    for _, command in row.peers:
        if "--gguf" in command:
            path = Path(command[command.index("--gguf") + 1])
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                subprocess.run([str(measuring.PYTHON), str(measuring.HERE / "random_gguf.py"), str(path),
                                path.stem.removeprefix("smollm2-")], check=False)


def main():
    a = parse()
    every = rows.every_row(a)
    if a.list:
        return print("\n".join(row.key for row in every))
    chosen = [row for row in every if not a.only or any(row.key.startswith(name) for name in a.only)]
    has_peers = measuring.PYTHON.exists()
    page = [facts(a), ""]
    if not has_peers:
        page[1:1] = ["", "The peers are not set up (make bench-peers): ftbench alone."]
    page.append(tables.HEAD)
    print("\n".join(page), flush=True)
    notes = [] if a.tokenizer and a.data else ["epochs and tokenizer were left out: give --tokenizer and --data"]
    results = measuring.Results(a.results, a.resume)
    for row in chosen:
        # One of our own stands in as the peer where a row compares us with ourselves.
        own = bool(row.peers) and all(command[0] == measuring.OURS for _, command in row.peers)
        if has_peers:
            random_gguf(row)
        peers = [(variant, command, row.figures[0].peer) for variant, command in row.peers]
        mine, theirs = measuring.in_turns(results, row.key, row.ours, peers, a.repeats, has_peers or own)
        lines = tables.lines_of(row, mine, theirs)
        page += lines
        notes += tables.notes_of(row, mine, theirs)
        print("\n".join(lines), flush=True)
        if a.out:
            Path(a.out).write_text("\n".join(page + ["", *(f"- {note}" for note in notes)]) + "\n")
    for note in notes:
        print(f"note: {note}")


if __name__ == "__main__":
    main()
