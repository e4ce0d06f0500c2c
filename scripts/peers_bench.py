"""Times a model here and in other runtimes, in turns, with AP beside each.

Called by scripts/peers-bench, in a virtual environment of its own.
Usage: peers_bench.py COMMAND MODEL HEIGHTxWIDTH [--data D ...], or, in a process of its own,
peers_bench.py --run PROGRAM FILE HEIGHTxWIDTH THREADS RUNS, which prints milliseconds.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from photographs import inputs_of

CALIBRATION_IMAGES = 64
LEAST_SCORE = 0.001


def noise_of(size):
    height, width = map(int, size.split("x"))
    numbers = np.random.default_rng(5)
    return {"pixels": numbers.standard_normal((1, 3, height, width), np.float32),
            "padding_mask": np.zeros((1, height, width), bool)}


# How a file is opened by each program: a function of inputs that returns its outputs by name.


def in_onnxruntime(file, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return lambda inputs: dict(zip(names, session.run(None, inputs)))


def in_openvino(file, threads, precision="f32"):
    import openvino

    compiled = openvino.compile_model(file, "CPU", {
        "INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"})
    return lambda inputs: {output.get_any_name(): value for output, value in compiled(inputs).items()}


def in_openvino_bf16(file, threads):
    return in_openvino(file, threads, "bf16")


def in_transformers(_, threads):
    import torch
    from transformers import DeformableDetrConfig, DeformableDetrForObjectDetection

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    model = DeformableDetrForObjectDetection(DeformableDetrConfig(use_pretrained_backbone=False)).eval()

    def run(inputs):
        pixels, padding = torch.from_numpy(inputs["pixels"]), torch.from_numpy(inputs["padding_mask"])
        with torch.inference_mode():
            return model(pixel_values=pixels, pixel_mask=(~padding).long())

    return run


PROGRAMS = {"onnxruntime fp32": in_onnxruntime, "onnxruntime int8": in_onnxruntime, "openvino fp32": in_openvino,
            "openvino bf16": in_openvino_bf16, "openvino int8": in_openvino, "transformers": in_transformers}


def run_program(program, file, size, threads, runs):
    run, inputs = PROGRAMS[program](file, int(threads)), noise_of(size)
    run(inputs)
    for _ in range(int(runs)):
        start = time.perf_counter()
        run(inputs)
        print(1e3 * (time.perf_counter() - start), flush=True)


# Eight bits by each runtime's own tool, with its defaults.


def calibration_inputs(arguments, preprocess):
    """Normalised images of the size that is timed, or noise if there are none."""
    height, width = map(int, arguments.size.split("x"))
    folder = arguments.images or (Path(arguments.data) / "images" / "val" if arguments.data else None)
    paths = sorted(p for p in Path(folder).rglob("*") if p.is_file())[:CALIBRATION_IMAGES] if folder else []
    if not paths:
        return [noise_of(arguments.size)]
    sized = dict(preprocess, short_side=min(height, width), max_side=max(height, width))
    return [inputs_of(path, "pixels", sized)[0] for path in paths]


def quantise_for_onnxruntime(graph, out, samples):
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Samples(CalibrationDataReader):
        def __init__(self):
            self.rest = iter(samples)

        def get_next(self):
            return next(self.rest, None)

    prepared = str(Path(out).with_suffix(".prepared.onnx"))
    quant_pre_process(graph, prepared, skip_symbolic_shape=True)
    # Pairs of products of unsigned and signed bytes saturate at 16 bits without VNNI: hence seven bits there.
    quantize_static(prepared, out, Samples(), quant_format=QuantFormat.QDQ, per_channel=True,
                    activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, reduce_range=not has_vnni())


def quantise_for_openvino(graph, out, samples):
    import nncf
    import openvino

    model = openvino.Core().read_model(graph)
    quantised = nncf.quantize(model, nncf.Dataset(samples), model_type=nncf.ModelType.TRANSFORMER,
                              subset_size=len(samples))
    openvino.save_model(quantised, out, compress_to_fp16=False)


def cpu_flags():
    return set(next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("flags")),
                    "").split())


def has_vnni():
    return bool(cpu_flags() & {"avx512_vnni", "avx_vnni"})


def cpu_name():
    return next((line.split(": ", 1)[1] for line in Path("/proc/cpuinfo").read_text().splitlines()
                 if line.startswith("model name")), "unknown")


def said_by(*command, **options):
    """What a program prints; ends with its message if it fails."""
    said = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)
    if said.returncode != 0:
        sys.exit(said.stderr.strip() or said.stdout.strip())
    return said.stdout


# AP of what each finds.


def ap_of(arguments, *what):
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "ap.json"
        said_by(arguments.command, "eval", "--data", arguments.data, "--split", arguments.split, "--threads",
                arguments.threads, "--json", answer, *what)
        metrics = json.loads(answer.read_text())
    return metrics.get("metrics", metrics)["AP"]


def ap_in(program, file, arguments, preprocess):
    """Runs the split through another program and has the command score what it finds."""
    run = PROGRAMS[program](file, arguments.threads)
    annotations = json.loads((Path(arguments.data) / "annotations" / f"instances_{arguments.split}.json").read_text())
    results = []
    for image in annotations["images"]:
        inputs, (x, y) = inputs_of(Path(arguments.data) / "images" / arguments.split / image["file_name"], "pixels",
                                   preprocess)
        outputs = run(inputs)
        boxes = np.asarray(outputs["boxes"], np.float64).reshape(-1, 4) * (x, y, x, y)
        for box, score, category in zip(boxes, np.asarray(outputs["scores"]).reshape(-1),
                                        np.asarray(outputs["category_ids"]).reshape(-1)):
            if score >= LEAST_SCORE:
                results.append({"image_id": image["id"], "category_id": int(category), "score": float(score),
                                "bbox": [box[0], box[1], box[2] - box[0], box[3] - box[1]]})
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "results.json"
        file.write_text(json.dumps(results))
        return ap_of(arguments, "--detections", str(file))


def own_milliseconds(arguments, engine, model=None):
    with tempfile.TemporaryDirectory() as folder:
        row = Path(folder) / "row"
        source = ["--model", arguments.model] if model is None else ["--config", model]
        said_by(arguments.command, "benchmark", *source, "--size", arguments.size, "--threads", arguments.threads,
                "--engine", engine, "--repeat", arguments.runs, "--warmup", 1, "--jsonl", row)
        answer = json.loads(row.read_text())
        return answer["median_ms"], answer["peak_rss_bytes"]


def peer_milliseconds(arguments, program, file):
    said = said_by(sys.executable, __file__, "--run", program, file or "-", arguments.size, arguments.threads,
                   arguments.runs)
    return statistics.median(float(line) for line in said.split())


def export_graph(arguments, folder):
    graph = folder / "model.onnx"
    # What proves the file is left to its tests.
    environment = {name: value for name, value in os.environ.items() if name != "FOCUS_DETR_ONNXRUNTIME"}
    said = subprocess.run([arguments.command, "export", "--model", arguments.model, "--out", graph],
                          env=environment, capture_output=True, text=True)
    if not graph.exists():
        sys.exit(said.stdout + said.stderr)
    return str(graph)


def peers_of(arguments, folder, preprocess):
    """The programs and their files; those that a runtime or this CPU refuses are said and left out."""
    graph = export_graph(arguments, folder)
    peers = {"onnxruntime fp32": graph, "openvino fp32": graph}
    if "avx512_bf16" in cpu_flags() or "amx_bf16" in cpu_flags():
        peers["openvino bf16"] = graph
    samples = calibration_inputs(arguments, preprocess)
    for program, quantise, name in (("onnxruntime int8", quantise_for_onnxruntime, "int8.onnx"),
                                    ("openvino int8", quantise_for_openvino, "int8.xml")):
        if not arguments.wants(program):
            continue
        try:
            quantise(graph, str(folder / name), samples)
            peers[program] = str(folder / name)
        except Exception as error:  # A tool that refuses the graph is an answer, too.
            print(f"{program}: {str(error).strip().splitlines()[0][:160]}", file=sys.stderr)
    if arguments.detr:
        peers["transformers"] = None
    return {program: file for program, file in peers.items() if arguments.wants(program)}


def versions():
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for package in ("onnxruntime", "openvino", "nncf", "torch", "transformers"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            pass
    return found


def engines_of(arguments, calibrated):
    flags = cpu_flags()
    engines = ["prepared", "reference"]
    if flags & {"avx512_bf16", "amx_bf16"}:
        engines.insert(1, "bf16")
    if calibrated:
        engines.insert(1, "int8")
    return [engine for engine in engines if arguments.wants(engine)]


def size(text):
    """HEIGHTxWIDTH."""
    if not re.fullmatch(r"[1-9]\d*x[1-9]\d*", text):
        raise argparse.ArgumentTypeError(f"'{text}' is not HEIGHTxWIDTH, such as 800x1333")
    return text


def parsed():
    parser = argparse.ArgumentParser()
    parser.add_argument("command")
    parser.add_argument("model")
    parser.add_argument("size", type=size)
    parser.add_argument("--data")
    parser.add_argument("--split", default="test")
    parser.add_argument("--images")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only")
    parser.add_argument("--json")
    parser.add_argument("--detr", type=lambda word: word == "yes", default=False)
    arguments = parser.parse_args()
    only = arguments.only.split(",") if arguments.only else None
    arguments.wants = lambda name: only is None or name in only
    return arguments


def main():
    if sys.argv[1:2] == ["--run"]:
        return run_program(*sys.argv[2:])
    arguments = parsed()
    info = json.loads(said_by(arguments.command, "model", "info", arguments.model, "--json"))
    engines = engines_of(arguments, info.get("calibration_images", 0) > 0)
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        peers = peers_of(arguments, Path(folder), info["preprocess"])
        times = {name: [] for name in (*engines, *peers, *(["deformable_detr_r50"] if arguments.detr else []))}
        memory = {}
        for _ in range(arguments.rounds):
            for name in times:
                if name in peers:
                    times[name].append(peer_milliseconds(arguments, name, peers[name]))
                else:
                    own = ("prepared", name) if name not in engines else (name,)
                    milliseconds, memory[name] = own_milliseconds(arguments, *own)
                    times[name].append(milliseconds)
        for name, found in times.items():
            rows[name] = {"median_ms": statistics.median(found), "min_ms": min(found), "max_ms": max(found)}
            if name in memory:
                rows[name]["peak_rss_bytes"] = memory[name]
            if not arguments.data or name in ("transformers", "deformable_detr_r50", "reference"):
                continue
            precision = {"prepared": "fp32"}.get(name, name)
            rows[name]["ap"] = (ap_in(name, peers[name], arguments, info["preprocess"]) if name in peers else
                                ap_of(arguments, "--model", arguments.model, "--precision", precision))
    against = rows.get("onnxruntime fp32", next(iter(rows.values())))["median_ms"]
    print(f"{cpu_name()}, {arguments.threads} threads, {arguments.size}; " +
          ", ".join(f"{name} {number}" for name, number in versions().items()))
    print(f"{'':22} {'median ms':>10} {'min..max':>17} {'ratio':>6} {'AP':>6}")
    for name, row in rows.items():
        spread = f"{row['min_ms']:.1f}..{row['max_ms']:.1f}"
        ap = f"{row['ap']:.3f}" if "ap" in row else ""
        print(f"{name:22} {row['median_ms']:10.1f} {spread:>17} {against / row['median_ms']:6.2f} {ap:>6}")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps({
            "cpu": cpu_name(), "flags": sorted(f for f in cpu_flags() if f.startswith(("avx", "amx", "fma"))),
            "threads": arguments.threads, "size": arguments.size, "versions": versions(), "rows": rows},
            indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
