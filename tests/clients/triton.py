"""Triton's Python clients, over HTTP and gRPC. Usage: triton.py URL FOLDER [GRPC_PORT]"""
import asyncio
import base64
import contextlib
import importlib.metadata
import json
import pathlib
import queue
import sys

import numpy as np
import tritonclient.grpc
import tritonclient.grpc.aio
import tritonclient.http
import tritonclient.http.aio
from PIL import Image
from tritonclient.utils import InferenceServerException

from outcomes import Client, rows_of_tensors

url, folder = sys.argv[1], pathlib.Path(sys.argv[2])
photo = (folder / "photo.jpg").read_bytes()
pixels = np.asarray(Image.open(folder / "pixels.png"))
names = json.load(open(folder / "names.json"))
model, strict = names["model"], names["strict"]
version = importlib.metadata.version("tritonclient")
outputs = ("counts", "boxes", "scores", "category_ids")


def encoded(module, images=(photo,), **how):
    tensor = module.InferInput("image", [len(images)], "BYTES")
    tensor.set_data_from_numpy(np.array(list(images), dtype=object), **how)
    return [tensor]


def raw(module, **how):
    tensor = module.InferInput("image", list(pixels.shape), "UINT8")
    tensor.set_data_from_numpy(pixels, **how)
    return [tensor]


def wanted(module, *names_of_outputs, **how):
    return [module.InferRequestedOutput(name, **how) for name in names_of_outputs]


def rows(result):
    return rows_of_tensors(**{name: result.as_numpy(name) for name in outputs})


def refused(code, ask):
    """Whether what is asked for is refused with that status."""
    try:
        return False, f"answered {ask()}"
    except InferenceServerException as error:
        return code in str(error.status()), f"{error.status()}: {error.message()[:120]}"


def common(client, module, ask):
    """What both protocols are asked for."""
    client.found("BYTES", lambda: rows(ask.infer(model, encoded(module))))
    client.found("BYTES, two images", lambda: rows(ask.infer(model, encoded(module, (photo, (folder / "pixels.png").read_bytes())))),
                 of=("photo", "pixels"))
    client.found("UINT8 [H, W, 3]", lambda: rows(ask.infer(model, raw(module))), of=("pixels",))
    client.found("parameters={'threshold': T}", lambda: rows(ask.infer(model, encoded(module), parameters={"threshold": strict})),
                 of=("strict",))
    client.found("the same as text", lambda: rows(ask.infer(model, encoded(module), parameters={"threshold": str(strict)})),
                 of=("strict",))
    client.found("model_version='1'", lambda: rows(ask.infer(model, encoded(module), model_version="1")))

    def some():
        result = ask.infer(model, encoded(module), outputs=wanted(module, "scores"), request_id="7")
        answer = result.get_response()
        answer = answer if isinstance(answer, dict) else {"id": answer.id, "outputs": [{"name": o.name} for o in answer.outputs]}
        got = [output["name"] for output in answer["outputs"]]
        return got == ["scores"] and answer["id"] == "7" and result.as_numpy("boxes") is None, got

    client.says("only the output asked for, and the id", some)

    def nothing():
        result = ask.infer(model, encoded(module), parameters={"threshold": 1})
        boxes, ids = result.as_numpy("boxes"), result.as_numpy("category_ids")
        return (boxes.shape, boxes.dtype, ids.shape, ids.dtype) == ((1, 0, 4), np.float32, (1, 0), np.int64), boxes.shape

    client.says("nothing found: boxes FP32 [1, 0, 4]", nothing)
    client.says("is_server_live, is_server_ready", lambda: (ask.is_server_live() and ask.is_server_ready(), "true"))
    client.says("is_model_ready", lambda: (ask.is_model_ready(model) and ask.is_model_ready(model, "1"), "true"))
    client.says("is_model_ready of another: false", lambda: (ask.is_model_ready("another") is False, "false"))


