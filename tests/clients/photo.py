"""A photograph as cameras make them: some 2 MB of JPEG, drawn from a small image of this repository, which is enlarged and made
noisy. Usage: photo.py SMALL FOLDER [IMAGE]; writes photo.jpg (IMAGE instead, if given) and pixels.png, a part of it without loss."""
import pathlib
import shutil
import sys

import numpy as np
from PIL import Image

small, folder = sys.argv[1], pathlib.Path(sys.argv[2])
photo = folder / "photo.jpg"
if len(sys.argv) > 3:
    shutil.copy(sys.argv[3], photo)
else:
    image = Image.open(small).convert("RGB")
    image = image.resize((image.width * 5 // 2, image.height * 5 // 2), Image.LANCZOS)
    pixels = np.asarray(image).astype(np.float32)
    pixels += np.random.default_rng(1).normal(0, 12, pixels.shape)
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(photo, quality=90)
part = Image.open(photo).convert("RGB")
part.crop((0, 0, min(part.width, 1200), min(part.height, 900))).save(folder / "pixels.png")
print(photo.stat().st_size)
