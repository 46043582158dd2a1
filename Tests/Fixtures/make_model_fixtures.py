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

# --- models -----------------------------------------------------------------------------------------------------

COMMON = dict(
    vocab_size=64, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, hidden_act="silu", max_position_embeddings=256, rms_norm_eps=1e-5,
    bos_token_id=1, eos_token_id=2, pad_token_id=0, attn_implementation="eager",
)
# The later families are smaller, so that a folder with its gradients stays small.
SMALL = dict(
    vocab_size=48, hidden_size=20, intermediate_size=28, num_hidden_layers=2, num_attention_heads=2,
    max_position_embeddings=128, bos_token_id=1, eos_token_id=2, pad_token_id=0, attn_implementation="eager",
)
DEFAULT_ROPE = {"rope_theta": 10000.0, "rope_type": "default"}


def rope(rope_type, theta=10000.0, **settings):
    return {"rope_theta": theta, "rope_type": rope_type, **settings}


def small(**settings):
    return {**SMALL, **settings}


# Folder -> class, settings, stored type. Each exercises what the family has and the others have not.
MODELS = {
    "llama-tiny": (transformers.LlamaForCausalLM, dict(
        **COMMON, tie_word_embeddings=False,
        rope_parameters=rope("llama3", factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0,
                             original_max_position_embeddings=64)), torch.bfloat16),
    "qwen2-tiny": (transformers.Qwen2ForCausalLM, dict(
        **COMMON, tie_word_embeddings=True, use_sliding_window=False,
        rope_parameters=rope("default", 1000000.0)), torch.float32),
    "mistral-tiny": (transformers.MistralForCausalLM, dict(
        **COMMON, head_dim=12, sliding_window=6, tie_word_embeddings=False,
        rope_parameters=DEFAULT_ROPE), torch.float16),
    # Heads wider than C / H, each normalised; the second layer has a window.
    "qwen3-tiny": (transformers.Qwen3ForCausalLM, small(
        num_key_value_heads=1, head_dim=12, rms_norm_eps=1e-5, tie_word_embeddings=True, attention_bias=True,
        use_sliding_window=True, sliding_window=7, max_window_layers=1,
        rope_parameters=rope("default", 1000000.0)), torch.float32),
    # A window shorter than the sequences, caps that bite, a query scale that is not the width's.
    "gemma2-tiny": (transformers.Gemma2ForCausalLM, small(
        num_hidden_layers=3, num_key_value_heads=1, head_dim=8, query_pre_attn_scalar=12, sliding_window=5,
        attn_logit_softcapping=2.0, final_logit_softcapping=3.0, rms_norm_eps=1e-5,
        rope_parameters=DEFAULT_ROPE), torch.bfloat16),
    # Two thetas, one of them stretched; local, local, global.
    "gemma3-tiny": (transformers.Gemma3ForCausalLM, small(
        num_hidden_layers=3, num_key_value_heads=1, head_dim=8, query_pre_attn_scalar=12, sliding_window=5,
        rms_norm_eps=1e-5, pad_token_id=0,
        layer_types=["sliding_attention", "sliding_attention", "full_attention"],
        rope_parameters={"full_attention": rope("linear", 100000.0, factor=2.0),
                         "sliding_attention": rope("default", 1000.0)}), torch.float32),
    # Fused projections; three quarters of a head turn, by other factors from the 17th token on.
    "phi3-tiny": (transformers.Phi3ForCausalLM, small(
        hidden_size=32, num_attention_heads=2, num_key_value_heads=1, max_position_embeddings=64,
        original_max_position_embeddings=16, rms_norm_eps=1e-5, tie_word_embeddings=False,
        rope_parameters=rope("longrope", partial_rotary_factor=0.75, original_max_position_embeddings=16,
                             short_factor=[1.0, 1.1, 1.2, 1.3, 1.5, 1.7],
                             long_factor=[1.0, 1.5, 2.5, 4.0, 6.0, 9.0])), torch.float16),
    "phi3-plain": (transformers.Phi3ForCausalLM, small(
        num_key_value_heads=2, sliding_window=6, rms_norm_eps=1e-5, tie_word_embeddings=True,
        rope_parameters=rope("default", partial_rotary_factor=1.0)), torch.float32),
    "gpt2-tiny": (transformers.GPT2LMHeadModel, dict(
        vocab_size=48, n_embd=20, n_layer=2, n_head=2, n_positions=40, activation_function="gelu_new",
        bos_token_id=1, eos_token_id=2, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
        attn_implementation="eager"), torch.float16),
    "gpt2-scaled": (transformers.GPT2LMHeadModel, dict(
        vocab_size=48, n_embd=20, n_layer=3, n_head=2, n_positions=40, n_inner=24, activation_function="gelu",
        layer_norm_epsilon=1e-3, scale_attn_by_inverse_layer_idx=True, scale_attn_weights=False,
        bos_token_id=1, eos_token_id=2, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
        attn_implementation="eager"), torch.float32),
    "gpt-neox-tiny": (transformers.GPTNeoXForCausalLM, small(
        hidden_size=32, num_attention_heads=2, hidden_act="gelu", layer_norm_eps=1e-3, use_parallel_residual=True,
        tie_word_embeddings=False, rope_parameters=rope("default", partial_rotary_factor=0.25)), torch.float16),
    "gpt-neox-serial": (transformers.GPTNeoXForCausalLM, small(
        hidden_size=32, num_attention_heads=2, hidden_act="gelu_new", use_parallel_residual=False,
        attention_bias=False, tie_word_embeddings=False,
        rope_parameters=rope("default", 5000.0, partial_rotary_factor=0.5)), torch.float32),
    "olmo2-tiny": (transformers.Olmo2ForCausalLM, small(
        num_key_value_heads=1, rms_norm_eps=1e-5, tie_word_embeddings=False,
        rope_parameters=rope("default", 500000.0)), torch.float32),
    "granite-tiny": (transformers.GraniteForCausalLM, small(
        num_key_value_heads=1, rms_norm_eps=1e-5, tie_word_embeddings=True, attention_bias=True, mlp_bias=True,
        embedding_multiplier=3.0, residual_multiplier=0.22, attention_multiplier=0.4, logits_scaling=2.5,
        rope_parameters=DEFAULT_ROPE), torch.bfloat16),
    "starcoder2-tiny": (transformers.Starcoder2ForCausalLM, small(
        num_key_value_heads=1, hidden_act="gelu_pytorch_tanh", norm_epsilon=1e-3, sliding_window=6,
        rope_parameters=DEFAULT_ROPE), torch.float16),
    # The kinds of scaling that no family needs: dynamic changes with every token from the 17th on.
    "llama-linear": (transformers.LlamaForCausalLM, small(
        num_key_value_heads=1, rms_norm_eps=1e-5, tie_word_embeddings=True,
        rope_parameters=rope("linear", factor=3.0)), torch.float32),
    "llama-dynamic": (transformers.LlamaForCausalLM, small(
        num_key_value_heads=1, rms_norm_eps=1e-5, tie_word_embeddings=True, max_position_embeddings=16,
        rope_parameters=rope("dynamic", factor=4.0)), torch.float32),
    "llama-yarn": (transformers.LlamaForCausalLM, small(
        num_key_value_heads=1, rms_norm_eps=1e-5, tie_word_embeddings=True, attention_bias=True, mlp_bias=True,
        max_position_embeddings=128,
        rope_parameters=rope("yarn", factor=4.0, original_max_position_embeddings=32, beta_fast=8.0)),
        torch.float32),
}


