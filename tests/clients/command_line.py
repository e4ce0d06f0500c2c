"""curl and wget, as their users type them. Usage: command_line.py URL FOLDER"""
import base64
import json
import pathlib
import re
import shutil
import subprocess
import sys

from outcomes import Client, report, rows_of_answer, rows_of_tensors

url, folder = sys.argv[1], pathlib.Path(sys.argv[2])
photo, detect = folder / "photo.jpg", url + "/v1/detect"
body, head = folder / "answer", folder / "head"
names = json.load(open(folder / "names.json"))
model, strict = names["model"], names["strict"]


def run(*arguments, stdin=None):
    done = subprocess.run([str(a) for a in arguments], stdin=stdin, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr.strip()


def curl(*arguments, stdin=None):
    """Status, and the body as JSON."""
    body.unlink(missing_ok=True)
    code, status, said = run("curl", "-sS", "-o", body, "-w", "%{http_code}", *arguments, stdin=stdin)
    text = body.read_text() if body.exists() else ""
    if code != 0 or not text.startswith("{"):
        raise RuntimeError(f"exit {code}, status {status}: {said or text[:200]}")
    return int(status), json.loads(text)


def found(*arguments, stdin=None):
    status, answer = curl(*arguments, stdin=stdin)
    if status != 200:
        raise RuntimeError(f"{status}: {answer}")
    return rows_of_answer(answer)


def refused(status, *arguments):
    got, answer = curl(*arguments)
    return got == status and "error" in answer, f"{got}: {answer.get('error', answer)}"


def method_refused(*arguments):
    code, status, said = run("curl", "-sS", "-o", body, "-D", head, "-w", "%{http_code}", *arguments)
    allow = re.search(r"^allow: (.*)$", head.read_text(), re.I | re.M)
    return code == 0 and status == "405" and allow and "POST" in allow[1], said or f"{status} {allow and allow[0].strip()}"


def kserve_json():
    request = folder / "request.json"
    image = {"name": "image", "datatype": "BYTES", "shape": [1], "data": [base64.b64encode(photo.read_bytes()).decode()]}
    request.write_text(json.dumps({"inputs": [image]}))
    status, answer = curl("-d", f"@{request}", f"{url}/v2/models/{model}/infer")
    if status != 200:
        raise RuntimeError(f"{status}: {answer}")
    outputs = {}
    for output in answer["outputs"]:
        data, shape = output["data"], output["shape"]
        for size in reversed(shape[1:]):
            data = [data[i:i + size] for i in range(0, len(data), size)] if size else [[]] * shape[0]
        outputs[output["name"]] = data
    return rows_of_tensors(**outputs)


if shutil.which("curl"):
    client = Client("curl", run("curl", "--version")[1].split()[1])
    at_photo = f"@{photo}"
    client.found("--data-binary @photo.jpg", lambda: found("--data-binary", at_photo, detect))
    client.found("--data-binary, Content-Type: image/jpeg",
                 lambda: found("-H", "Content-Type: image/jpeg", "--data-binary", at_photo, detect))
    client.found("--data-binary, no Content-Type", lambda: found("-H", "Content-Type:", "--data-binary", at_photo, detect))
    client.found("--data-binary, Expect: 100-continue",
                 lambda: found("-H", "Expect: 100-continue", "--data-binary", at_photo, detect))
    client.found("--data-binary, without Expect", lambda: found("-H", "Expect:", "--data-binary", at_photo, detect))
    client.found("--data-binary, chunked", lambda: found("-H", "Transfer-Encoding: chunked", "--data-binary", at_photo, detect))
    with open(photo, "rb") as stream:
        client.found("-X POST -T -, from a pipe", lambda: found("-X", "POST", "-T", "-", detect, stdin=stream))
    client.found("--http1.0 --data-binary", lambda: found("--http1.0", "--data-binary", at_photo, detect))
    client.found("--http2 (asks for an upgrade)", lambda: found("--http2", "--data-binary", at_photo, detect))
    client.found("-F image=@photo.jpg", lambda: found("-F", f"image={at_photo}", detect))
    client.found("-F, two images", lambda: found("-F", f"image={at_photo}", "-F", f"image=@{folder}/pixels.png", detect),
                 of=("photo", "pixels"))
    client.found("-F, in the order sent", lambda: found("-F", f"z=@{folder}/pixels.png", "-F", f"a={at_photo}", detect),
                 of=("pixels", "photo"))
    client.found("-F 'image=<photo.jpg', no file name", lambda: found("-F", f"image=<{photo}", detect))
    client.found("-F threshold=T -F image=@", lambda: found("-F", f"threshold={strict}", "-F", f"image={at_photo}", detect),
                 of=("strict",))
    client.found("?threshold=T", lambda: found("--data-binary", at_photo, f"{detect}?threshold={strict}"), of=("strict",))
    # -d takes line ends out of a file, and what is left of a JPEG is damaged: not an answer to another image, but a word.
    client.says("-d @photo.jpg (no longer that file): 400", lambda: refused(400, "-d", at_photo, detect))
    client.found("-d @request.json to KServe's route", kserve_json)
    client.says("-T photo.jpg (PUT): 405 with Allow", lambda: method_refused("-T", photo, detect))
    client.says("GET: 405 with Allow", lambda: method_refused(detect))
    client.says("--data-binary @empty: 400", lambda: refused(400, "--data-binary", "@/dev/null", detect))
else:
    report(skipped="curl", why="there is no curl")


def wget(*arguments):
    body.unlink(missing_ok=True)
    code, _, said = run("wget", "-q", "--content-on-error", "-O", body, *arguments, detect)
    text = body.read_text() if body.exists() else ""
    if code != 0:
        raise RuntimeError(f"exit {code}: {text[:200] or said}")
    return rows_of_answer(json.loads(text))


if shutil.which("wget"):
    client = Client("wget", run("wget", "--version")[1].split()[2])
    client.found("--post-file=photo.jpg", lambda: wget(f"--post-file={photo}"))
    client.found("--method=POST --body-file=photo.jpg", lambda: wget("--method=POST", f"--body-file={photo}"))
else:
    report(skipped="wget", why="there is no wget")
