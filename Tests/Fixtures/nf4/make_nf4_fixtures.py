"""Makes nf4.json: numbers as bitsandbytes packs them to NF4 on the CPU, and what it makes of the codes again.

    pip install torch==2.13.0 bitsandbytes==0.50.2
    python Tests/Fixtures/nf4/make_nf4_fixtures.py

float32 numbers stand as the whole number their bits are, so that no reader of decimals comes between: codes on both
sides of a border differ by the last bit.
"""

import json
import os

import bitsandbytes
import numpy as np
import torch
from bitsandbytes.functional import dequantize_4bit, get_4bit_type, quantize_4bit

HERE = os.path.dirname(os.path.abspath(__file__))
torch.set_num_threads(1)
rng = np.random.default_rng(2305)
table = get_4bit_type("nf4", device="cpu").numpy()
middles = (table[1:] + table[:-1]) / 2


def filled(*numbers):
    """A block of them; what is left is small noise."""
    return np.concatenate([*numbers, rng.normal(0, 0.2, 64 - sum(map(len, numbers)))])[:64]


def beside(numbers, goal):
    return np.nextafter(numbers.astype(np.float32), np.float32(goal))


ROWS = {
    "ordinary": rng.normal(0, 0.05, 64),
    "with an outlier": np.concatenate([rng.normal(0, 0.01, 63), [3.0]]),
    "with a negative outlier": np.concatenate([[-7.0], rng.normal(0, 1, 63)]),
    "zeros": np.zeros(64),
    "zeros but one": np.eye(64)[40] * -0.3,
    "one number": np.full(64, -0.125),
    "one sign": np.abs(rng.normal(0, 1, 64)) + 0.5,
    "tiny": rng.normal(0, 1e-30, 64),
    "below the floor of the reciprocal": rng.normal(0, 2e-39, 64),
    "large": rng.normal(0, 1e30, 64),
    "heavy tails": rng.laplace(0, 0.02, 64),
    "every value": filled(table, -table, table / 2),
    "the borders": filled([1.0], middles),
    "just below the borders": filled([1.0], beside(middles, -2)),
    "just above the borders": filled([1.0], beside(middles, 2)),
}


def bits(numbers):
    return np.ascontiguousarray(numbers, np.float32).view(np.uint32).flatten().tolist()


cases = []
for name, row in ROWS.items():
    values = torch.tensor(row.astype(np.float32))
    codes, state = quantize_4bit(values, blocksize=64, quant_type="nf4")
    undone = dequantize_4bit(codes, state).flatten()
    assert undone.dtype == torch.float32 and state.absmax.numel() == 1
    # What its compiled code gives is what the definition says.
    packed = codes.flatten().numpy()
    order = np.stack([packed >> 4, packed & 15], 1).flatten()
    assert np.array_equal(undone.numpy(), table[order] * state.absmax.numpy().flatten()), name
    cases.append({
        "name": name, "values": bits(row.astype(np.float32)), "absmax": bits(state.absmax.numpy())[0],
        "codes": packed.tolist(), "undone": bits(undone.numpy())})

assert set(order for case in cases for byte in case["codes"] for order in (byte >> 4, byte & 15)) == set(range(16))
with open(os.path.join(HERE, "nf4.json"), "w") as file:
    versions = {"torch": torch.__version__, "bitsandbytes": bitsandbytes.__version__}
    file.write('{"versions": %s, "table": %s, "cases": [\n' % (json.dumps(versions), json.dumps(bits(table))))
    file.write(",\n".join(json.dumps(case) for case in cases) + "\n]}\n")
