"""The Hugging Face tokenizers library on the texts of files, one thread. Prints a JSON line."""
import argparse
import json
import os
import resource
import statistics
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--tokenizer", required=True)
    p.add_argument("--data", nargs="+", required=True)
    p.add_argument("--repeats", type=int, default=5)
    a = p.parse_args()
    from tokenizers import Tokenizer
    tokenizer = Tokenizer.from_file(a.tokenizer)
    texts = []
    for path in a.data:
        with open(path, encoding="utf-8", newline="") as file:
            if path.endswith(".jsonl"):
                rows = [json.loads(line) for line in file.read().split("\n") if line]
                texts += ["\n".join(filter(None, strings(row))) for row in rows]
            else:
                texts.append(file.read())
    ways = {
        "encode": lambda: [tokenizer.encode(t, add_special_tokens=False).ids for t in texts],
        "encode_batch_fast": lambda: [e.ids for e in tokenizer.encode_batch_fast(texts, add_special_tokens=False)],
    }
    count = sum(len(ids) for ids in ways["encode"]())
    times = {name: [] for name in ways}
    for _ in range(a.repeats):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            times[name].append(time.perf_counter() - start)
    best = min(times, key=lambda name: statistics.median(times[name]))
    print(json.dumps({
        "engine": "tokenizers, " + best, "tokens": count, "tokens_per_s": count / statistics.median(times[best]),
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main()
