"""Loads adapters that ftbench wrote with PEFT, and compares the logits.

    FTBENCH_PEFT_OUT=/tmp/adapters swift test --filter PEFTExportTests
    python Tests/Fixtures/check_peft_loads.py /tmp/adapters

Needs torch, transformers, peft and safetensors. Each adapter folder also holds `expected.json`: the base model's
folder, the token ids and the logits that ftbench computed; and `merged`, the model with the adapter in its weights,
which transformers loads alone. Ends with status 1 when a logit differs by 1e-4 or more, when PEFT leaves a tensor of
the file unused or misses one, or when transformers does.
"""

import json
import os
import sys
import warnings

import peft
import torch
import transformers
from safetensors.torch import load_file


def logits_of(model, sequences):
    with torch.no_grad():
        return torch.cat([model(torch.tensor([ids])).logits[0] for ids in sequences])


def check(folder):
    with open(os.path.join(folder, "expected.json")) as file:
        expected = json.load(file)
    base = transformers.AutoModelForCausalLM.from_pretrained(
        expected["model"], dtype=torch.float32, attn_implementation="eager")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model = peft.PeftModel.from_pretrained(base, folder).eval()
    said = [str(w.message) for w in said if "adapter keys" in str(w.message) or "nexpected" in str(w.message)]
    config = model.peft_config["default"]
    # What a file of a trained table leaves out, PEFT would add when it saves.
    saves_tables = any(k.endswith("base_layer.weight") for k in load_file(
        os.path.join(folder, "adapter_model.safetensors")))
    loaded = peft.get_peft_model_state_dict(model, save_embedding_layers=saves_tables)
    stored = load_file(os.path.join(folder, "adapter_model.safetensors"))
    if said or loaded.keys() != stored.keys() or any(not torch.equal(loaded[k], stored[k]) for k in stored):
        print(f"{folder}: PEFT does not hold what the file holds: {sorted(loaded.keys() ^ stored.keys())} {said}")
        return False
    logits = logits_of(model, expected["sequences"])
    ours = torch.tensor(expected["logits"]).view(logits.shape)
    difference = (logits - ours).abs().max().item()
    plain = transformers.AutoModelForCausalLM.from_pretrained(
        expected["model"], dtype=torch.float32, attn_implementation="eager")
    effect = (logits - logits_of(plain, expected["sequences"])).abs().max().item()
    merged, info = transformers.AutoModelForCausalLM.from_pretrained(
        os.path.join(folder, "merged"), dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
    wrong = [k for kind in ("missing_keys", "unexpected_keys", "mismatched_keys") for k in info[kind]]
    alone = (logits_of(merged.eval(), expected["sequences"]) - ours).abs().max().item()
    fine = difference < 1e-4 and effect > 1e-2 and alone < 1e-4 and not wrong
    print(f"{os.path.basename(folder)} ({type(plain).__name__}, r={config.r}): {len(stored)} tensors, adapter "
          f"{difference:.1e}, merged {alone:.1e}, the adapter moves logits by up to {effect:.2f}: "
          f"{'fine' if fine else 'WRONG'} {wrong or ''}")
    return fine


def main():
    root = sys.argv[1]
    folders = sorted(os.path.join(root, n) for n in os.listdir(root) if os.path.exists(
        os.path.join(root, n, "adapter_config.json")))
    if not folders:
        sys.exit(f"{root} holds no adapter folder: run the Swift test PEFTExportTests with FTBENCH_PEFT_OUT={root}.")
    print(f"peft {peft.__version__}, transformers {transformers.__version__}, torch {torch.__version__}")
    transformers.logging.set_verbosity_error()
    results = [check(folder) for folder in folders]
    print(f"{sum(results)} of {len(results)} adapters are fine")
    sys.exit(0 if all(results) else 1)


main()
