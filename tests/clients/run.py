"""Starts a server, has every client ask it, and compares with what `detect` finds in the same files.
Usage: run.py COMMAND MODEL FOLDER [PACKAGES]; in FOLDER are photo.jpg and pixels.png, in PACKAGES Node's packages. Prints a table in
Markdown; ends with 1 if an answer differs."""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

command, model, folder = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
packages = pathlib.Path(sys.argv[4]) if len(sys.argv) > 4 else None
here = pathlib.Path(__file__).parent
score_tolerance, pixel_tolerance = 1e-5, 0.01


def rows_of(file, *options):
    out = folder / "found.json"
    subprocess.run([command, "detect", str(file), "--model", str(model), "--json", str(out), "--threads", "2", *options],
                   check=True, stdout=subprocess.DEVNULL)
    found = json.load(open(out))
    return [[d["category_id"], d["score"], *d["bbox"]] for d in found[0]["detections"]]


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


class Server:
    """`serve` on free ports, with gRPC if it was built with that."""

    def __enter__(self):
        self.port, self.grpc_port = free_port(), free_port()
        if not self._start("--grpc-port", str(self.grpc_port)):
            said = (folder / "server.log").read_text()
            if "grpc" not in said.lower():
                sys.exit(f"test-clients: the server did not start: {said}")
            self.grpc_port, self.without = None, said.strip().splitlines()[-1]
            if not self._start():
                sys.exit(f"test-clients: the server did not start: {(folder / 'server.log').read_text()}")
        return self

    def _start(self, *options):
        self.log = open(folder / "server.log", "w")
        self.process = subprocess.Popen([command, "serve", "--model", str(model), "--port", str(self.port), "--quiet", *options],
                                        stdout=subprocess.DEVNULL, stderr=self.log)
        deadline = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/v2/health/ready", timeout=5) as answer:
                    return answer.status == 200
            except OSError:
                time.sleep(0.1)
        return False

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.log.close()


def differs(got, wanted):
    """None, or how the rows of an image differ from those wanted."""
    if len(got) != len(wanted):
        return f"{len(got)} detections instead of {len(wanted)}"
    for k, (ours, right) in enumerate(zip(got, wanted)):
        if ours[0] != right[0] or abs(ours[1] - right[1]) > score_tolerance:
            return f"detection {k} is {ours}, not {right}"
        if max(abs(a - b) for a, b in zip(ours[2:], right[2:])) > pixel_tolerance:
            return f"detection {k} is {ours}, not {right}"
    return None


def verdict(line, expected):
    """Whether a client's line is right, and what to say of it."""
    if "error" in line:
        return False, line["error"]
    if "right" in line:
        return line["right"], line["saw"]
    if len(line["rows"]) != len(line["of"]):
        return False, f"{len(line['rows'])} images instead of {len(line['of'])}"
    for got, name in zip(line["rows"], line["of"]):
        if different := differs(got, expected[name]):
            return False, f"{name}: {different}"
    return True, ", ".join(str(len(rows)) for rows in line["rows"]) + " detections" if line["rows"] else "answered"


def ask(arguments, lines, **options):
    done = subprocess.run([str(a) for a in arguments], stdout=subprocess.PIPE, text=True, timeout=600, **options)
    lines += [json.loads(text) for text in done.stdout.splitlines() if text.startswith("{")]
    if done.returncode != 0:
        lines.append({"client": pathlib.Path(str(arguments[1])).name, "version": "", "form": "ran to its end", "error": f"exit {done.returncode}"})


def generated(url, lines):
    """Generates both clients, checks their types and runs them."""
    work = folder / "generated"
    shutil.copytree(here / "generated", work)
    (work / "node_modules").symlink_to(packages / "node_modules")
    (work / "package.json").write_text('{"type": "module"}')
    document, tools = f"{url}/openapi.json", work / "node_modules" / ".bin"
    # As node wants the names of files.
    hey = {"input": document, "output": {"path": "hey", "importFileExtension": ".js"}, "plugins": ["@hey-api/client-fetch"]}
    (work / "openapi-ts.config.mjs").write_text(f"export default {json.dumps(hey)};")
    steps = [
        ("hey-api", "generated", ["openapi-ts"]),
        ("openapi-fetch", "generated", ["openapi-typescript", document, "-o", "openapi.ts"]),
        ("both", "types, by tsc", ["tsc"]),
    ]
    for client, form, (tool, *arguments) in steps:
        done = subprocess.run([str(tools / tool), *arguments], cwd=work, capture_output=True, text=True, timeout=300)
        said = (done.stdout + done.stderr).strip()
        lines.append({"client": client, "version": "", "form": form, "right": done.returncode == 0, "saw": said[-300:] if done.returncode else "ok"})
    for program in ("hey_api", "openapi_fetch"):
        ask(["node", f"built/{program}.js", url, folder.resolve()], lines, cwd=work)


expected = {"photo": rows_of(folder / "photo.jpg"), "pixels": rows_of(folder / "pixels.png")}
scores = sorted(row[1] for row in expected["photo"])
if not scores or scores[0] == scores[-1]:
    sys.exit("test-clients: the model finds too little in the image to tell answers apart; name another with --image")
# A threshold that leaves some of them.
strict = round((scores[0] + scores[-1]) / 2, 3)
expected["strict"] = [row for row in expected["photo"] if row[1] >= strict]
json.dump({"model": model.stem, "strict": strict}, open(folder / "names.json", "w"))
lines, skipped = [], []
with Server() as server:
    url = f"http://127.0.0.1:{server.port}"
    python = [sys.executable]
    ask([*python, here / "command_line.py", url, folder], lines)
    ask([*python, here / "python_http.py", url, folder], lines)
    ask([*python, here / "triton.py", url, folder, *([server.grpc_port] if server.grpc_port else [])], lines)
    if not server.grpc_port:
        skipped.append(f"tritonclient gRPC: {server.without}")
    if packages:
        ask(["node", packages / "node.js", url, folder.resolve()], lines)
        generated(url, lines)
    else:
        skipped.append("node fetch, axios, generated clients: no node of 20 or later, or no registry of its packages")
    if server.process.poll() is not None:
        lines.append({"client": "server", "version": "", "form": "ran to the end", "error": f"exit {server.process.returncode}"})

print("| client | version | form | result |\n|---|---|---|---|")
failed = 0
for line in lines:
    if "skipped" in line:
        skipped.append(f"{line['skipped']}: {line['why']}")
        continue
    right, saw = verdict(line, expected)
    failed += not right
    saw = " ".join(saw.split()).replace("|", "\\|")[:160]
    print(f"| {line['client']} | {line['version']} | {line['form'].replace('|', chr(92) + '|')} | {'ok' if right else 'FAILED'}: {saw} |")
for what in skipped:
    print(f"skipped: {what}")
answered = sum("skipped" not in line for line in lines)
print(f"{answered - failed} passed, {failed} failed, {len(skipped)} skipped")
sys.exit(1 if failed else 0)
