"""One training step of PyTorch (with PEFT for LoRA) on random tokens, every position a label. Prints a JSON line."""
import argparse
import json
import os
import resource
import statistics
import sys
import time

SHAPES = {
    "smollm2-135m": dict(kind="llama", hidden=576, layers=30, heads=9, kv=3, inner=1536, vocabulary=49152,
                         context=8192, theta=100000.0, eps=1e-5),
    "qwen2.5-0.5b": dict(kind="qwen2", hidden=896, layers=24, heads=14, kv=2, inner=4864, vocabulary=151936,
                         context=32768, theta=1000000.0, eps=1e-6),
    "tiny-3m": dict(kind="llama", hidden=192, layers=6, heads=6, kv=6, inner=512, vocabulary=4096, context=1024,
                    theta=10000.0, eps=1e-5),
}
LINEARS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
# glibc gives large freed blocks back to the system and faults them in again at every step, unless it is told not to.
KEEP = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "100000000000", "MALLOC_TOP_PAD_": "268435456"}


def build(a, torch):
    from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM
    s = SHAPES[a.shape]
    config_type, model_type = {"llama": (LlamaConfig, LlamaForCausalLM), "qwen2": (Qwen2Config, Qwen2ForCausalLM)}[
        s["kind"]]
    config = config_type(
        hidden_size=s["hidden"], num_hidden_layers=s["layers"], num_attention_heads=s["heads"],
        num_key_value_heads=s["kv"], intermediate_size=s["inner"], vocab_size=s["vocabulary"],
        max_position_embeddings=s["context"], rms_norm_eps=s["eps"], tie_word_embeddings=True, use_cache=False,
        rope_parameters={"rope_type": "default", "rope_theta": s["theta"]})
    config._attn_implementation = "sdpa"
    model = model_type(config).to(torch.bfloat16 if a.dtype == "bf16" else torch.float32)
    model.train()
    if a.method == "lora":
        from peft import LoraConfig, get_peft_model
        model = get_peft_model(
            model, LoraConfig(r=a.rank, lora_alpha=2 * a.rank, target_modules=LINEARS, lora_dropout=0.0),
            autocast_adapter_dtype=a.adapter_dtype != "bf16")
        if a.adapter_dtype == "bf16" and a.dtype == "bf16":
            for p in model.parameters():
                p.data = p.data.to(torch.bfloat16)
    if a.checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
        if a.method == "lora":
            model.enable_input_require_grads()
    return model, s["vocabulary"]


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--shape", choices=sorted(SHAPES), default="smollm2-135m")
    p.add_argument("--method", choices=["lora", "full"], default="lora")
    p.add_argument("--dtype", choices=["fp32", "bf16"], default="fp32")
    p.add_argument("--adapter-dtype", choices=["fp32", "bf16"], default="bf16")
    p.add_argument("--seq", type=int, default=512)
    p.add_argument("--batch", type=int, default=4)
    p.add_argument("--rank", type=int, default=16)
    p.add_argument("--steps", type=int, default=5)
    p.add_argument("--warmup", type=int, default=2)
    p.add_argument("--threads", type=int, default=os.cpu_count())
    p.add_argument("--checkpointing", action="store_true")
    p.add_argument("--compile", action="store_true")
    p.add_argument("--keep", action="store_true", help="tell glibc to keep freed memory")
    a = p.parse_args()
    if a.keep and os.environ.get("MALLOC_MMAP_MAX_") != "0":
        os.environ.update(KEEP)
        os.execv(sys.executable, [sys.executable, *sys.argv])
    import torch
    torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    model, vocabulary = build(a, torch)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0.0, fused=True)
    net = torch.compile(model) if a.compile else model
    ids = torch.randint(0, vocabulary, (a.batch, a.seq))
    times = []
    for step in range(a.warmup + a.steps):
        start = time.perf_counter()
        loss = net(input_ids=ids, labels=ids).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        value = loss.item()
        if step >= a.warmup:
            times.append(time.perf_counter() - start)
    print(json.dumps({
        "engine": "torch " + torch.__version__.split("+")[0], "tokens_per_s": a.batch * a.seq / statistics.median(times),
        "step_ms": statistics.median(times) * 1e3, "step_ms_min": min(times) * 1e3, "step_ms_max": max(times) * 1e3,
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "loss_last": value}))


if __name__ == "__main__":
    main()
