"""The rows of the page: our command, the peer's variants, the figures that are compared, and the targets."""
import itertools
from dataclasses import dataclass, field

from measuring import HERE, OURS, PYTHON, ROOT


@dataclass
class Figure:
    """A figure of both engines by its place in their JSON lines; a target on the ratio, or on ours alone."""
    label: str
    ours: str
    peer: str | None = None
    target: float | None = None
    on_ratio: bool = True
    less_is_better: bool = False
    share: str | None = None  # of the peak, said by us
    peak: str | None = None  # in GFLOP/s, said by us: for the share of both


@dataclass
class Row:
    key: str
    title: str
    ours: list
    peers: list  # (variant, command)
    figures: list
    counts: list = field(default_factory=list)  # fields that must be equal in both


def threads(a):
    return ["--threads", a.threads] if a.threads else []


def step(a, key, shape, method, dtype, batch, seq, target, checkpointing=False):
    size = ["--shape", shape, "--method", method, "--dtype", dtype, "--batch", batch, "--seq", seq,
            "--steps", a.steps, *(["--checkpointing"] if checkpointing else [])]
    adapters = ["bf16", "fp32"] if method == "lora" and dtype == "bf16" else [None]
    peers = []
    for adapter, compiled, keep in itertools.product(adapters, [False, True], [False, True]):
        if compiled and (a.no_compile or checkpointing):
            continue
        more = (["--adapter-dtype", adapter] if adapter else []) + ["--compile"] * compiled + ["--keep"] * keep
        name = " ".join([f"adapter {adapter}"] * bool(adapter) + ["compiled"] * compiled + ["keep"] * keep) or "plain"
        peers.append((name, [PYTHON, HERE / "torch_step.py", *size, *more, "--warmup", 3 if compiled else 1,
                             *threads(a)]))
    title = f"{shape}, {method}, {dtype}, {batch} x {seq}" + (", checkpointed" if checkpointing else "")
    return Row(key, title, [OURS, "bench", "step", "--json", *size, "--warmup", 1, *threads(a)], peers, [
        Figure("tokens/s", "tokens_per_s", "tokens_per_s", target, share="share_of_peak"),
        Figure("peak memory, MB", "peak_rss_mb", "peak_rss_mb", 0.5, less_is_better=True)])


def steps(a):
    small = "smollm2-135m"
    return [
        step(a, "lora-fp32", small, "lora", "fp32", 4, 512, 1.35),
        step(a, "lora-bf16", small, "lora", "bf16", 4, 512, 1.45),
        step(a, "lora-fp32-checkpointed", small, "lora", "fp32", 4, 512, 1.6, checkpointing=True),
        step(a, "lora-bf16-checkpointed", small, "lora", "bf16", 4, 512, 1.6, checkpointing=True),
        step(a, "full-fp32", small, "full", "fp32", 4, 512, None),
        step(a, "full-bf16", small, "full", "bf16", 4, 512, 1.4),
        step(a, "qwen-bf16", "qwen2.5-0.5b", "lora", "bf16", 1, 512, 1.25),
        step(a, "qwen-bf16-4", "qwen2.5-0.5b", "lora", "bf16", 4, 512, 1.25),
        step(a, "tiny-fp32", "tiny-3m", "full", "fp32", 16, 256, 1.6),
    ]


# The products of ftbench bench gemm for smollm2-135m, in its order: name, inputs, outputs.
PRODUCTS = [("query, output", 576, 576), ("key, value", 576, 192), ("gate, up", 576, 1536), ("down", 1536, 576),
            ("LoRA's A", 576, 16), ("LoRA's B", 16, 576), ("head, a block", 576, 4096)]


