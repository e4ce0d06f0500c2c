#!/usr/bin/env bash
# Of two ONNX Reshapes in a row, OpenCV 5 and onnxslim drop the first, and a 0 in the second ("keep the size") then keeps another one:
# a valid graph that splits heads off a feature map, (B, C, H, W) -> (B * 2, C / 2, H * W) -> (0, C / 2, H, W), no longer runs.
#
# Seen with opencv-python-headless 5.0.0.93, onnxslim 0.1.98, onnx 1.23.2, onnxruntime 1.32.0, Python 3.11, for x of 1 x 4 x 3 x 4:
#   ONNX Runtime                 2 x 2 x 3 x 4
#   OpenCV 5                     refuses it: (-215:Assertion failed) outTotal == inpTotal
#   onnxslim, then ONNX Runtime  refuses it: 1 x 4 x 3 x 4 cannot be reshaped to 1 x 2 x 3 x 4
# Right in all three with -1 for the 0.
# Ends with 1 if any of this is no longer so.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
python3 -m venv venv
venv/bin/pip install -q opencv-python-headless==5.0.0.93 onnxslim==0.1.98 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
cat >check.py <<'PYTHON'
import sys

import cv2
import numpy
import onnx
import onnxruntime
import onnxslim
from onnx import TensorProto, helper


def write_model(batch, path):
    """Heads join the batch: `batch` is the second Reshape's first size."""
    node = helper.make_node
    nodes = [
        node("Shape", ["x"], ["sides"], start=2),
        node("Shape", ["x"], ["height"], start=2, end=3),
        node("Shape", ["x"], ["width"], start=3, end=4),
        node("Mul", ["height", "width"], ["area"]),
        node("Concat", ["rest", "two", "area"], ["first"], axis=0),
        node("Reshape", ["x", "first"], ["tokens"]),
        node("Concat", ["batch", "two", "sides"], ["second"], axis=0),
        node("Reshape", ["tokens", "second"], ["y"]),
    ]
    numbers = [helper.make_tensor(name, TensorProto.INT64, [1], [value])
               for name, value in (("rest", -1), ("two", 2), ("batch", batch))]
    graph = helper.make_graph(nodes, "heads", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["B", 4, "H", "W"])],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 2, "H", "W"])], numbers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, path)


def by_onnxruntime(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(path, options).run(None, {"x": x})[0].shape


def by_opencv(path):
    net = cv2.dnn.readNetFromONNX(path)
    net.setInput(x, "x")
    return net.forward().shape


def behind_onnxslim(path):
    onnxslim.slim(path, "slim.onnx")
    return by_onnxruntime("slim.onnx")


def shape_or_none(run, path):
    try:
        return run(path)
    except Exception as error:
        print(run.__name__, "refuses", path, str(error).strip().splitlines()[0][:300])
        return None


x = numpy.arange(48, dtype=numpy.float32).reshape(1, 4, 3, 4)
write_model(0, "kept.onnx")
write_model(-1, "rest.onnx")
runs = (by_onnxruntime, by_opencv, behind_onnxslim)
kept = [shape_or_none(run, "kept.onnx") for run in runs]
rest = [shape_or_none(run, "rest.onnx") for run in runs]
print(kept, rest)
sys.exit(0 if kept == [(2, 2, 3, 4), None, None] and rest == [(2, 2, 3, 4)] * 3 else "this has changed")
PYTHON
venv/bin/python check.py
