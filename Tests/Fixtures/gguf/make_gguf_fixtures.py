"""Makes blocks.gguf: the same numbers in every type that ftbench writes or reads, by the tools of the format.

Needs: pip install gguf numpy llama-cpp-python (whose library holds the reference quantisers).
"""
import ctypes
import glob
import os

import gguf
import llama_cpp
import numpy as np

here = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(20251)
Q = gguf.GGMLQuantizationType

# Rows that ask something of a quantiser: ordinary, outlier, zeros, constant, one sign, tiny, large, steps.
rows = [
    rng.normal(0, 0.05, 256),
    np.concatenate([rng.normal(0, 0.01, 255), [3.0]]),
    np.zeros(256),
    np.full(256, -0.125),
    np.abs(rng.normal(0, 1, 256)) + 0.5,
    rng.normal(0, 1e-7, 256),
    rng.normal(0, 400, 256),
    np.round(rng.normal(0, 2, 256)) / 2,
    np.where(rng.random(256) < 0.7, 0, rng.normal(0, 0.1, 256)),
    -np.abs(rng.laplace(0, 0.02, 256)),
]
values = np.stack(rows).astype(np.float32)

folder = os.path.join(os.path.dirname(llama_cpp.__file__), "lib")
ggml = ctypes.CDLL(glob.glob(os.path.join(folder, "libggml-base.so*"))[0])
ggml.ggml_quantize_chunk.restype = ctypes.c_size_t
ggml.ggml_quantize_chunk.argtypes = [
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p]


def reference(type_, x):
    out = np.zeros(gguf.quant_shape_to_byte_shape(x.shape, type_), dtype=np.uint8)
    x = np.ascontiguousarray(x)
    size = ggml.ggml_quantize_chunk(int(type_), x.ctypes.data, out.ctypes.data, 0, x.shape[0], x.shape[1], None)
    assert size == out.size
    return out


writer = gguf.GGUFWriter(os.path.join(here, "blocks.gguf"), "fixture")
writer.add_uint8("test.uint8", 200)
writer.add_int8("test.int8", -100)
writer.add_uint16("test.uint16", 60000)
writer.add_int16("test.int16", -30000)
writer.add_uint32("test.uint32", 4000000000)
writer.add_int32("test.int32", -2000000000)
writer.add_uint64("test.uint64", 1 << 63)
writer.add_int64("test.int64", -(1 << 62))
writer.add_float32("test.float32", 0.1)
writer.add_float64("test.float64", 0.1)
writer.add_bool("test.bool", True)
writer.add_string("test.string", "Grüße 🚀\n")
writer.add_array("test.strings", ["a", "", "▁the", "Ġthe"])
writer.add_array("test.int32s", [1, -2, 3])
writer.add_array("test.float32s", [0.5, -1.5])
writer.add_array("test.bools", [True, False, True])
writer.add_tensor("values", values)
for type_ in [Q.F16, Q.BF16, Q.Q4_0, Q.Q4_1, Q.Q5_0, Q.Q5_1, Q.Q8_0, Q.Q4_K, Q.Q5_K, Q.Q6_K]:
    if type_ in (Q.F16, Q.BF16):
        blocks = gguf.quantize(values, type_)
    else:
        blocks = reference(type_, values)
        if type_ in (Q.Q4_0, Q.Q5_0, Q.Q8_0):  # the package's own quantisers say the same
            assert np.array_equal(blocks, gguf.quantize(values, type_)), type_
    name = type_.name
    writer.add_tensor(name, blocks, raw_dtype=type_)
    writer.add_tensor(name + ".values", gguf.dequantize(blocks, type_).astype(np.float32))
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
print("blocks.gguf", os.path.getsize(os.path.join(here, "blocks.gguf")), "bytes")
