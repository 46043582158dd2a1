"""Makes the adapters of Tests/Fixtures/adapters that need more than plain LoRA, with PEFT itself.

    pip install torch==2.13.0 transformers==5.23.0 peft==0.21.2 safetensors
    python Tests/Fixtures/make_adapter_fixtures.py

Each folder holds what `save_pretrained` wrote (without its model card) and `expected.safetensors`: `logits` of the
base model's two reference sequences laid end to end, `gradient.KEY` of every tensor that the file stores and PEFT
trains, and `merged.KEY` for every base weight that merging changes. `selections.json` lists, for many
configurations, which modules PEFT adapts and with which rank and scale; `patterns.json` what Python's `re.fullmatch`
says to patterns, most of them put together at random. All in float32 on one thread.
"""

import copy
import json
import os
import random
import re
import shutil
import warnings

import peft
import torch
import transformers
from peft.tuners.lora import LoraLayer
from peft.utils.save_and_load import get_peft_model_state_dict
from safetensors.torch import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)
warnings.filterwarnings("ignore")

CASES = {
    "llama-dora": ("llama", dict(r=4, lora_alpha=8, use_dora=True, target_modules=["q_proj", "v_proj", "down_proj"])),
    "qwen2-dora-rslora": ("qwen2", dict(
        r=2, lora_alpha=3, use_dora=True, use_rslora=True, target_modules="all-linear",
        rank_pattern={"k_proj": 3})),
    "llama-saved": ("llama", dict(
        r=2, lora_alpha=4, target_modules=["q_proj"], modules_to_save=["lm_head", "embed_tokens", "norm"])),
    "llama-saved-projection": ("llama", dict(
        r=2, lora_alpha=4, target_modules=["v_proj"], modules_to_save=["o_proj", "layers.1.mlp"])),
    "qwen2-saved-tied": ("qwen2", dict(
        r=2, lora_alpha=4, target_modules=["v_proj"], modules_to_save=["embed_tokens", "k_proj"])),
    "llama-embedding": ("llama", dict(r=3, lora_alpha=6, target_modules=["embed_tokens", "q_proj"])),
    "llama-embedding-dora": ("llama", dict(r=3, lora_alpha=6, use_dora=True, target_modules=["embed_tokens"])),
    "qwen2-embedding-tied": ("qwen2", dict(r=3, lora_alpha=6, target_modules=["embed_tokens", "o_proj"])),
    "llama-head": ("llama", dict(r=3, lora_alpha=6, target_modules=["lm_head", "q_proj"])),
    "llama-tokens": ("llama", dict(
        r=2, lora_alpha=4, target_modules=["q_proj"], trainable_token_indices=[3, 5, 9, 40])),
    "qwen2-tokens-tied": ("qwen2", dict(
        r=2, lora_alpha=4, target_modules=["q_proj"], trainable_token_indices={"embed_tokens": [7, 4, 30]})),
    "qwen2-bias-all": ("qwen2", dict(r=2, lora_alpha=4, target_modules=["q_proj", "o_proj"], bias="all")),
    "qwen2-bias-lora": ("qwen2", dict(r=2, lora_alpha=4, target_modules=["q_proj", "o_proj"], bias="lora_only")),
    "qwen2-lora-bias": ("qwen2", dict(r=2, lora_alpha=4, target_modules=["q_proj", "v_proj"], lora_bias=True)),
    "gpt2-lora": ("gpt2", dict(r=2, lora_alpha=4, target_modules=["c_attn", "mlp.c_proj"], fan_in_fan_out=True)),
    "gpt2-dora": ("gpt2", dict(r=2, lora_alpha=4, target_modules=["c_attn"], fan_in_fan_out=True, use_dora=True)),
    "gpt2-saved": ("gpt2", dict(
        r=2, lora_alpha=4, target_modules=["attn.c_proj"], fan_in_fan_out=True, modules_to_save=["wte", "ln_f", "c_fc"])),
    "gemma3-embedding": ("gemma3", dict(r=2, lora_alpha=4, target_modules=["embed_tokens", "q_proj"])),
    "gemma2-tokens": ("gemma2", dict(
        r=2, lora_alpha=4, use_dora=True, target_modules=["down_proj"], trainable_token_indices=[5, 8])),
    "phi3-dora": ("phi3", dict(r=2, lora_alpha=4, use_dora=True, target_modules=["qkv_proj", "gate_up_proj"])),
}


