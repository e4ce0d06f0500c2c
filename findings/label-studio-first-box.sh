#!/usr/bin/env bash
# Perfect detections of Label Studio's COCO export do not get AP 1 from pycocotools.
#
# Seen with label-studio-sdk 2.1.2 (its converter, as Label Studio's "export as COCO" uses it), pycocotools 2.0.11 and
# faster-coco-eval 1.8.0, Python 3.11: the converter numbers annotations from 0, and COCO's evaluation stores the id of
# the matched annotation, where 0 also means "not matched". The first box of every export thus counts as missed and its
# detection as false. Two boxes of one class, found exactly with scores 0.9 and 0.8:
#   ids 0 and 1, as exported    AP 0.252 (pycocotools, faster-coco-eval; only the latter warns)
#   the same ids plus 1         AP 1.000
# What to do: add 1 to all annotation ids before evaluating.
# Ends with 1 if any of this is no longer so.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
python3 -m venv venv
venv/bin/pip install -q label-studio-sdk==2.1.2 pycocotools==2.0.11 faster-coco-eval==1.8.0
cat > check.py <<'PYTHON'
import contextlib, io, json, os, sys, warnings

from label_studio_sdk.converter import Converter
from PIL import Image
import faster_coco_eval
import pycocotools.coco
import pycocotools.cocoeval

warnings.simplefilter("ignore")
Image.new("RGB", (100, 100)).save("a.png")
with open("view.xml", "w") as view:
    view.write('<View><Image name="image" value="$image"/><RectangleLabels name="label" toName="image">'
               '<Label value="dog"/></RectangleLabels></View>')


def box(x, y):
    return {"id": f"r{x}", "type": "rectanglelabels", "from_name": "label", "to_name": "image", "original_width": 100,
            "original_height": 100, "image_rotation": 0,
            "value": {"x": x, "y": y, "width": 20, "height": 20, "rotation": 0, "rectanglelabels": ["dog"]}}


with open("tasks.json", "w") as tasks:
    json.dump([{"id": 1, "data": {"image": os.path.abspath("a.png")},
                "annotations": [{"id": 1, "result": [box(10, 10), box(60, 60)], "completed_by": 1,
                                 "created_at": "2024-01-01T00:00:00Z"}]}], tasks)
Converter(config="view.xml", project_dir=".").convert_to_coco("tasks.json", "out", output_image_dir="out/images",
                                                              is_dir=False)
truth = json.load(open("out/result.json"))
found = [{"image_id": a["image_id"], "category_id": a["category_id"], "bbox": a["bbox"], "score": 0.9 - 0.1 * i}
         for i, a in enumerate(truth["annotations"])]


def ap(coco, evaluation, first_id):
    for i, annotation in enumerate(truth["annotations"]):
        annotation["id"] = i + first_id
    with open("truth.json", "w") as file:
        json.dump(truth, file)
    with contextlib.redirect_stdout(io.StringIO()):
        gt = coco("truth.json")
        run = evaluation(gt, gt.loadRes(json.loads(json.dumps(found))), "bbox")
        run.evaluate(), run.accumulate(), run.summarize()
    return round(float(run.stats[0]), 3)


ids = [a["id"] for a in truth["annotations"]]
seen = [ids] + [ap(coco, evaluation, first)
                for coco, evaluation in ((pycocotools.coco.COCO, pycocotools.cocoeval.COCOeval),
                                         (faster_coco_eval.COCO, faster_coco_eval.COCOeval_faster))
                for first in (0, 1)]
print("ids as exported, then AP from 0 and from 1 (pycocotools), the same (faster-coco-eval):", *seen)
sys.exit(0 if seen == [[0, 1], 0.252, 1.0, 0.252, 1.0] else 1)
PYTHON
venv/bin/python check.py
