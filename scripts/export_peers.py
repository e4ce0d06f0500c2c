"""Runs exports in other runtimes and compares what they find with this program's own detections.

Called by scripts/test-exports, in a virtual environment of its own.
Usage: export_peers.py COMMAND MODEL IMAGES FOLDER:INPUT...
Each folder is one of `export --target openvino`. Prints a line per folder and runtime; ends with 1 if one differs.
"""

import contextlib
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
import onnxslim
import openvino

from photographs import inputs_of

LEAST_SCORE = 0.05  # Below, whatever scores as the last of a full list comes and goes.
MOST_SCORE_DIFFERENCE = 1e-3
MOST_BOX_DIFFERENCE = 0.5  # Pixels of the photograph.


def own_detections(command, model, images):
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "own.json"
        subprocess.run(
            [command, "detect", "--model", model, *map(str, images), "--threshold", str(LEAST_SCORE / 2),
             "--max-detections", "300", "--json", str(answer)],
            check=True, stdout=subprocess.DEVNULL)
        own = {Path(entry["file"]).name: entry["detections"] for entry in json.loads(answer.read_text())}
    found = []
    for image in images:
        rows = own[image.name]
        boxes = np.array([d["bbox"] for d in rows], np.float64).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        found.append((boxes, np.array([d["score"] for d in rows]), np.array([d["category_id"] for d in rows])))
    return found


def in_onnxruntime(file):
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return lambda inputs: dict(zip(names, session.run(None, inputs)))


def in_openvino(file):
    config = json.loads(Path(file).with_name("config.json").read_text())
    compiled = openvino.compile_model(file, "CPU", config["CPU"])
    assert compiled.get_property("INFERENCE_PRECISION_HINT") == openvino.Type.f32
    return lambda inputs: {output.get_any_name(): value for output, value in compiled(inputs).items()}


def in_opencv(file):
    net = cv2.dnn.readNetFromONNX(file, cv2.dnn.ENGINE_NEW)
    names = [output.name for output in onnx.load(file).graph.output]

    def run(inputs):
        for name, value in inputs.items():
            net.setInput(value, name)
        return dict(zip(names, net.forward(names)))

    return run


def behind_onnxslim(file):
    slim = str(Path(file).with_suffix(".slim.onnx"))
    with contextlib.redirect_stdout(io.StringIO()):  # A table of its operators.
        onnxslim.slim(file, slim)
    return in_onnxruntime(slim)


RUNTIMES = {
    f"ONNX Runtime {onnxruntime.__version__}": in_onnxruntime,
    f"OpenVINO {openvino.__version__.split('-')[0]}": in_openvino,
    f"OpenCV {cv2.__version__}": in_opencv,
    "onnxslim, then ONNX Runtime": behind_onnxslim,
}


def unmatched(ours, theirs):
    """How many of the one side above the least score have no like on the other."""
    boxes, scores, labels = theirs
    missing = 0
    for box, score, label in zip(*ours):
        if score < LEAST_SCORE:
            continue
        alike = ((labels == label) & (np.abs(scores - score) <= MOST_SCORE_DIFFERENCE)
                 & (np.abs(boxes - box).max(axis=1, initial=0) <= MOST_BOX_DIFFERENCE))
        missing += not alike.any()
    return missing


def compare(run, kind, preprocess, images, own):
    expected = different = 0
    for image, ours in zip(images, own):
        inputs, (x, y) = inputs_of(image, kind, preprocess)
        outputs = run(inputs)
        theirs = (np.asarray(outputs["boxes"], np.float64).reshape(-1, 4) * (x, y, x, y),
                  np.asarray(outputs["scores"]).reshape(-1), np.asarray(outputs["category_ids"]).reshape(-1))
        expected += int((ours[1] >= LEAST_SCORE).sum())
        different += max(unmatched(ours, theirs), unmatched(theirs, ours))
    return expected, different


def main():
    command, model, photographs, *exports = sys.argv[1:]
    images = sorted(path for path in Path(photographs).iterdir())
    own = own_detections(command, model, images)
    failed = False
    for entry in exports:
        folder, kind = entry.rsplit(":", 1)
        file = str(Path(folder) / "model.onnx")
        metadata = {p.key: p.value for p in onnx.load(file, load_external_data=False).metadata_props}
        for name, open_in in RUNTIMES.items():
            try:
                expected, different = compare(open_in(file), kind, json.loads(metadata["preprocess"]), images, own)
                verdict = f"{expected - different} of {expected} detections alike"
                failed |= different > 0 or expected == 0
            except Exception as error:  # A runtime that refuses a file is an answer, too.
                verdict = f"refuses it: {str(error).strip().splitlines()[0][:160]}"
                failed = True
            print(f"{Path(folder).name:28} {name:28} {verdict}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
