"""The other side of peer_test.cpp: writes checkpoints by torch.save, and compares files with what is expected.

peer.py write FOLDER    writes a file of every kind, each with expected tensors beside it as .safetensors-like raw files
peer.py check FILE      compares a .pth written by this project with the tensors of expected()
"""
import argparse
import collections
import json
import os
import pickle
import sys

import numpy as np
import torch

DTYPES = ["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"]


def expected():
    """The tensors that both sides know."""
    tensors = collections.OrderedDict()
    for name in DTYPES:
        tensors["types." + name] = torch.arange(-3, 9).to(getattr(torch, name)).view(3, 4)
    base = torch.arange(24, dtype=torch.float32)
    tensors["views.whole"] = base
    tensors["views.rows"] = base.view(4, 6)[1:3]
    tensors["views.turned"] = base.view(4, 6).t()
    tensors["views.strided"] = base[1::5]
    tensors["scalar"] = torch.tensor(2.5)
    tensors["empty"] = torch.empty(0, 3)
    tensors["one.with.stride"] = base.view(24, 1)[3:4]
    tensors["special"] = torch.tensor([float("nan"), float("inf"), -0.0, 1e-45])
    return tensors


def dump(path, tensors):
    """Bits of each tensor, in a form that needs no library to read: JSON of dtype, shape and hexadecimal bytes."""
    out = {}
    for name, tensor in tensors.items():
        data = tensor.detach().contiguous()
        raw = data.view(torch.int16) if data.dtype == torch.bfloat16 else data
        out[name] = {"dtype": str(data.dtype)[6:], "shape": list(data.shape), "hex": raw.numpy().tobytes().hex()}
    with open(path, "w") as file:
        json.dump(out, file)


def write(folder):
    tensors = expected()

    def save(name, value, tensors=tensors, **how):
        torch.save(value, os.path.join(folder, name + ".pth"), **how)
        dump(os.path.join(folder, name + ".json"), tensors)

    odd = collections.OrderedDict(tensors)
    odd._metadata = {"": {"version": 2}}
    parameters = {name: torch.nn.Parameter(t, requires_grad=t.is_floating_point()) for name, t in tensors.items()}
    defaults = collections.defaultdict(list)
    defaults.update(tensors)
    training = {
        "epoch": 11,
        "model": odd,
        "args": argparse.Namespace(lr=1e-4, names=["a", "b"], big=2**100, device=torch.device("cpu")),
        "optimizer": {"state": {0: {"exp_avg": torch.ones(3)}}, "param_groups": [{"params": [0], "lr": 0.1}]},
        "set": {1, 2}, "frozen": frozenset([3]), "bytes": b"\x00\xff", "dtype": torch.float16, "none": None,
        "author": "ünï", "size": torch.Size([1, 2]), "number": np.float64(2.5),
    }
    nested = {"ema": {"module": {"module." + name: t for name, t in tensors.items()}, "updates": 3}}
    # Before PyTorch 1.6 and after, and every protocol of pickle.
    for kind, new in (("zip", True), ("old", False)):
        how = {"_use_new_zipfile_serialization": new}
        for protocol in (2, 3, 4, 5):
            save(f"{kind}-plain-{protocol}", tensors, pickle_protocol=protocol, **how)
        save(f"{kind}-odd", odd, **how)
        save(f"{kind}-parameters", parameters, **how)
        save(f"{kind}-defaultdict", defaults, **how)
        save(f"{kind}-training", training, **how)
        save(f"{kind}-nested", nested, **how)

    arrays = {name: t.numpy() for name, t in tensors.items() if t.dtype != torch.bfloat16}
    arrays["large"] = np.arange(-5000, 5000).astype("<i2").view("i1").reshape(2, 100, 100)
    arrays["fortran"] = np.asfortranarray(np.arange(6, dtype="f4").reshape(2, 3))
    # Contiguous, but neither in C's order nor in Fortran's: since numpy 2.3 protocol 5 says so by its axes.
    arrays["turned"] = np.arange(24, dtype="f4").reshape(2, 3, 4).transpose(2, 0, 1)
    arrays["one"] = np.array(3, dtype="i8")
    as_tensors = {name: torch.from_numpy(np.ascontiguousarray(a).reshape(a.shape)) for name, a in arrays.items()}
    for protocol in range(6):
        path = os.path.join(folder, f"numpy-{protocol}")
        with open(path + ".pth", "wb") as file:
            pickle.dump({"model": arrays, "__author__": "someone", "matching_heuristics": True}, file, protocol)
        dump(path + ".json", as_tensors)
    for name, save_arrays in (("npz", np.savez), ("npz-deflated", np.savez_compressed)):
        path = os.path.join(folder, name)
        save_arrays(path, **arrays)
        os.rename(path + ".npz", path + ".pth")
        dump(path + ".json", as_tensors)


def check(path):
    try:
        read = torch.load(path, weights_only=True)
    except TypeError:
        read = torch.load(path)
    wanted = expected()
    if "model" in read:
        assert read["remark"] == "text beside the tensors", read["remark"]
        read = read["model"]
    assert type(read) is collections.OrderedDict, type(read)
    assert sorted(read) == sorted(wanted), sorted(read)
    for name, tensor in wanted.items():
        got = read[name]
        assert got.dtype == tensor.dtype and got.shape == tensor.shape, name
        bits = lambda t: t.contiguous().view(torch.int16) if t.dtype == torch.bfloat16 else t.contiguous()
        assert bits(got).numpy().tobytes() == bits(tensor).numpy().tobytes(), name
    assert read["views.turned"].storage().data_ptr() == read["views.whole"].storage().data_ptr(), "not shared"


if __name__ == "__main__":
    {"write": write, "check": check}[sys.argv[1]](sys.argv[2])
