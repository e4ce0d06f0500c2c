#!/usr/bin/env bash
# Datumaro's KITTI exporter separates columns by spaces and writes names of classes as they are: "traffic light" takes two columns,
# and Datumaro's own importer then refuses the label file it wrote. It also writes no label file at all for an image without boxes,
# and a score of 1.0, KITTI's sixteenth column of a detector's answers, behind every annotation.
#
# Seen with datumaro 1.13.12, numpy 2.4.6, Python 3.11:
#   a class "car"            car 0.0 0 -1 1.5 2.25 31.5 22.25 -1 -1 -1 -1 -1 -1 -1 1.0             imported again
#   a class "traffic light"  traffic light 0.0 0 -1 1.5 2.25 31.5 22.25 -1 -1 -1 -1 -1 -1 -1 1.0   DatasetImportError (AssertionError)
# Who reads such files must not count columns from the left; who converts COCO (15 of its names hold a space) has to rename first.
# Ends with 1 if any of this is no longer so.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
python3 -m venv venv
venv/bin/pip install -q datumaro==1.13.12 numpy==2.4.6
cat >check.py <<'PYTHON'
import sys
from pathlib import Path

import datumaro
import numpy
from datumaro.components.errors import DatasetImportError
from datumaro.components.media import Image


def exported(name):
    image = Image.from_numpy(numpy.zeros((48, 64, 3), numpy.uint8))
    box = datumaro.Bbox(1.5, 2.25, 30, 20, label=0)
    items = [datumaro.DatasetItem(id="a", subset="train", media=image, annotations=[box]),
             datumaro.DatasetItem(id="empty", subset="train", media=image)]
    folder = Path(name.replace(" ", "-"))
    datumaro.Dataset.from_iterable(items, categories=[name]).export(str(folder), "kitti", save_media=True)
    labels = sorted(path.name for path in folder.glob("train/label_2/*"))
    line = (folder / "train/label_2/a.txt").read_text().strip()
    try:
        again = {item.id: [(b.x, b.y, b.w, b.h) for b in item.annotations]
                 for item in datumaro.Dataset.import_from(str(folder), "kitti")}
    except DatasetImportError as error:
        again = type(error.__cause__).__name__
    print(labels, line, again)
    return labels, line, again


numbers = "0.0 0 -1 1.5 2.25 31.5 22.25 -1 -1 -1 -1 -1 -1 -1 1.0"
one, two = exported("car"), exported("traffic light")
as_seen = (one == (["a.txt"], "car " + numbers, {"a": [(1.5, 2.25, 30, 20)], "empty": []})
           and two == (["a.txt"], "traffic light " + numbers, "AssertionError"))
sys.exit(0 if as_seen else "this has changed")
PYTHON
venv/bin/python check.py