def over_http():
    module = tritonclient.http
    client, ask = Client("tritonclient HTTP", version), module.InferenceServerClient(url.removeprefix("http://"), network_timeout=60)
    common(client, module, ask)
    text = (base64.b64encode(photo),)
    client.found("BYTES as JSON (base64)", lambda: rows(ask.infer(model, encoded(module, text, binary_data=False))))
    client.found("outputs as JSON", lambda: rows(ask.infer(model, encoded(module), outputs=wanted(module, *outputs, binary_data=False))))
    client.found("outputs of both kinds", lambda: rows(ask.infer(
        model, encoded(module), outputs=wanted(module, "counts", "boxes") + wanted(module, "scores", "category_ids", binary_data=False))))
    for kind in ("gzip", "deflate"):
        client.found(f"request by {kind}", lambda kind=kind: rows(ask.infer(model, encoded(module), request_compression_algorithm=kind)))
        client.found(f"response by {kind}", lambda kind=kind: rows(ask.infer(model, encoded(module), response_compression_algorithm=kind)))
    client.found("async_infer", lambda: rows(ask.async_infer(model, encoded(module)).get_result()))
    client.says("get_server_metadata", lambda: ("binary_tensor_data" in ask.get_server_metadata()["extensions"], ask.get_server_metadata()))
    client.says("get_model_metadata", lambda: (
        [o["name"] for o in ask.get_model_metadata(model)["outputs"]] == list(outputs), ask.get_model_metadata(model)["name"]))
    client.says("get_model_config", lambda: (ask.get_model_config(model)["name"] == model, ask.get_model_config(model)["name"]))
    client.says("get_inference_statistics", lambda: (
        ask.get_inference_statistics(model)["model_stats"][0]["inference_count"] > 0, "inference_count > 0"))
    client.says("another model: 404", lambda: refused("404", lambda: ask.infer("another", encoded(module))))
    client.says("another version: 404", lambda: refused("404", lambda: ask.infer(model, encoded(module), model_version="9")))
    client.says("another output: 400", lambda: refused("400", lambda: ask.infer(model, encoded(module), outputs=wanted(module, "masks"))))

    async def by_aio():
        async with tritonclient.http.aio.InferenceServerClient(url.removeprefix("http://")) as aio:
            return rows(await aio.infer(model, encoded(module)))

    client.found("aio", lambda: asyncio.run(by_aio()))


def over_grpc(port):
    module, address = tritonclient.grpc, f"127.0.0.1:{port}"
    client, ask = Client("tritonclient gRPC", version), module.InferenceServerClient(address)
    common(client, module, ask)
    for kind in ("gzip", "deflate"):
        client.found(f"compression_algorithm={kind}", lambda kind=kind: rows(ask.infer(model, encoded(module), compression_algorithm=kind)))
    client.found("client_timeout=30", lambda: rows(ask.infer(model, encoded(module), client_timeout=30)))
    client.says("client_timeout=0.001: DEADLINE_EXCEEDED", lambda: refused(
        "DEADLINE_EXCEEDED", lambda: ask.infer(model, encoded(module), client_timeout=0.001)))

    def by_callback():
        answers = queue.Queue()
        for _ in range(2):
            ask.async_infer(model, encoded(module), lambda result, error: answers.put(error or result))
        return [rows(answers.get(timeout=60))[0] for _ in range(2)]

    client.found("async_infer, two at once", by_callback, of=("photo", "photo"))
    client.says("get_server_metadata", lambda: (ask.get_server_metadata().name == "focus-detr", list(ask.get_server_metadata().extensions)))
    client.says("get_model_metadata", lambda: (
        [o.name for o in ask.get_model_metadata(model).outputs] == list(outputs), ask.get_model_metadata(model).name))
    client.says("get_model_config", lambda: (
        ask.get_model_config(model).config.name == model, [i.name for i in ask.get_model_config(model).config.input]))
    client.says("get_inference_statistics", lambda: (
        ask.get_inference_statistics(model).model_stats[0].inference_count > 0, "inference_count > 0"))
    client.says("another model: NOT_FOUND", lambda: refused("NOT_FOUND", lambda: ask.infer("another", encoded(module))))
    client.says("another version: NOT_FOUND", lambda: refused("NOT_FOUND", lambda: ask.infer(model, encoded(module), model_version="9")))
    client.says("another output: INVALID_ARGUMENT", lambda: refused(
        "INVALID_ARGUMENT", lambda: ask.infer(model, encoded(module), outputs=wanted(module, "masks"))))
    client.says("a stream: UNIMPLEMENTED", lambda: stream_refused(module, address))

    async def by_aio():
        async with tritonclient.grpc.aio.InferenceServerClient(address) as aio:
            return rows(await aio.infer(model, encoded(module)))

    client.found("aio", lambda: asyncio.run(by_aio()))


def stream_refused(module, address):
    answers = queue.Queue()
    with module.InferenceServerClient(address) as ask:
        ask.start_stream(lambda result, error: answers.put(error))
        with contextlib.suppress(InferenceServerException):  # it may know already that the stream has failed
            ask.async_stream_infer(model, encoded(module))
        error = answers.get(timeout=30)
    return error is not None and "UNIMPLEMENTED" in str(error.status()), error


over_http()
if len(sys.argv) > 3:
    over_grpc(sys.argv[3])
