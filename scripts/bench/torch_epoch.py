"""One epoch of PyTorch with PEFT on instruction rows, the loss on answers only. Prints a JSON line.

padded: rows in order, padded to the longest of the step. bucketed: the same, sorted by length. packed: best fit into
sequences of --seq tokens, laid end to end, each row with attention of its own and no padding.
"""
import argparse
import json
import os
import resource
import sys
import time

from torch_step import KEEP, SHAPES, build

LENGTHS = []
TASK = "Below is an instruction that describes a task"
ANSWER = "Write a response that appropriately completes the request."


def pieces(row):
    """Texts of a row, and whether they are trained; an end token follows those that are."""
    if "messages" in row:
        for m in row["messages"]:
            yield f"<|{m['role']}|>\n", False
            answers = m["role"] == "assistant"
            yield m["content"] + ("" if answers else "\n"), answers
        return
    if row.get("input"):
        yield (f"{TASK}, paired with an input that provides further context. {ANSWER}\n\n### Instruction:\n"
               f"{row['instruction']}\n\n### Input:\n{row['input']}\n\n### Response:\n"), False
    else:
        yield f"{TASK}. {ANSWER}\n\n### Instruction:\n{row['instruction']}\n\n### Response:\n", False
    yield row["output"], True


def read(a, tokenizer):
    ends = map(tokenizer.token_to_id, ("<|endoftext|>", "</s>", "<|end_of_text|>", "<|im_end|>"))
    end = next((i for i in ends if i is not None), 0)
    rows, dropped, cut = [], 0, 0
    with open(a.data, encoding="utf-8") as file:
        for line in file:
            if not line.strip():
                continue
            if a.rows and len(rows) + dropped == a.rows:
                break
            ids, labels = [], []
            for text, trained in pieces(json.loads(line)):
                part = tokenizer.encode(text, add_special_tokens=False).ids + ([end] if trained else [])
                ids += part
                labels += part if trained else [-100] * len(part)
            cut += len(ids) > a.seq
            ids, labels = ids[:a.seq], labels[:a.seq]
            if any(label != -100 for label in labels[1:]):
                rows.append((ids, labels[1:] + [-100]))
            else:
                dropped += 1
    return rows, dropped, cut


def best_fit(rows, size):
    bins, room = [], []
    for row in sorted(rows, key=lambda row: -len(row[0])):
        fits = [i for i in range(len(bins)) if room[i] >= len(row[0])]
        if fits:
            i = min(fits, key=lambda i: room[i])
        else:
            i = len(bins)
            bins.append([])
            room.append(size)
        bins[i].append(row)
        room[i] -= len(row[0])
    return bins


def batches(a, rows):
    if a.mode == "packed":
        groups = best_fit(rows, a.seq)
    else:
        groups = [[row] for row in (sorted(rows, key=lambda row: -len(row[0])) if a.mode == "bucketed" else rows)]
    for start in range(0, len(groups), a.batch):
        yield [row for group in groups[start:start + a.batch] for row in group]


def split_attention(module, query, key, value, attention_mask, scaling=None, **more):
    """Rows laid end to end: causal attention within each, none between them."""
    import torch
    from torch.nn.functional import scaled_dot_product_attention as attention
    groups = query.shape[1] // key.shape[1]
    if groups > 1:
        key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    parts = zip(*(t.split(LENGTHS, dim=2) for t in (query, key, value)))
    out = [attention(q, k, v, is_causal=True, scale=scaling).transpose(1, 2) for q, k, v in parts]
    return torch.cat(out, dim=1), None


def tensors(a, rows, torch):
    if a.mode == "packed":
        LENGTHS[:] = [len(row[0]) for row in rows]
        return (torch.tensor([sum((row[0] for row in rows), [])]), torch.tensor([sum((row[1] for row in rows), [])]),
                {"position_ids": torch.tensor([[i for row in rows for i in range(len(row[0]))]])})
    width = max(len(row[0]) for row in rows)
    pad = [width - len(row[0]) for row in rows]
    more = {}
    if any(pad):
        more["attention_mask"] = torch.tensor([[1] * len(r[0]) + [0] * n for r, n in zip(rows, pad)])
    return (torch.tensor([r[0] + [0] * n for r, n in zip(rows, pad)]),
            torch.tensor([r[1] + [-100] * n for r, n in zip(rows, pad)]), more)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--shape", choices=sorted(SHAPES), default="smollm2-135m")
    p.add_argument("--data", required=True)
    p.add_argument("--rows", type=int, default=0)
    p.add_argument("--tokenizer", required=True)
    p.add_argument("--method", choices=["lora", "full"], default="lora")
    p.add_argument("--dtype", choices=["fp32", "bf16"], default="fp32")
    p.add_argument("--adapter-dtype", choices=["fp32", "bf16"], default="fp32")
    p.add_argument("--batch", type=int, default=4)
    p.add_argument("--seq", type=int, default=512)
    p.add_argument("--mode", choices=["padded", "bucketed", "packed"], default="padded")
    p.add_argument("--logits", choices=["all", "trained"], default="all")
    p.add_argument("--rank", type=int, default=16)
    p.add_argument("--threads", type=int, default=os.cpu_count())
    p.add_argument("--keep", action="store_true", help="tell glibc to keep freed memory")
    a = p.parse_args()
    a.checkpointing = False
    if a.keep and os.environ.get("MALLOC_MMAP_MAX_") != "0":
        os.environ.update(KEEP)
        os.execv(sys.executable, [sys.executable, *sys.argv])
    import torch
    import transformers
    from tokenizers import Tokenizer
    from torch.nn.functional import cross_entropy
    torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    if a.mode == "packed":
        transformers.AttentionInterface.register("split", split_attention)
        transformers.AttentionMaskInterface.register("split", lambda *args, **more: None)
    model, vocabulary = build(a, torch)
    base = model.get_base_model() if a.method == "lora" else model
    if a.mode == "packed":
        base.config._attn_implementation = "split"
    rows, dropped, cut = read(a, Tokenizer.from_file(a.tokenizer))
    steps = list(batches(a, rows))
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0.0, fused=True)
    positions = 0

    def gradients(rows):
        ids, labels, more = tensors(a, rows, torch)
        hidden = base.model(input_ids=ids, use_cache=False, **more).last_hidden_state.flatten(0, 1)
        labels = labels.flatten()
        if a.logits == "trained":
            at = (labels != -100).nonzero().squeeze(1)
            hidden, labels = hidden[at], labels[at]
        loss = cross_entropy(base.lm_head(hidden).float(), labels, ignore_index=-100)
        loss.backward()
        return ids.numel(), loss.item()

    gradients(steps[0])
    optimizer.zero_grad(set_to_none=True)
    start, first = time.perf_counter(), None
    for step in steps:
        count, loss = gradients(step)
        positions += count
        first = loss if first is None else first
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    seconds = time.perf_counter() - start
    real = sum(len(row[0]) for row in rows)
    print(json.dumps({
        "engine": "torch " + torch.__version__.split("+")[0], "mode": a.mode, "epoch_s": seconds, "rows": len(rows),
        "rows_dropped": dropped, "rows_cut": cut, "steps": len(steps), "real_tokens": real,
        "trained_tokens": sum(label != -100 for row in rows for label in row[1]), "padded_tokens": positions,
        "real_tokens_per_s": real / seconds, "tokens_per_s": real / seconds, "loss_first": first,
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main()