def products(a):
    rows, tokens = [], 2048
    shapes = [shape for _, i, o in PRODUCTS for shape in (
        f"forward:{tokens},{o},{i}", f"input:{tokens},{i},{o}", f"weight:{o},{i},{tokens}")]
    # Torch multiplies what it is given: of our other types of weights, its fastest stands in.
    for dtype, weights in [("fp32", "fp32"), ("fp32", "fp16"), ("fp32", "bf16"), ("bf16", "bf16"), ("bf16", "fp16"),
                           ("bf16", "fp32"), ("bf16", "q8_0"), ("bf16", "q4_0"), ("bf16", "nf4")]:
        ours = [OURS, "bench", "gemm", "--json", "--tokens", tokens, "--dtype", dtype, "--weights", weights,
                "--seconds", a.seconds, *threads(a)]
        command = [PYTHON, HERE / "torch_product.py", "--dtype", dtype, "--seconds", a.seconds, *threads(a)]
        peers = [("torch", [*command, *shapes])]
        if dtype == "fp32":
            peers.insert(0, ("OpenBLAS", [*command, "--peer", "openblas", *shapes]))
        figures = []
        for index, (shape, (name, _, _)) in enumerate(zip(shapes, (p for p in PRODUCTS for _ in range(3)))):
            path, thin = f"products.{index}.gflops_per_s", "LoRA" in name
            target = (2 if thin else 0.95) if dtype == "fp32" else 1
            figures.append(Figure(f"{name}, {shape.split(':')[0]}", path, path, target, peak="peak_gflops_per_s"))
        rows.append(Row(f"products-{dtype}-{weights}", f"matrix products, {dtype}, weights held in {weights}, GFLOP/s",
                        ours, peers, figures))
    return rows


def attention(a):
    rows = []
    for dtype in ("fp32", "bf16"):
        size = ["--dtype", dtype, "--seq", "512,4096", "--seconds", a.seconds, *threads(a)]
        figures = [Figure(f"{way}, {length} tokens", f"attention.{i}.gflops_per_s", f"attention.{i}.gflops_per_s",
                          None, share=f"attention.{i}.share_of_peak")
                   for i, (length, way) in enumerate(itertools.product((512, 4096), ("forward", "backward")))]
        figures += [Figure(f"share of the peak, {way}, {length} tokens", f"attention.{i}.share_of_peak", None,
                           0.4 if length == 512 else 0.55, on_ratio=False)
                    for i, (length, way) in enumerate(itertools.product((512, 4096), ("forward", "backward")))]
        rows.append(Row(f"attention-{dtype}", f"attention, {dtype}, GFLOP/s",
                        [OURS, "bench", "attention", "--json", *size],
                        [("torch", [PYTHON, HERE / "torch_attention.py", *size])], figures))
    return rows


def decoding(a):
    rows = []
    for dtype, target in [("fp32", 1), ("bf16", 1), ("q8_0", 1), ("q4_0", 1)]:
        file = ROOT / f".build/bench/smollm2-{dtype}.gguf"
        rows.append(Row(
            f"decode-{dtype}", f"one sequence, {dtype}, 128 + 128 tokens",
            [OURS, "bench", "decode", "--json", "--dtype", dtype, "--repeats", 3, *threads(a)],
            [("llama.cpp", [PYTHON, HERE / "llama_decode.py", "--gguf", file, *threads(a)])],
            [Figure("decoded tokens/s", "decode_tokens_per_s", "decode_tokens_per_s", target),
             Figure("prompt tokens/s", "prefill_tokens_per_s", "prefill_tokens_per_s", 1),
             Figure("share of the bandwidth", "bandwidth_share", None, 0.85, on_ratio=False)]))
    for dtype in ("bf16", "q8_0"):
        one, eight = ([OURS, "bench", "decode", "--json", "--dtype", dtype, "--repeats", 3, "--batch", n, *threads(a)]
                      for n in (1, 8))
        rows.append(Row(f"decode-batch-{dtype}", f"eight sequences against one, {dtype}", eight,
                        [("one sequence of ours", one)],
                        [Figure("decoded tokens/s", "decode_tokens_per_s", "decode_tokens_per_s", 5)]))
    return rows


