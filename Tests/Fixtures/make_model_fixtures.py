"""Makes the tiny seeded models and adapters of Tests/Fixtures/models and Tests/Fixtures/adapters.

    pip install torch==2.13.0 transformers==5.23.0 peft==0.21.2 safetensors
    python Tests/Fixtures/make_model_fixtures.py

Each model folder holds config.json, weights, `reference.json` (logits, loss, ten AdamW losses) and
`gradients.safetensors`, all computed in float32 on one thread. Weights are rounded to the stored type
before anything is computed, so a reader that widens them sees the very same numbers. Sequences are run
one by one; the loss is the sum over all trained tokens divided by their count, so that it can be compared
with sequences laid end to end in one batch.
"""

import copy
import json
import os
import shutil

import peft
import torch
import transformers
from safetensors.torch import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
VERSIONS = {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__}
ADAMW = {"lr": 5e-3, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.01, "steps": 10}

torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)

COMMON = dict(
    vocab_size=64, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, hidden_act="silu", max_position_embeddings=256, rms_norm_eps=1e-5,
    bos_token_id=1, eos_token_id=2, pad_token_id=0, attn_implementation="eager",
)


def build(family):
    if family == "llama":
        config = transformers.LlamaConfig(
            **COMMON, tie_word_embeddings=False,
            rope_parameters={
                "rope_theta": 10000.0, "rope_type": "llama3", "factor": 4.0, "low_freq_factor": 1.0,
                "high_freq_factor": 4.0, "original_max_position_embeddings": 64,
            },
        )
        return transformers.LlamaForCausalLM(config), torch.bfloat16
    if family == "qwen2":
        config = transformers.Qwen2Config(
            **COMMON, tie_word_embeddings=True, use_sliding_window=False,
            rope_parameters={"rope_theta": 1000000.0, "rope_type": "default"},
        )
        return transformers.Qwen2ForCausalLM(config), torch.float32
    config = transformers.MistralConfig(
        **COMMON, head_dim=12, sliding_window=6, tie_word_embeddings=False,
        rope_parameters={"rope_theta": 10000.0, "rope_type": "default"},
    )
    return transformers.MistralForCausalLM(config), torch.float16


def perturb(model, generator, stored):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if "norm" in name:
                value = 1 + 0.2 * noise
            elif name.endswith("bias"):
                value = 0.3 * noise
            elif "embed" in name or "lm_head" in name:
                value = 0.5 * noise
            else:
                value = 0.18 * noise
            parameter.copy_(value.to(stored).to(torch.float32))


def sequences(generator):
    rows = []
    for length in (23, 11):
        ids = torch.randint(3, 64, (length,), generator=generator).tolist()
        targets = ids[1:] + [-1]
        for place in range(0, length // 3):
            targets[place] = -1
        rows.append({"ids": ids, "targets": targets})
    return rows


def loss_of(model, rows):
    total, count, logits = 0, 0, []
    for row in rows:
        scores = model(torch.tensor([row["ids"]])).logits[0]
        targets = torch.tensor(row["targets"])
        total = total + torch.nn.functional.cross_entropy(scores, targets, ignore_index=-1, reduction="sum")
        count += int((targets >= 0).sum())
        logits.append(scores)
    return total / count, count, logits


def ten_steps(model, rows, weight_decay):
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        parameters, lr=ADAMW["lr"], betas=tuple(ADAMW["betas"]), eps=ADAMW["eps"], weight_decay=weight_decay)
    losses = []
    for _ in range(ADAMW["steps"]):
        optimizer.zero_grad()
        loss, _, _ = loss_of(model, rows)
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    return losses


def rounded(tensor):
    return [[round(v, 7) for v in row] for row in tensor.detach().tolist()]


def write_json(path, value):
    with open(path, "w") as file:
        json.dump(value, file)
        file.write("\n")


