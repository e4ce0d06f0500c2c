#!/usr/bin/env bash
# OpenVINO's CPU computes ONNX's int64 in 32 bits, and divides it as float32: sums beyond 2^31 and quotients of numbers beyond 2^24
# are wrong without a word, as in fixed-point preprocessing or in hashes of coordinates within a graph.
#
# Seen with openvino 2026.4.1, onnx 1.23.2, onnxruntime 1.32.0, Python 3.11:
#   4000 * 2^20 / 2^20            ONNX Runtime 4000        OpenVINO -96
#   (100000000 .. 100000011) / 3  ONNX Runtime 33333333 33333333 33333334 33333334 ...
#                                 OpenVINO     33333334 33333334 33333334 33333334 ...
# Right in both: products below 2^31, taken as quotients of less than 2^24.
# Ends with 1 if any of this is no longer so.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
python3 -m venv venv
venv/bin/pip install -q openvino==2026.4.1 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
cat >check.py <<'PYTHON'
import sys

import numpy
import onnx
import onnxruntime
import openvino
from onnx import TensorProto, helper


def constant(name, number):
    return helper.make_tensor(name, TensorProto.INT64, [1], [number])


def in_both(nodes, constants, numbers):
    ends = [helper.make_tensor_value_info(name, TensorProto.INT64, ["n"]) for name in ("x", "y")]
    graph = helper.make_graph(nodes, "whole_numbers", ends[:1], ends[1:], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, "model.onnx")
    x = numpy.array(numbers, numpy.int64)
    right = onnxruntime.InferenceSession("model.onnx").run(None, {"x": x})[0]
    seen = openvino.compile_model("model.onnx", "CPU")(x)[0]
    print(right, seen)
    return right.tolist(), seen.tolist()


shift = [helper.make_node("Mul", ["x", "factor"], ["m"]), helper.make_node("Div", ["m", "factor"], ["y"])]
product = in_both(shift, [constant("factor", 1 << 20)], [1000, 2047, 4000])
quotient = in_both([helper.make_node("Div", ["x", "three"], ["y"])], [constant("three", 3)],
                   range(100_000_000, 100_000_012))
small = in_both([helper.make_node("Div", ["x", "three"], ["y"])], [constant("three", 3)], range(16_000_000, 16_000_012))
as_seen = (product == ([1000, 2047, 4000], [1000, 2047, -96]) and quotient[0][:3] == [33333333, 33333333, 33333334]
           and quotient[1][:3] == [33333334, 33333334, 33333334] and small[0] == small[1])
sys.exit(0 if as_seen else "this has changed")
PYTHON
venv/bin/python check.py