def legacy(name, config, stored):
    """The same configuration in the keys that transformers 4 wrote."""
    old = dict(config)
    old["torch_dtype"] = str(stored).removeprefix("torch.")
    old["transformers_version"] = "4.44.0"
    old.pop("dtype", None)
    parameters = old.pop("rope_parameters", None)
    if name.startswith("gemma3"):
        old.pop("layer_types")
        old.update(
            rope_theta=parameters["full_attention"]["rope_theta"], sliding_window_pattern=3,
            rope_local_base_freq=parameters["sliding_attention"]["rope_theta"],
            rope_scaling={"factor": 2.0, "rope_type": "linear"})
        return old
    if parameters is None:
        return old
    settings = {k: v for k, v in parameters.items() if k not in ("rope_theta", "partial_rotary_factor")}
    theta, share = parameters["rope_theta"], parameters.get("partial_rotary_factor")
    if name.startswith("gpt-neox"):
        old.update(rotary_emb_base=theta, rotary_pct=share)
    else:
        old["rope_theta"] = theta
        if share is not None and share != 1:
            old["partial_rotary_factor"] = share
    if settings["rope_type"] == "default":
        old["rope_scaling"] = None
    else:
        settings["type"] = settings.pop("rope_type")
        if name.startswith("phi3"):
            settings.pop("original_max_position_embeddings")
        old["rope_scaling"] = settings
    if name.startswith(("gemma2", "qwen3")):
        old.pop("layer_types")
    return old


def perturb(model, generator, stored):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            is_norm = "norm" in name or ".ln_" in name
            if is_norm and name.endswith("weight"):
                # Gemma's norms add one themselves.
                value = (0 if "Gemma" in type(model).__name__ else 1) + 0.2 * noise
            elif name.endswith("bias"):
                value = 0.3 * noise
            elif any(part in name for part in ("embed", "lm_head", "wte", "wpe")):
                value = 0.5 * noise
            else:
                value = 0.18 * noise
            parameter.copy_(value.to(stored).to(torch.float32))


