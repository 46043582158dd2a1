"""Prompt reading and greedy decoding of llama.cpp, through the C interface of llama-cpp-python. Prints a JSON line."""
import argparse
import json
import os
import resource
import statistics
import sys
import time


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--gguf", required=True)
    p.add_argument("--prompt", type=int, default=128)
    p.add_argument("--tokens", type=int, default=128)
    p.add_argument("--repeats", type=int, default=3)
    p.add_argument("--threads", type=int, default=os.cpu_count())
    a = p.parse_args()
    import llama_cpp as lc
    import numpy as np

    quiet = lc.llama_log_callback(lambda level, text, data: None)
    lc.llama_log_set(quiet, None)
    lc.llama_backend_init()
    settings = lc.llama_model_default_params()
    settings.n_gpu_layers = 0
    model = lc.llama_model_load_from_file(a.gguf.encode(), settings)
    if not model:
        sys.exit(f"llama.cpp cannot load {a.gguf}")
    settings = lc.llama_context_default_params()
    settings.n_ctx = a.prompt + a.tokens
    settings.n_batch = settings.n_ubatch = max(a.prompt, 32)
    settings.n_threads = settings.n_threads_batch = a.threads
    context = lc.llama_init_from_model(model, settings)
    if not context:
        sys.exit("llama.cpp cannot make a context")
    vocabulary = lc.llama_vocab_n_tokens(lc.llama_model_get_vocab(model))
    ids = np.random.default_rng(0).integers(1, vocabulary, a.prompt)
    prompt = (lc.llama_token * a.prompt)(*map(int, ids))
    one = (lc.llama_token * 1)()

    def feed(tokens, count):
        if lc.llama_decode(context, lc.llama_batch_get_one(tokens, count)) != 0:
            sys.exit("llama_decode failed")
        return int(np.ctypeslib.as_array(lc.llama_get_logits_ith(context, -1), (vocabulary,)).argmax())

    prefills, decodes = [], []
    for number in range(a.repeats + 1):
        lc.llama_memory_clear(lc.llama_get_memory(context), True)
        start = time.perf_counter()
        one[0] = feed(prompt, a.prompt)
        middle = time.perf_counter()
        for _ in range(a.tokens):
            one[0] = feed(one, 1)
        if number > 0:  # the first one warms up
            prefills.append(middle - start)
            decodes.append(time.perf_counter() - middle)
    system = lc.llama_print_system_info().decode()
    print(json.dumps({
        "engine": "llama.cpp", "prefill_tokens_per_s": a.prompt / statistics.median(prefills),
        "decode_tokens_per_s": a.tokens / statistics.median(decodes),
        "weights_mb": lc.llama_model_size(model) / 1e6, "is_native": "AVX2 = 1" in system or "NEON = 1" in system,
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main()
