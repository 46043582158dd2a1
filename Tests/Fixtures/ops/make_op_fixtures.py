"""Makes ops.json: values and gradients of ops from PyTorch and from transformers' own layers.

    pip install torch==2.13.0 transformers==5.23.0
    python Tests/Fixtures/ops/make_op_fixtures.py

Inputs are float32; everything is computed from them in float64, so that the difference is ours alone. Each case has
its inputs, its result, the gradient put into the result, and the gradient of every input.
"""

import json
import os
from types import SimpleNamespace

import torch
import transformers
from torch.nn import functional as F
from transformers.models.gemma2.modeling_gemma2 import Gemma2RMSNorm, eager_attention_forward
from transformers.models.olmo2.modeling_olmo2 import Olmo2RMSNorm

HERE = os.path.dirname(os.path.abspath(__file__))
torch.set_num_threads(1)
generator = torch.Generator().manual_seed(7)


def noise(*shape, deviation=1.0):
    values = torch.randn(*shape, generator=generator) * deviation
    return torch.tensor([float("%.9g" % v) for v in values.flatten().tolist()]).reshape(shape)


def numbers(tensor):
    return {"shape": list(tensor.shape), "values": [float("%.9g" % v) for v in tensor.float().flatten().tolist()]}


CASES = []


def case(name, inputs, body, **settings):
    leaves = {key: value.double().requires_grad_() for key, value in inputs.items()}
    result = body(**leaves)
    outgoing = noise(*result.shape)
    result.backward(outgoing.double())
    CASES.append({
        "name": name, "settings": settings, "inputs": {k: numbers(v) for k, v in inputs.items()},
        "result": numbers(result.detach()), "outgoing": numbers(outgoing),
        "gradients": {k: numbers(v.grad) for k, v in leaves.items()},
    })


def norm_layer(cls, width, eps, scale, x):
    layer = cls(width, eps=eps).double()
    del layer.weight
    layer.weight = scale
    # The layers compute in float32 whatever they are given: their body is repeated where that would round.
    shape = x.shape
    x = x.reshape(-1, width)
    y = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps)
    y = y * (1.0 + scale) if cls is Gemma2RMSNorm else scale * y
    with torch.no_grad():
        assert torch.allclose(layer(x).double(), y, atol=1e-6, rtol=1e-5)
    return y.reshape(shape)


def attention(q, k, v, heads, shared, width, scale, cap, window):
    n = q.shape[0]
    split = lambda t, h: t.reshape(1, n, h, width).transpose(1, 2)
    ages = torch.arange(n)[:, None] - torch.arange(n)[None]
    seen = (ages >= 0) & ((ages < window) if window else True)
    mask = torch.zeros(n, n, dtype=torch.float64).masked_fill(~seen, float("-inf"))[None, None]
    module = SimpleNamespace(num_key_value_groups=heads // shared, training=False, head_dim=width)
    q, k, v = split(q, heads), split(k, shared), split(v, shared)
    # The layer takes its softmax in float32; it is repeated here in float64 and only compared with.
    repeat = lambda t: t.repeat_interleave(heads // shared, 1)
    scores = q @ repeat(k).transpose(2, 3) * scale
    scores = torch.tanh(scores / cap) * cap if cap else scores
    out = (torch.softmax(scores + mask, -1) @ repeat(v)).transpose(1, 2)
    with torch.no_grad():
        theirs, _ = eager_attention_forward(module, q, k, v, mask, scaling=scale, softcap=cap)
        assert torch.allclose(theirs, out, atol=1e-5)
    return out.reshape(n, heads * width)


def main():
    x = noise(3, 17, deviation=2.0) + 5
    case("layer norm", {"x": x, "scale": noise(17), "bias": noise(17)},
         lambda x, scale, bias: F.layer_norm(x, (17,), scale, bias, 1e-5), epsilon=1e-5)
    case("layer norm without bias", {"x": noise(2, 32), "scale": noise(32)},
         lambda x, scale: F.layer_norm(x, (32,), scale, None, 1e-5), epsilon=1e-5)
    case("gemma norm", {"x": noise(3, 20), "scale": noise(20)},
         lambda x, scale: norm_layer(Gemma2RMSNorm, 20, 1e-6, scale, x), epsilon=1e-6, offset=1)
    case("gemma norm of heads", {"x": noise(3, 24), "scale": noise(8)},
         lambda x, scale: norm_layer(Gemma2RMSNorm, 8, 1e-6, scale, x), epsilon=1e-6, offset=1)
    case("rms norm of rows", {"x": noise(3, 24), "scale": noise(24)},
         lambda x, scale: norm_layer(Olmo2RMSNorm, 24, 1e-6, scale, x), epsilon=1e-6, offset=0)
    grid = torch.cat([torch.linspace(-12, 12, 97), torch.tensor([0.0, 1e-6, -1e-6, 1e-3, -1e-3, 30.0, -30.0])])
    for name, body in {
        "silu": F.silu, "gelu": F.gelu, "geluTanh": lambda x: F.gelu(x, approximate="tanh"),
        "quickGELU": lambda x: x * torch.sigmoid(1.702 * x), "relu": F.relu, "reluSquared": lambda x: F.relu(x) ** 2,
    }.items():
        case("activation", {"x": grid}, lambda x: body(x), kind=name)
        case("gated activation", {"gate": noise(2, 19, deviation=2.0), "up": noise(2, 19)},
             lambda gate, up: body(gate) * up, kind=name)
    case("soft cap", {"x": torch.linspace(-400, 400, 81)}, lambda x: 30 * torch.tanh(x / 30), cap=30)
    for heads, shared, width, cap, window in [(4, 2, 8, 5.0, 3), (2, 1, 24, 50.0, None), (1, 1, 5, None, None)]:
        scale = width**-0.5
        case("attention",
             {"q": noise(9, heads * width, deviation=3.0), "k": noise(9, shared * width, deviation=3.0),
              "v": noise(9, shared * width)},
             lambda q, k, v: attention(q, k, v, heads, shared, width, scale, cap, window),
             heads=heads, shared=shared, width=width, scale=scale, cap=cap, window=window)
    targets = [3, -1, 0, 10, 3]
    for scale, cap in [(1.0, None), (0.25, None), (1.0, 2.0), (0.5, 3.0)]:
        def loss(hidden, head, bias):
            scores = (hidden @ head.T + bias) * scale
            scores = cap * torch.tanh(scores / cap) if cap else scores
            return F.cross_entropy(scores, torch.tensor(targets), ignore_index=-1, reduction="sum")[None]
        case("cross entropy", {"hidden": noise(5, 6), "head": noise(11, 6), "bias": noise(11)}, loss,
             targets=targets, scale=scale, cap=cap)
    case("column scale", {"x": noise(4, 18), "s": noise(18)}, lambda x, s: x * s)
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    lines = ",\n".join(json.dumps(entry) for entry in CASES)
    with open(os.path.join(HERE, "ops.json"), "w") as file:
        file.write('{"versions": %s, "cases": [\n%s\n]}\n' % (json.dumps(versions), lines))


main()