def sequences(generator, vocabulary):
    rows = []
    for length in (23, 11):
        ids = torch.randint(3, vocabulary, (length,), generator=generator).tolist()
        targets = ids[1:] + [-1]
        for place in range(0, length // 3):
            targets[place] = -1
        rows.append({"ids": ids, "targets": targets})
    return rows


def forget_length(model):
    """A dynamic rotary embedding remembers the longest sequence it has seen; here each stands alone."""
    for module in model.modules():
        if getattr(module, "rope_type", None) == "dynamic":
            module.max_seq_len_cached = module.original_max_seq_len
            module.inv_freq = module.original_inv_freq


def greedy(model, prompt, count):
    """The likeliest token again and again, each from a forward over the whole text: no cache, no approximation."""
    ids = list(prompt)
    for _ in range(count):
        forget_length(model)
        ids.append(int(model(torch.tensor([ids]), use_cache=False).logits[0, -1].argmax()))
    return ids[len(prompt):]


def loss_of(model, rows):
    total, count, logits = 0, 0, []
    for row in rows:
        forget_length(model)
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
        stored_name(name.replace(".default", "")): p.grad.clone().contiguous()
        for name, p in model.named_parameters() if p.requires_grad
    }
    save_file(gradients, os.path.join(folder, "gradients.safetensors"), metadata={"format": "pt"})
    value = {
        "made_with": VERSIONS, "sequences": rows, "trained_tokens": count, "loss": loss.item(),
        "logits": [rounded(x) for x in logits], "adamw": {**ADAMW, "weight_decay": weight_decay},
    }
    with torch.no_grad():
        value["greedy"] = {"prompt": rows[1]["ids"], "new_ids": greedy(model, rows[1]["ids"], 12)}
    value["adamw"]["loss_before_each_step"] = ten_steps(model, rows, weight_decay)
    write_json(os.path.join(folder, "reference.json"), value)


def stored_name(name):
    """GPT-NeoX's head has a name of its own in files."""
    return "embed_out.weight" if name == "lm_head.weight" and IS_NEOX else name


def save_model(name, model, stored, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    tied = model.config.tie_word_embeddings
    tensors = {
        name: p.detach().to(stored).contiguous() for name, p in model.named_parameters()
        if not (tied and name.startswith("lm_head"))
    }
    tensors = {stored_name(key): tensor for key, tensor in tensors.items()}
    config = {k: v for k, v in model.config.to_dict().items() if not k.startswith("_")}
    config["architectures"] = [type(model).__name__]
    config["dtype"] = str(stored).removeprefix("torch.")
    if name == "qwen2-tiny":
        # In two shards.
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
        save_file(tensors, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})
    for file, value in (("config.json", config), ("config.legacy.json", legacy(name, config, stored))):
        with open(os.path.join(folder, file), "w") as out:
            json.dump(value, out, indent=2, sort_keys=True)
            out.write("\n")
        check_config(model, value)


def check_config(model, value):
    """Both generations must mean this model to transformers too."""
    again = type(model.config).from_dict(copy.deepcopy(value))
    def meaning(config, key):
        found = getattr(config, key, None)
        return {k: v for k, v in found.items() if k != "type"} if isinstance(found, dict) else found

    for key in ("rope_parameters", "layer_types", "sliding_window", "tie_word_embeddings", "head_dim"):
        assert meaning(again, key) == meaning(model.config, key), (key, value)


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


IS_NEOX = False


def main():
    global IS_NEOX
    for number, (name, (model_class, settings, stored)) in enumerate(MODELS.items()):
        IS_NEOX = model_class is transformers.GPTNeoXForCausalLM
        generator = torch.Generator().manual_seed(100 + number)
        model = model_class(model_class.config_class(**settings)).to(torch.float32).eval()
        perturb(model, generator, stored)
        rows = sequences(generator, model.config.vocab_size)
        folder = os.path.join(HERE, "models", name)
        save_model(name, model, stored, folder)
        base = copy.deepcopy(model)
        reference(model, rows, folder, weight_decay=ADAMW["weight_decay"])
        if name == "llama-tiny":
            make_adapter("llama-lora", base, rows, generator, r=4, lora_alpha=8, lora_dropout=0.0,
                         target_modules=["q_proj", "v_proj", "down_proj"])
        if name == "qwen2-tiny":
            make_adapter("qwen2-lora-patterns", base, rows, generator, r=4, lora_alpha=6, lora_dropout=0.0,
                         target_modules="all-linear", use_rslora=True,
                         rank_pattern={"layers.1.self_attn.q_proj": 2, "up_proj": 3}, alpha_pattern={"o_proj": 12})


main()
