"""Writes the small files that fuzzing starts from: make_corpus.py FOLDER. Needs PyTorch and numpy."""
import collections
import io
import json
import os
import pickle
import struct
import sys
import zlib

import numpy as np
import torch


def put(kind, name, content):
    folder = os.path.join(sys.argv[1], kind)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as file:
        file.write(content)


def saved(value, **how):
    file = io.BytesIO()
    torch.save(value, file, **how)
    return file.getvalue()


header = json.dumps({"__metadata__": {"k": "v"}, "a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
                     "b": {"dtype": "U8", "shape": [], "data_offsets": [8, 9]}}).encode()
put("safetensors_header", "two", header)
put("safetensors_header", "none", b"{}")
put("weights", "safetensors", struct.pack("<Q", len(header)) + header + bytes(9))

base = torch.arange(4.0)
tensors = collections.OrderedDict(a=base.view(2, 2).t(), b=base[1:], c=torch.nn.Parameter(torch.ones(1)),
                                  d=torch.tensor([True, False]))
put("weights", "zip", saved(tensors))
put("weights", "old", saved({"model": tensors, "epoch": 1}, _use_new_zipfile_serialization=False))
arrays = {"a": np.asfortranarray(np.ones((2, 3), "f4")), "b": np.arange(3)}
for protocol in (0, 2, 5):
    put("weights", f"numpy-{protocol}", pickle.dumps({"model": arrays}, protocol))
for name, save in (("npz", np.savez), ("npz-deflated", np.savez_compressed)):
    file = io.BytesIO()
    save(file, **arrays)
    put("weights", name, file.getvalue())

values = {"text": "ü", 1: [1, 2**40, 2**80, 2.5, None, True], (): {1, 2}, "bytes": b"\x00\xff", "set": frozenset([1]),
          "ordered": collections.OrderedDict(a=1), "size": torch.Size([1]), "complex": 1j}
values["self"] = values
for protocol in range(6):
    put("pickle", f"protocol-{protocol}", pickle.dumps(values, protocol))

put("coco", "small", json.dumps({
    "images": [{"id": 1, "file_name": "a.jpg", "width": 4, "height": 3}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 2, "bbox": [0, 0.5, 2, 2], "area": 4, "iscrowd": 0,
                     "segmentation": [[0, 0, 1, 1, 2, 2]]}],
    "categories": [{"id": 2, "name": "cat", "supercategory": "animal"}]}).encode())

put("yolo", "labels", b"0 0.5 0.5 0.25 0.5\n2 0.1 0.2 0.2 0.1\n1 0.1 0.2 0.5 0.2 0.1 0.6\n")
put("yolo", "config", b"path: ../set\ntrain: images/train\nval: [images/val, more.txt]\nnc: 2\nnames:\n  0: cat\n  1: dog\n")
put("voc", "small", b"""<?xml version="1.0"?>
<annotation><filename>a.jpg</filename><size><width>20</width><height>10</height><depth>3</depth></size>
<object><name>cat</name><difficult>0</difficult>
<bndbox><xmin>1</xmin><ymin>2.5</ymin><xmax>20</xmax><ymax>10</ymax></bndbox></object></annotation>
""")

put("kitti", "labels", b"Car 0.88 3 -0.69 0.00 192.37 402.31 374.00 1.60 1.57 3.23 -2.70 1.74 3.68 -1.29\n"
    b"DontCare -1 -1 -10 800.38 163.67 825.45 184.07 -1 -1 -1 -1000 -1000 -1000 -10\ntraffic light 0 0 0 1 2 3 4 1 1 1 1 1 1 1 0.5\n")

# The first byte: how much of the rest lies behind the JSON.
put("kserve", "binary", b"\7" + json.dumps({
    "id": "a", "inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": 7}}],
    "outputs": [{"name": "boxes", "parameters": {"binary_data": True}}], "parameters": {"threshold": 0.5}}).encode() +
    struct.pack("<I", 3) + b"abc")
put("kserve", "pixels", b"\0" + json.dumps(
    {"inputs": [{"name": "image", "datatype": "UINT8", "shape": [1, 1, 3], "data": [[[1, 2, 255]]]}]}).encode())
put("kserve", "texts", b"\0" + json.dumps(
    {"inputs": [{"name": "image", "datatype": "BYTES", "shape": [2], "data": ["AAAA", "Zm9v"]}]}).encode())
form = (b'--b\r\nContent-Disposition: form-data; name="images"; filename="a%22.jpg"\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\r\n'
        b"--b\r\nContent-Disposition: form-data; name=threshold; filename*=UTF-8''%c3%a4\r\n\r\n0.5\r\n--b--\r\n")
post = b"POST /v1/detect?threshold=0.5&x=%20+ HTTP/1.1\r\nHost: h\r\n"
put("http", "get", b"GET /v2/models/a%2Fb HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, TE\r\nExpect: 100-continue\r\n\r\n")
put("http", "old", b"\r\nGET http://h/?a=b HTTP/1.0\r\n\r\n")
put("http", "form", post + b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n\r\n" % len(form) + form)
put("http", "chunked", post + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0A;x=\"y\"\r\n0123456789\r\n0\r\nT: u\r\n\r\n")
for name, bits in (("gzip", 31), ("deflate", 15)):
    packer = zlib.compressobj(9, zlib.DEFLATED, bits)
    packed = packer.compress(form) + packer.flush()
    put("http", name, post + b"Content-Encoding: %s\r\nContent-Length: %d\r\n\r\n" % (name.encode(), len(packed)) + packed)
    put("http", name + "-alone", packed)
put("http", "form-alone", form)


def field(number, value):
    """Of a message of protocol buffers: text or a message, or a number below 128."""
    if isinstance(value, int):
        return bytes([number << 3, value])
    return bytes([number << 3 | 2, len(value)]) + value


def infer_request(image, *more):
    parameters = [(b"threshold", b"\x21" + struct.pack("<d", 0.5)), (b"max", field(2, 3)), (b"keep", field(3, b"0.5"))]
    return (field(1, b"codes") + field(2, b"1") + field(3, b"7") + b"".join(field(4, field(1, n) + field(2, v)) for n, v in parameters)
            + field(5, field(1, b"image") + image) + field(6, field(1, b"scores")) + b"".join(more))


def message(content, compressed=0):
    return bytes([compressed]) + struct.pack(">I", len(content)) + content


# The first byte: a message (0), or the bytes of a call in pieces, as they are (1), as gzip (2) or deflate (3).
texts = infer_request(field(2, b"BYTES") + field(3, b"\1") + field(5, field(8, b"png")))
put("grpc", "elements", b"\0" + texts)
put("grpc", "raw", b"\0" + infer_request(field(2, b"BYTES") + field(3, b"\1"), field(7, struct.pack("<I", 3) + b"png")))
put("grpc", "pixels", b"\0" + infer_request(field(2, b"UINT8") + field(3, b"\1\2\3") + field(5, field(4, b"\1\2\3\xfa\1\5\6"))))
put("grpc", "call", b"\x21" + message(texts))
for first, name, bits in ((b"\x22", "gzip", 31), (b"\x23", "deflate", 15)):
    packer = zlib.compressobj(9, zlib.DEFLATED, bits)
    put("grpc", name, first + message(packer.compress(texts) + packer.flush(), 1))
