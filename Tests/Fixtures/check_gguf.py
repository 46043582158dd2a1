"""Exports models with ftbench in every type and checks the files with the tools that read them.

    python Tests/Fixtures/check_gguf.py FTBENCH MODELS OUT [NAME …]

FTBENCH is the program, MODELS a folder of model folders (see gguf/make_export_models.py), OUT where files go. Needs
gguf, torch, transformers, peft and llama-cpp-python. For each model:

- the `gguf` package reads every type; F32, F16, BF16, Q8_0 and Q4_0 are what the package itself makes of the weights;
- llama.cpp's own quantiser makes the same type and the same bytes of every tensor from our F32 file;
- llama.cpp cuts texts into the ids that transformers does, and from F32 greedily writes the tokens that transformers
  (and ftbench, where it runs the kind) writes; for the other types the shared length is reported;
- an adapter file moves the logits as PEFT does;
- a sharded safetensors folder loads in transformers with equal logits.

Ends with status 1 when anything differs.
"""

import ctypes
import json
import os
import subprocess
import sys

import gguf
import llama_cpp
import numpy as np
import torch
import transformers

PROGRAM, MODELS, OUT = sys.argv[1:4]
WANTED = sys.argv[4:]
TYPES = {"f32": 0, "f16": 1, "q4_0": 2, "q8_0": 7, "q4_k_m": 15, "q6_k": 18, "bf16": 32}
TEXTS = [
    "Hello world! It's 2024, and we'll see 12345 things.\n\nfor i in range(10):\n    print(i)  # done",
    "Grüße aus Köln! Où est la gare ? 42 + 17 = 59 🚀 我想在 apple 工作  нещо на Български",
    "  leading   spaces\tand\ttabs \n \n end ",
]
LENGTH = 24
failures = []
SILENT = llama_cpp.llama_log_callback(lambda *_: None)  # kept, since the library holds only its address
llama_cpp.llama_log_set(SILENT, ctypes.c_void_p(0))
torch.set_num_threads(2)


def fail(text):
    failures.append(text)
    print("  FAILED", text)


def ftbench(*arguments, must=True):
    result = subprocess.run([PROGRAM, *arguments, "--json"], capture_output=True, text=True)
    if result.returncode != 0:
        if must:
            fail(f"ftbench {' '.join(arguments)}: {result.stderr.strip() or result.stdout.strip()}")
        return None
    return json.loads(result.stdout)


def llama(path, **more):
    return llama_cpp.Llama(
        model_path=path, n_ctx=256, n_batch=256, verbose=False, logits_all=True, n_threads=2, type_k=0, type_v=0,
        flash_attn=False, **more)


def greedy_llama(model, ids):
    model.reset()
    ids = list(ids)
    made = []
    model.eval(ids)
    for _ in range(LENGTH):
        token = int(np.argmax(model.scores[model.n_tokens - 1]))
        made.append(token)
        model.eval([token])
    return made


def greedy_torch(model, ids):
    ids = list(ids)
    made = []
    with torch.no_grad():
        for _ in range(LENGTH):
            token = int(model(torch.tensor([ids])).logits[0, -1].argmax())
            made.append(token)
            ids.append(token)
    return made


def shared(a, b):
    count = 0
    for x, y in zip(a, b):
        if x != y:
            break
        count += 1
    return count


