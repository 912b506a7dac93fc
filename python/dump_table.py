#!/usr/bin/env python3
"""Prints the tensor table of any torch module, for shardinit.

    python3 dump_table.py MODULE:CALLABLE [--set NAME=VALUE ...] [--config FILE] [--dtype F32] > model.json
    shardinit plan model.json --recipe torch-default --tensors

MODULE:CALLABLE names a class or function that gives a torch.nn.Module, for instance torch.nn:Transformer, torchvision.models:resnet50, or
mymodel:build with mymodel.py in the current directory. --set passes keyword arguments (as Python literals where they are such), --config a JSON file
with more of them. The module is built on the meta device, so nothing is allocated and any size will do. Works with torch 1.13 and 2.x.

Each row has the name in the state dict, shape, dtype, and the kind: the class of the module that owns the tensor, Parameter:CLASS for a bare parameter
of a module that is no plain torch layer, buffer:CLASS for a persistent buffer. Two names of one parameter are tied: the later row says tied_to.
zero_rows is the padding row of an embedding. Layer numbers are read from the names by shardinit.
"""
import argparse
import ast
import importlib
import json
import os
import sys

import torch

DTYPES = {
    "torch.float64": "F64", "torch.float32": "F32", "torch.float16": "F16", "torch.bfloat16": "BF16", "torch.float8_e4m3fn": "F8_E4M3", "torch.float8_e5m2": "F8_E5M2",
    "torch.int64": "I64", "torch.int32": "I32", "torch.uint8": "U8", "torch.bool": "BOOL",
}


def on_meta(build):
    """Calls build with every new parameter and buffer on the meta device."""
    if hasattr(torch, "set_default_device"):
        with torch.device("meta"):  # torch 2.x: also what forward-less constructors create by themselves
            return build()
    # torch 1.13 has no device context: factory functions take the device from here, registrations are moved.
    def moved(register):
        def wrapped(module, name, value, *args, **kwargs):
            if value is not None:
                value = torch.nn.Parameter(value.to("meta"), requires_grad=value.requires_grad) if isinstance(value, torch.nn.Parameter) else value.to("meta")
            return register(module, name, value, *args, **kwargs)
        return wrapped

    def on(create):
        return lambda *args, **kwargs: create(*args, **dict(kwargs, device="meta"))

    names = ["empty", "zeros", "ones", "full", "rand", "randn", "arange", "linspace", "eye"]
    module = torch.nn.Module
    kept = {name: getattr(torch, name) for name in names}, module.register_parameter, module.register_buffer
    shared = {}

    def register_parameter(self, name, value):
        # One parameter under two names stays one: that is how tied weights are seen.
        if value is not None and value.device.type != "meta":
            value = shared.setdefault(id(value), (torch.nn.Parameter(value.to("meta"), requires_grad=value.requires_grad), value))[0]
        return kept[1](self, name, value)

    try:
        for name in names:
            setattr(torch, name, on(kept[0][name]))
        module.register_parameter = register_parameter
        module.register_buffer = moved(kept[2])
        return build()
    finally:
        for name in names:
            setattr(torch, name, kept[0][name])
        module.register_parameter, module.register_buffer = kept[1], kept[2]


def kind_of(module, is_buffer):
    name = type(module).__name__
    if is_buffer:
        return "buffer:" + name
    return name if known_layer(module) else "Parameter:" + name


def known_layer(module):
    """A layer that recipes know by its class: weight and bias, or one of torch's own layers with other names."""
    if isinstance(module, (torch.nn.RNNBase, torch.nn.RNNCellBase, torch.nn.MultiheadAttention)):
        return True
    return all(name in ("weight", "bias") for name, _ in module.named_parameters(recurse=False))


def rows_of(model, dtype):
    first = {}
    rows = []
    persistent = set(model.state_dict(keep_vars=True))
    for prefix, module in model.named_modules(remove_duplicate=False):
        for is_buffer, members in ((False, module._parameters), (True, module._buffers)):
            for short, tensor in members.items():
                name = prefix + "." + short if prefix else short
                if tensor is None or name not in persistent:
                    continue
                torch_dtype = str(tensor.dtype)
                if torch_dtype not in DTYPES:
                    sys.exit("dump_table: %s has dtype %s, which no checkpoint of shardinit holds (known: %s)" % (name, torch_dtype, ", ".join(DTYPES)))
                row = {"name": name, "shape": list(tensor.shape), "dtype": DTYPES[torch_dtype], "kind": kind_of(module, is_buffer)}
                if dtype and tensor.is_floating_point():
                    row["dtype"] = dtype
                owner = first.setdefault(id(tensor), name)
                if owner != name:
                    row["tied_to"] = owner
                    del row["kind"]
                elif isinstance(module, torch.nn.Embedding) and short == "weight" and module.padding_idx is not None:
                    row["zero_rows"] = [module.padding_idx]
                rows.append(row)
    rows.sort(key=lambda row: row["name"].encode())
    return rows


def literal(text):
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", metavar="MODULE:CALLABLE")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a keyword argument of the callable")
    parser.add_argument("--config", metavar="FILE", help="a JSON object of keyword arguments")
    parser.add_argument("--dtype", choices=[name for name in DTYPES.values() if name[0] in "BF" and name != "BOOL"], help="of all floating tensors")
    given = parser.parse_args()
    module, _, callable_name = given.target.partition(":")
    if not callable_name:
        parser.error("expected MODULE:CALLABLE, found %r" % given.target)
    arguments = {}
    if given.config:
        with open(given.config, encoding="utf-8") as file:
            arguments.update(json.load(file))
    for item in given.set:
        name, equals, value = item.partition("=")
        if not equals:
            parser.error("--set: expected NAME=VALUE, found %r" % item)
        arguments[name] = literal(value)
    sys.path.insert(0, os.getcwd())
    build = importlib.import_module(module)
    for part in callable_name.split("."):
        build = getattr(build, part)
    model = on_meta(lambda: build(**arguments))
    numbers = {name: value for name, value in arguments.items() if isinstance(value, (int, float)) and not isinstance(value, bool)}
    print('{"config": %s,\n "tensors": [' % json.dumps(numbers))
    print(",\n".join("  " + json.dumps(row) for row in rows_of(model, given.dtype)))
    print("]}")


if __name__ == "__main__":
    main()
