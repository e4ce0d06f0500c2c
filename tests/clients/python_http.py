"""Python's own clients, requests, httpx and aiohttp. Usage: python_http.py URL FOLDER"""
import asyncio
import gzip
import http.client
import json
import pathlib
import platform
import sys
import urllib.request
import zlib

import aiohttp
import httpx
import requests

from outcomes import Client, rows_of_answer

url, folder = sys.argv[1], pathlib.Path(sys.argv[2])
path, detect = folder / "photo.jpg", url + "/v1/detect"
strict = json.load(open(folder / "names.json"))["strict"]
photo, pixels = path.read_bytes(), (folder / "pixels.png").read_bytes()


def parts():
    for at in range(0, len(photo), 50000):
        yield photo[at:at + 50000]


def read(status, text):
    if status != 200:
        raise RuntimeError(f"{status}: {text[:200]}")
    return rows_of_answer(json.loads(text))


def by_connection(body, times=1, **headers):
    """The answer to the last of several requests on one connection."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
    for _ in range(times):
        connection.request("POST", "/v1/detect", body=body() if callable(body) else body, headers=headers)
        answer = connection.getresponse()
        text = answer.read().decode()
    connection.close()
    return read(answer.status, text)


def by_urllib(request):
    with urllib.request.urlopen(request, timeout=60) as answer:
        return read(answer.status, answer.read().decode())


def by_requests(**arguments):
    answer = requests.post(detect, timeout=60, **arguments)
    return read(answer.status_code, answer.text)


def by_httpx(**arguments):
    answer = httpx.post(detect, timeout=60, **arguments)
    return read(answer.status_code, answer.text)


def by_aiohttp(data):
    async def ask():
        async with aiohttp.ClientSession() as session, session.post(detect, data=data()) as answer:
            return read(answer.status, await answer.text())

    return asyncio.run(ask())


def session():
    """Several requests on a connection that is kept."""
    with requests.Session() as kept:
        return [read(a.status_code, a.text)[0] for a in (kept.post(detect, data=photo, timeout=60) for _ in range(2))]


client = Client("http.client", platform.python_version())
client.found("bytes, no type", lambda: by_connection(photo))
client.found("chunked generator", lambda: by_connection(parts))
client.found("three on one connection", lambda: by_connection(photo, times=3))
client.found("Content-Encoding: gzip", lambda: by_connection(gzip.compress(photo), **{"Content-Encoding": "gzip"}))
client.found("Content-Encoding: deflate", lambda: by_connection(zlib.compress(photo), **{"Content-Encoding": "deflate"}))
client = Client("urllib", platform.python_version())
client.found("Request(data=bytes)", lambda: by_urllib(urllib.request.Request(detect, data=photo)))
client.found("Request(data=file)", lambda: by_urllib(urllib.request.Request(
    detect, data=open(path, "rb"), headers={"Content-Length": str(len(photo))})))
client = Client("requests", requests.__version__)
client.found("data=bytes", lambda: by_requests(data=photo))
client.found("data=file", lambda: by_requests(data=open(path, "rb")))
client.found("data=generator (chunked)", lambda: by_requests(data=parts()))
client.found("files=", lambda: by_requests(files={"image": open(path, "rb")}))
client.found("files=, two", lambda: by_requests(files=[("image", ("a.jpg", photo)), ("image", ("b.png", pixels))]), of=("photo", "pixels"))
client.found("files= and data=", lambda: by_requests(files={"image": photo}, data={"threshold": strict}), of=("strict",))
client.found("params=", lambda: by_requests(data=photo, params={"threshold": strict}), of=("strict",))
client.found("a session", session, of=("photo", "photo"))
client = Client("httpx", httpx.__version__)
client.found("content=bytes", lambda: by_httpx(content=photo))
client.found("content=generator (chunked)", lambda: by_httpx(content=parts()))
client.found("files=", lambda: by_httpx(files={"image": open(path, "rb")}))
client = Client("aiohttp", aiohttp.__version__)
client.found("data=bytes", lambda: by_aiohttp(lambda: photo))
client.found("data=file (chunked)", lambda: by_aiohttp(lambda: open(path, "rb")))
client.found("data={'image': file}", lambda: by_aiohttp(lambda: {"image": open(path, "rb")}))