def check_types(name, files):
    """Every file beside the F32 one: types and bytes as llama.cpp's quantiser has them, numbers as the package's."""
    plain = {t.name: t for t in gguf.GGUFReader(files["f32"]).tensors}
    for type_, path in files.items():
        mine = {t.name: t for t in gguf.GGUFReader(path).tensors}
        if set(mine) != set(plain):
            fail(f"{name} {type_}: tensors differ: {sorted(set(mine) ^ set(plain))[:4]}")
            continue
        if type_ in ("f32", "f16", "bf16", "q8_0"):  # the converter's types
            for key, tensor in mine.items():
                values = gguf.dequantize(plain[key].data, plain[key].tensor_type).reshape(
                    tuple(reversed(plain[key].shape.tolist())))
                if tensor.tensor_type == gguf.GGMLQuantizationType.F32:
                    same = np.array_equal(tensor.data.view(np.uint32).ravel(), values.view(np.uint32).ravel())
                else:
                    expected = gguf.quantize(np.ascontiguousarray(values), tensor.tensor_type)
                    same = np.array_equal(
                        tensor.data.view(np.uint8).ravel(), np.ascontiguousarray(expected).view(np.uint8).ravel())
                if not same:
                    fail(f"{name} {type_}: '{key}' is not what the gguf package makes")
        if type_ == "f32":
            continue
        reference = path + ".reference"
        settings = llama_cpp.llama_model_quantize_default_params()
        settings.ftype = TYPES[type_]
        settings.nthread = 2
        status = llama_cpp.llama_model_quantize(files["f32"].encode(), reference.encode(), ctypes.byref(settings))
        if status != 0:
            fail(f"{name} {type_}: llama.cpp's quantiser ended with {status}")
            continue
        theirs = {t.name: t for t in gguf.GGUFReader(reference).tensors}
        different = 0
        for key, tensor in mine.items():
            other = theirs[key]
            if other.tensor_type != tensor.tensor_type:
                fail(f"{name} {type_}: '{key}' is {tensor.tensor_type.name}, llama.cpp makes {other.tensor_type.name}")
            elif not np.array_equal(tensor.data.view(np.uint8), other.data.view(np.uint8)):
                different += 1
        if different:
            fail(f"{name} {type_}: {different} of {len(mine)} tensors have other bytes than llama.cpp's")
        counts = {}
        for tensor in mine.values():
            counts[tensor.tensor_type.name] = counts.get(tensor.tensor_type.name, 0) + 1
        print(f"  {type_}: {len(mine)} tensors, types and bytes as llama.cpp's", counts)
        os.remove(reference)


def check_model(name, folder):
    print(name)
    files = {}
    for type_ in TYPES:
        path = os.path.join(OUT, f"{name}-{type_}.gguf")
        made = ftbench("export", "--model", folder, "--format", "gguf", "--type", type_, "--output", path, "--force")
        if made is None:
            return
        if os.path.getsize(path) != made["bytes"]:
            fail(f"{name} {type_}: {os.path.getsize(path)} bytes, {made['bytes']} were planned")
        files[type_] = path
    check_types(name, files)

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    reference = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager").eval()
    model = llama(files["f32"])
    for text in TEXTS:
        for special in (False, True):
            theirs = model.tokenize(text.encode(), add_bos=special, special=False)
            expected = tokenizer(text, add_special_tokens=special)["input_ids"]
            if theirs != expected:
                fail(f"{name}: llama.cpp cuts {text[:20]!r} into {theirs[:12]}, transformers into {expected[:12]}")
    metadata = model.metadata
    if metadata.get("tokenizer.chat_template") != tokenizer.chat_template:
        fail(f"{name}: the chat template is not that of the folder")

    prompt = tokenizer(TEXTS[0])["input_ids"]
    model.reset()
    model.eval(prompt)
    with torch.no_grad():
        logits = reference(torch.tensor([prompt])).logits[0].numpy()
    difference = float(np.abs(model.scores[: len(prompt)] - logits).max())
    if not difference < 2e-3 * max(1.0, float(np.abs(logits).max())):
        fail(f"{name}: a logit of llama.cpp differs by {difference} from transformers'")
    expected = greedy_torch(reference, prompt)
    theirs = greedy_llama(model, prompt)
    if theirs != expected:
        fail(f"{name}: llama.cpp writes {theirs[:8]}, transformers {expected[:8]}")
    print(f"  f32: ids equal, largest difference of a logit {difference:.2e}, {LENGTH} greedy tokens equal")
    for source in (folder, files["f32"]):
        ours = ftbench(
            "generate", "--model", source, "--prompt", TEXTS[0], "--max-tokens", str(LENGTH), must=False)
        if ours is None:
            print(f"  ftbench does not run {os.path.basename(source)}")
            continue
        count = len(ours["ids"])
        # It stops at an end token, which the others are not asked to do.
        if ours["ids"] != expected[:count]:
            fail(f"{name}: ftbench writes {ours['ids'][:8]} from {os.path.basename(source)}, llama.cpp {theirs[:8]}")
        else:
            print(f"  ftbench from {os.path.basename(source)}: {count} greedy tokens equal")
    for type_, path in files.items():
        if type_ == "f32":
            continue
        made = greedy_llama(llama(path), prompt)
        print(f"  {type_}: llama.cpp loads it; {shared(made, expected)} of {LENGTH} greedy tokens as from F32")

    sharded = os.path.join(OUT, name + "-sharded")
    ftbench("export", "--model", folder, "--format", "safetensors", "--max-shard-size", "1MB", "--output", sharded,
            "--force")
    again = transformers.AutoModelForCausalLM.from_pretrained(
        sharded, dtype=torch.float32, attn_implementation="eager").eval()
    with torch.no_grad():
        if not np.array_equal(again(torch.tensor([prompt])).logits[0].numpy(), logits):
            fail(f"{name}: the sharded folder gives other logits")
    with open(os.path.join(sharded, "model.safetensors.index.json")) as file:
        index = json.load(file)
    print(f"  safetensors: {len(set(index['weight_map'].values()))} files, logits equal in transformers")
    check_adapter(name, folder, reference, files["f32"], prompt)


