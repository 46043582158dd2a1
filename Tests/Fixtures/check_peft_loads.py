"""Loads adapters that ftbench wrote with PEFT, and compares the logits.

    FTBENCH_PEFT_OUT=/tmp/adapters swift test --filter PEFTExportTests
    python Tests/Fixtures/check_peft_loads.py /tmp/adapters

Needs torch, transformers, peft and safetensors. Each adapter folder also holds `expected.json`: the base model's
folder, the token ids and the logits that ftbench computed. Ends with status 1 when one differs by 1e-4 or more, or
when PEFT leaves a tensor of the file unused.
"""

import json
import os
import sys

import peft
import torch
import transformers
from safetensors.torch import load_file


def check(folder):
    with open(os.path.join(folder, "expected.json")) as file:
        expected = json.load(file)
    base = transformers.AutoModelForCausalLM.from_pretrained(
        expected["model"], dtype=torch.float32, attn_implementation="eager")
    model = peft.PeftModel.from_pretrained(base, folder).eval()
    loaded = peft.get_peft_model_state_dict(model)
    stored = load_file(os.path.join(folder, "adapter_model.safetensors"))
    if loaded.keys() != stored.keys() or any(not torch.equal(loaded[k], stored[k]) for k in stored):
        print(f"{folder}: PEFT does not hold what the file holds: {sorted(loaded.keys() ^ stored.keys())}")
        return False
    with torch.no_grad():
        logits = torch.cat([model(torch.tensor([ids])).logits[0] for ids in expected["sequences"]])
    ours = torch.tensor(expected["logits"]).view(logits.shape)
    difference = (logits - ours).abs().max().item()
    with model.disable_adapter(), torch.no_grad():
        off = torch.cat([model(torch.tensor([ids])).logits[0] for ids in expected["sequences"]])
    effect = (logits - off).abs().max().item()
    fine = difference < 1e-4 and effect > 1e-2
    print(f"{folder}: {len(stored)} tensors, largest difference {difference:.1e}, "
          f"the adapter moves logits by up to {effect:.2f}: {'fine' if fine else 'WRONG'}")
    return fine


def main():
    root = sys.argv[1]
    folders = sorted(os.path.join(root, n) for n in os.listdir(root) if os.path.exists(
        os.path.join(root, n, "adapter_config.json")))
    if not folders:
        sys.exit(f"{root} holds no adapter folder: run the Swift test PEFTExportTests with FTBENCH_PEFT_OUT={root}.")
    print(f"peft {peft.__version__}, transformers {transformers.__version__}, torch {torch.__version__}")
    results = [check(folder) for folder in folders]
    sys.exit(0 if all(results) else 1)


main()
