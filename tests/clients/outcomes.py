"""What each client says became of its question, as one JSON line: run.py compares them."""
import json
import traceback


def rows(detections):
    """Detections of /v1/detect as [category_id, score, x, y, width, height]."""
    return [[d["category_id"], d["score"], *d["bbox"]] for d in detections]


def rows_of_answer(answer):
    """Those of all images of an answer of /v1/detect."""
    return [rows(image["detections"]) for image in answer["images"]]


def rows_of_tensors(counts, boxes, scores, category_ids):
    """Those of the outputs of KServe's protocol: lists, or arrays of numpy."""
    found = []
    for image, count in enumerate(counts):
        found.append([])
        for k in range(int(count)):
            x1, y1, x2, y2 = (float(v) for v in boxes[image][k])
            found[-1].append([int(category_ids[image][k]), float(scores[image][k]), x1, y1, x2 - x1, y2 - y1])
    return found


def report(**line):
    print(json.dumps(line), flush=True)


class Client:
    """Tries forms of one client, each a function that returns the rows of its images or raises."""

    def __init__(self, name, version):
        self.name, self.version = name, version

    def found(self, form, ask, of=("photo",)):
        """`ask` returns rows of each image; they have to be those of the images that `of` names."""
        self._line(form, lambda: {"of": list(of), "rows": ask()})

    def says(self, form, ask):
        """`ask` returns whether that is right, and what it saw."""

        def line():
            right, saw = ask()
            return {"right": bool(right), "saw": str(saw)}

        self._line(form, line)

    def _line(self, form, ask):
        try:
            got = ask()
        except Exception as error:  # whatever it is, it is what this client's user would see
            last = traceback.extract_tb(error.__traceback__)[-1]
            got = {"error": f"{type(error).__name__}: {error} ({last.name})"}
        report(client=self.name, version=self.version, form=form, **got)