def check_adapter(name, folder, reference, base, prompt):
    adapter = folder + "-lora"
    if not os.path.isdir(adapter):
        return
    import peft

    adapted = peft.PeftModel.from_pretrained(reference, adapter).eval()
    with torch.no_grad():
        expected = adapted(torch.tensor([prompt])).logits[0].numpy()
    path = os.path.join(OUT, name + "-lora.gguf")
    if ftbench("export", "--model", folder, "--adapter", adapter, "--format", "gguf", "--lora-only", "--output", path,
               "--force") is None:
        return
    model = llama(base, lora_path=path)
    model.eval(prompt)
    difference = float(np.abs(model.scores[: len(prompt)] - expected).max())
    moved = float(np.abs(llama_scores(base, prompt) - expected).max())
    if not difference < 2e-3 * max(1.0, float(np.abs(expected).max())) or moved < 100 * difference:
        fail(f"{name}: the adapter file moves logits by {moved}, and {difference} is left to PEFT's")
    print(f"  adapter: moves a logit by {moved:.2f}, {difference:.2e} is left to PEFT's")
    merged = os.path.join(OUT, name + "-merged.gguf")
    made = ftbench("export", "--model", folder, "--adapter", adapter, "--format", "gguf", "--type", "f32", "--output",
                   merged, "--force", must=False)
    if made is None:
        print("  ftbench does not merge this kind")
        return
    difference = float(np.abs(llama_scores(merged, prompt) - expected).max())
    if not difference < 2e-3 * max(1.0, float(np.abs(expected).max())):
        fail(f"{name}: the merged file differs by {difference} from PEFT's logits")
    print(f"  merged: {difference:.2e} from PEFT's logits; ftbench measured {made['merge_difference']:.2e}")


def llama_scores(path, prompt):
    model = llama(path)
    model.eval(prompt)
    return model.scores[: len(prompt)].copy()


os.makedirs(OUT, exist_ok=True)
for name in sorted(os.listdir(MODELS)):
    folder = os.path.join(MODELS, name)
    if os.path.exists(os.path.join(folder, "config.json")) and (not WANTED or name in WANTED):
        check_model(name, folder)
print("all equal" if not failures else f"{len(failures)} differences:\n  " + "\n  ".join(failures))
sys.exit(1 if failures else 0)