def reference(model, rows, folder, weight_decay):
    model.zero_grad()
    loss, count, logits = loss_of(model, rows)
    loss.backward()
    gradients = {
        name.replace(".default", ""): p.grad.clone().contiguous()
        for name, p in model.named_parameters() if p.requires_grad
    }
    save_file(gradients, os.path.join(folder, "gradients.safetensors"), metadata={"format": "pt"})
    value = {
        "made_with": VERSIONS, "sequences": rows, "trained_tokens": count, "loss": loss.item(),
        "logits": [rounded(x) for x in logits], "adamw": {**ADAMW, "weight_decay": weight_decay},
    }
    with torch.no_grad():
        prompt = torch.tensor([rows[1]["ids"]])
        new = model.generate(prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=12, do_sample=False,
                             eos_token_id=None, pad_token_id=0)
        value["greedy"] = {"prompt": rows[1]["ids"], "new_ids": new[0, prompt.shape[1]:].tolist()}
    value["adamw"]["loss_before_each_step"] = ten_steps(model, rows, weight_decay)
    write_json(os.path.join(folder, "reference.json"), value)


def save_model(family, model, stored, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    tied = model.config.tie_word_embeddings
    tensors = {
        name: p.detach().to(stored).contiguous() for name, p in model.named_parameters()
        if not (tied and name.startswith("lm_head"))
    }
    config = model.config.to_dict()
    config["architectures"] = [type(model).__name__]
    if family == "qwen2":
        # The older generation of keys, in two shards.
        config["torch_dtype"] = "float32"
        for key in ("dtype", "rope_parameters"):
            config.pop(key, None)
        config.update(rope_theta=1000000.0, rope_scaling=None, transformers_version="4.44.0")
        names = sorted(tensors)
        half = len(names) // 2
        shards = {"model-00001-of-00002.safetensors": names[:half], "model-00002-of-00002.safetensors": names[half:]}
        for file, members in shards.items():
            save_file({n: tensors[n] for n in members}, os.path.join(folder, file), metadata={"format": "pt"})
        index = {
            "metadata": {"total_size": sum(t.numel() * t.element_size() for t in tensors.values())},
            "weight_map": {n: file for file, members in shards.items() for n in members},
        }
        write_json(os.path.join(folder, "model.safetensors.index.json"), index)
    else:
        config["dtype"] = str(stored).removeprefix("torch.")
        save_file(tensors, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})
    config = {k: v for k, v in config.items() if not k.startswith("_")}
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump(config, file, indent=2, sort_keys=True)
        file.write("\n")


def make_adapter(name, base, rows, generator, **settings):
    folder = os.path.join(HERE, "adapters", name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    model = peft.get_peft_model(copy.deepcopy(base), peft.LoraConfig(task_type="CAUSAL_LM", **settings))
    with torch.no_grad():
        for key, p in model.named_parameters():
            if "lora_" in key:
                p.copy_(0.15 * torch.randn(p.shape, generator=generator))
    model.save_pretrained(folder)
    os.remove(os.path.join(folder, "README.md"))
    config_path = os.path.join(folder, "adapter_config.json")
    with open(config_path) as file:
        config = json.load(file)
    config["target_modules"] = sorted(config["target_modules"])
    with open(config_path, "w") as file:
        json.dump(config, file, indent=2, sort_keys=True)
    reference(model, rows, folder, weight_decay=0.0)


def main():
    for number, family in enumerate(("llama", "qwen2", "mistral")):
        generator = torch.Generator().manual_seed(100 + number)
        model, stored = build(family)
        model = model.to(torch.float32).eval()
        perturb(model, generator, stored)
        rows = sequences(generator)
        folder = os.path.join(HERE, "models", f"{family}-tiny")
        save_model(family, model, stored, folder)
        base = copy.deepcopy(model)
        reference(model, rows, folder, weight_decay=ADAMW["weight_decay"])
        if family == "llama":
            make_adapter("llama-lora", base, rows, generator, r=4, lora_alpha=8, lora_dropout=0.0,
                         target_modules=["q_proj", "v_proj", "down_proj"])
        if family == "qwen2":
            make_adapter("qwen2-lora-patterns", base, rows, generator, r=4, lora_alpha=6, lora_dropout=0.0,
                         target_modules="all-linear", use_rslora=True,
                         rank_pattern={"layers.1.self_attn.q_proj": 2, "up_proj": 3}, alpha_pattern={"o_proj": 12})


main()