def epochs(a):
    if not a.tokenizer or not a.data:
        return []
    rows = []
    for count in a.epoch_rows:
        data = ["--data", a.data[0], "--rows", count, "--tokenizer", a.tokenizer, "--dtype", "bf16", *threads(a)]
        ours = [OURS, "bench", "epoch", "--json", *data]
        peer = [PYTHON, HERE / "torch_epoch.py", *data]
        counts = ["rows", "rows_dropped", "real_tokens", "trained_tokens"]

        def tuned(mode):
            return [(f"{mode}, logits where trained, keep, adapter {t}",
                     [*peer, "--mode", mode, "--logits", "trained", "--keep", "--adapter-dtype", t])
                    for t in ("bf16", "fp32")]

        def figures(target):
            return [Figure("tokens/s of the rows", "real_tokens_per_s", "real_tokens_per_s", target,
                           share="share_of_peak"),
                    Figure("peak memory, MB", "peak_rss_mb", "peak_rss_mb", 0.5, less_is_better=True)]
        rows += [
            Row(f"epoch-packed-{count}", f"epoch of {count} rows, packed", [*ours, "--packing", "on"], tuned("packed"),
                figures(1.5), [*counts, "steps", "padded_tokens"]),
            Row(f"epoch-rows-{count}", f"epoch of {count} rows, 4 rows a step", [*ours, "--packing", "off"],
                tuned("bucketed"), figures(1.5), [*counts, "steps"]),
            Row(f"epoch-stock-{count}", f"epoch of {count} rows, packed against the stock loop",
                [*ours, "--packing", "on"], [("padded, all logits", [*peer, "--mode", "padded"])], figures(3.5),
                counts),
        ]
    return rows


def others(a):
    rows = [
        Row("scaling-threads", "one thread and all, BF16 LoRA step",
            [OURS, "bench", "scaling", "--json", "--part", "threads", "--repeats", 1], [],
            [Figure("times the speed of one", "by_threads.speedup", None, 1.85, on_ratio=False)]),
        Row("scaling-steps", "cost of a token in a long run",
            [OURS, "bench", "scaling", "--json", "--part", "steps", "--steps", a.long_steps], [],
            [Figure(f"against step {a.long_steps.split(',')[0]}, at {mark}", f"by_steps.lines.{i}.ratio", None, 1.05,
                    on_ratio=False, less_is_better=True) for i, mark in enumerate(a.long_steps.split(",")) if i > 0]),
        Row("scaling-length", "sequence length, against arithmetic",
            [OURS, "bench", "scaling", "--json", "--part", "length", "--lengths", a.lengths], [],
            [Figure(f"of the predicted speed, {length} tokens", f"by_length.lines.{i}.ratio", None, 0.95,
                    on_ratio=False) for i, length in enumerate(a.lengths.split(",")) if i > 0]),
        Row("start", "start on 100,000 rows and 50 runs",
            [OURS, "bench", "start", "--json", "--repeats", 3, "--starts", 1, *threads(a)], [],
            [Figure("first screen, ms", "first_screen_ms", None, 100, on_ratio=False, less_is_better=True),
             Figure("data sets listed, ms", "listed_ms", None, None, on_ratio=False, less_is_better=True),
             Figure("first step done, ms", "first_step_ms", None, 3000, on_ratio=False, less_is_better=True)]),
    ]
    if a.tokenizer and a.data:
        texts = ["--tokenizer", a.tokenizer, "--data", *a.data]
        rows.append(Row("tokenize", "tokenizer, one thread", [OURS, "bench", "tokenize", "--json", *texts],
                        [("tokenizers", [PYTHON, HERE / "tokenizers_encode.py", *texts])],
                        [Figure("tokens/s", "tokens_per_s", "tokens_per_s")], ["tokens"]))
    return rows


def every_row(a):
    return steps(a) + epochs(a) + products(a) + attention(a) + decoding(a) + others(a)