# Saved by PEFT from weights that it keeps tied or writes along; only what they compute is compared.
TIED_CASES = {
    "qwen2-saved-kept-tied": (dict(target_modules=["q_proj"], modules_to_save=["embed_tokens"]), {}),
    "qwen2-embedding-kept-tied": (dict(target_modules=["embed_tokens", "q_proj"]), {}),
    "qwen2-tables-along": (
        dict(target_modules=["q_proj"], ensure_weight_tying=False), dict(save_embedding_layers=True)),
}


def make_tied(name, number, settings, saving):
    folder = os.path.join(HERE, "adapters", name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    settings = {"r": 2, "lora_alpha": 4, "ensure_weight_tying": True, **copy.deepcopy(settings)}
    model = peft.get_peft_model(base_model("qwen2"), peft.LoraConfig(task_type="CAUSAL_LM", **settings))
    perturb(model, torch.Generator().manual_seed(900 + number))
    model.save_pretrained(folder, **saving)
    os.remove(os.path.join(folder, "README.md"))
    write_config(folder)
    # What the folder gives when it is loaded again is what counts.
    model = peft.PeftModel.from_pretrained(base_model("qwen2"), folder).eval()
    with torch.no_grad():
        _, logits = loss_of(model, rows_of("qwen2"))
    save_file({"logits": logits.contiguous()}, os.path.join(folder, "expected.safetensors"), metadata={"format": "pt"})


def base_model(family):
    folder = os.path.join(HERE, "models", f"{family}-tiny")
    if not os.path.exists(os.path.join(folder, "config.json")):
        return None
    model = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager").eval()
    model.__dict__["name_or_path"] = ""
    model.config._name_or_path = ""
    return model


def rows_of(family):
    with open(os.path.join(HERE, "models", f"{family}-tiny", "reference.json")) as file:
        return json.load(file)["sequences"]


def loss_of(model, rows):
    total, count, logits = 0, 0, []
    for row in rows:
        scores = model(torch.tensor([row["ids"]])).logits[0]
        targets = torch.tensor(row["targets"])
        total = total + torch.nn.functional.cross_entropy(scores, targets, ignore_index=-1, reduction="sum")
        count += int((targets >= 0).sum())
        logits.append(scores)
    return total / count, torch.cat(logits)


def perturb(model, generator):
    with torch.no_grad():
        for name, p in model.named_parameters():
            if not p.requires_grad:
                continue
            noise = torch.randn(p.shape, generator=generator)
            if "lora_embedding_A" in name:
                p.copy_(0.3 * noise)
            elif "lora_A" in name or "lora_B" in name or "lora_embedding_B" in name:
                p.copy_(0.15 * noise)
            else:
                p.add_(0.1 * noise)


def saved_gradients(model):
    """Gradients under the keys of the file: the state dict is filled with them and asked for in PEFT's own way."""
    twin = copy.deepcopy(model)
    trained = set()
    with torch.no_grad():
        for (name, p), (_, q) in zip(model.named_parameters(), twin.named_parameters()):
            if p.requires_grad and p.grad is not None:
                q.copy_(p.grad)
                trained.add(name)
            elif not p.requires_grad:
                q.fill_(float("nan"))
    stored = get_peft_model_state_dict(twin)
    return {k: v.detach().clone().contiguous() for k, v in stored.items() if not torch.isnan(v).any()}


def write_config(folder):
    path = os.path.join(folder, "adapter_config.json")
    with open(path) as file:
        config = json.load(file)
    for key in ("target_modules", "exclude_modules"):
        if isinstance(config.get(key), list):
            config[key] = sorted(config[key])
    config["base_model_name_or_path"] = None
    with open(path, "w") as file:
        json.dump(config, file, indent=2, sort_keys=True)


def make(name, number, family, settings):
    base = base_model(family)
    if base is None:
        return
    generator = torch.Generator().manual_seed(700 + number)
    folder = os.path.join(HERE, "adapters", name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    settings = copy.deepcopy(settings)
    model = peft.get_peft_model(copy.deepcopy(base), peft.LoraConfig(task_type="CAUSAL_LM", **settings))
    perturb(model, generator)
    model.save_pretrained(folder)
    os.remove(os.path.join(folder, "README.md"))
    write_config(folder)
    rows = rows_of(family)
    # In training mode, as gradients are taken; nothing drops.
    loss, logits = loss_of(model.train(), rows)
    loss.backward()
    expected = {"logits": logits.detach().contiguous(), "loss": loss.detach().reshape(1)}
    for key, value in saved_gradients(model).items():
        expected["gradient." + key] = value
    before = {k: v.detach().clone() for k, v in base.state_dict().items()}
    # A tied head must be cut loose first, or merging into the table would change the head as well.
    untied = copy.deepcopy(model)
    inner = untied.get_base_model()
    tied = inner.config.tie_word_embeddings
    if tied and not settings.get("trainable_token_indices") and re.search("embed_tokens|wte", str(settings)):
        head = torch.nn.Linear(inner.config.hidden_size, inner.config.vocab_size, bias=False)
        with torch.no_grad():
            head.weight.copy_(before["lm_head.weight"])
        inner.lm_head = head
    merged = untied.merge_and_unload()
    for key, value in merged.state_dict().items():
        if key not in before or not torch.equal(value, before[key]):
            expected["merged." + key] = value.detach().clone().contiguous()
    save_file(expected, os.path.join(folder, "expected.safetensors"), metadata={"format": "pt"})


SELECTIONS = [
    dict(target_modules=["q_proj"]),
    dict(target_modules=["self_attn.q_proj", "model.layers.1.mlp.up_proj"]),
    dict(target_modules="all-linear"),
    dict(target_modules="all-linear", exclude_modules=["down_proj", "layers.0.self_attn.o_proj"]),
    dict(target_modules="all-linear", exclude_modules=r".*layers\.1\..*"),
    dict(target_modules=r".*\.(q|k|v)_proj"),
    dict(target_modules=r"model\.layers\.(?!0\.).*(?:gate|up)_proj$"),
    dict(target_modules=["q_proj", "down_proj"], layers_to_transform=[1]),
    dict(target_modules=["q_proj", "down_proj"], layers_to_transform=0, layers_pattern="layers"),
    dict(target_modules=["q_proj", "down_proj"], layers_to_transform=[0], layers_pattern=["h", "layers"]),
    dict(target_modules=["q_proj", "v_proj"], modules_to_save=["v_proj"]),
    dict(target_modules=["q_proj", "v_proj", "up_proj"], modules_to_save=["layers.1.mlp"]),
    dict(target_modules=["q_proj", "v_proj"], rank_pattern={"q_proj": 2}, alpha_pattern={"v_proj": 32}),
    dict(target_modules=["q_proj", "v_proj"], rank_pattern={"layers.1.self_attn.q_proj": 2}),
    dict(target_modules=["q_proj", "v_proj"], rank_pattern={"proj": 2, r".*q_proj": 3}),
    dict(target_modules=["q_proj", "v_proj"], rank_pattern={r"layers\.\d+\.self_attn\.[qk]_proj": 5}),
    dict(target_modules=["q_proj", "v_proj"], rank_pattern={r"^model.layers.0.self_attn.q_proj": 7}, use_rslora=True),
    dict(target_modules=["q_proj"], rank_pattern={"q_proj|v_proj": 3}, alpha_pattern={"(k|q)_proj": 5}),
    dict(target_modules=["q_proj"], rank_pattern={"self_attn.q_proj": 3, "q_proj": 6}),
    dict(target_modules=["q_proj"], rank_pattern={"q_proj": 6, "self_attn.q_proj": 3}),
    dict(target_modules=["embed_tokens", "lm_head", "o_proj"]),
    dict(target_modules=["layers.0.mlp.gate_proj"]),
]


def selections():
    rows = []
    for settings in SELECTIONS:
        base = base_model("llama")
        given = copy.deepcopy(settings)
        model = peft.get_peft_model(base, peft.LoraConfig(r=4, lora_alpha=8, **copy.deepcopy(settings)))
        found = {}
        for name, module in model.base_model.model.named_modules():
            if isinstance(module, LoraLayer):
                found[name] = [module.r["default"], module.scaling["default"]]
        rows.append({"config": given, "modules": found})
    with open(os.path.join(HERE, "adapters", "selections.json"), "w") as file:
        json.dump(rows, file, indent=0)
        file.write("\n")


PATTERNS = [
    r"", r"a*", r"(?:a|ab)(?:c|bcd)(?:d*)", r"(a+)+$", r"[^.]+\.[0-9]{1,2}", r"\d+|\w+", r"(?i)Q_PROJ", r"a{2}", r"a{,2}b",
    r"a{2,}", r"a{x}", r"[]a]+", r"[^]a]", r"[a\-c]+", r"[\d_]+", r"[\D]", r"\bproj\b", r"\Bq", r"(?<=q)_proj", r"(?<!q)_proj",
    r"q(?=_)_proj", r"(?P<layer>\d+)", r"a|b|", r".*\.(?!k_proj)[a-z]_proj", r"^layers$", r"layers\Z", r"\Alayers", r"x??y",
    r"a*?b", r"(|a)+b", r"((a|b)*c)*", r"\.", r"a.c", r"(?:(?=a)a|b)*", r"[\w.]+q_proj$", r"\s*", r"\t", r"[a-c-e]+",
]
TEXTS = [
    "", "a", "aa", "aaa", "aab", "b", "abcd", "layers", "q_proj", "Q_Proj", "model.layers.0.self_attn.q_proj",
    "model.layers.12.mlp.down_proj", "c-a", "]", "12", "a{x}", ".", "a\nc", "abc", "xy", "y", "ac", "bac", "\t", "a-e", "a\n",
]


def random_pattern(source, depth=0):
    pieces = []
    for _ in range(source.randint(1, 4)):
        kind = source.random()
        if kind < 0.5 or depth > 2:
            piece = source.choice(["a", "b", ".", r"\.", "[ab]", "[^a]", r"\d", r"\w", "0", "_", r"[a-z0-9_]"])
        elif kind < 0.7:
            piece = "(" + random_pattern(source, depth + 1) + ")"
        elif kind < 0.85:
            piece = "(?:" + random_pattern(source, depth + 1) + "|" + random_pattern(source, depth + 1) + ")"
        elif kind < 0.93:
            piece = source.choice(["(?=", "(?!"]) + random_pattern(source, depth + 1) + ")"
        else:
            piece = source.choice(["^", "$", r"\b", ""])
        if piece and source.random() < 0.4 and piece not in ("^", "$", r"\b") and not piece.startswith(("(?=", "(?!")):
            piece += source.choice(["*", "+", "?", "{2}", "{1,2}", "{0,3}", "*?", "+?", "??"])
        pieces.append(piece)
    return "".join(pieces)


def patterns():
    source = random.Random(5)
    alphabet = "ab._0"
    rows = []
    for pattern in PATTERNS + [random_pattern(source) for _ in range(600)]:
        texts = TEXTS if pattern in PATTERNS else [
            "".join(source.choice(alphabet) for _ in range(source.randint(0, 6))) for _ in range(8)]
        rows.append([pattern, [t for t in texts if re.fullmatch(pattern, t)],
                     [t for t in texts if not re.fullmatch(pattern, t)]])
    with open(os.path.join(HERE, "adapters", "patterns.json"), "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


def main():
    for number, (name, (family, settings)) in enumerate(CASES.items()):
        make(name, number, family, settings)
    for number, (name, (settings, saving)) in enumerate(TIED_CASES.items()):
        make_tied(name, number, settings, saving)
    selections()
    patterns()


main()
