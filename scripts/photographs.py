"""What exported graphs are given of a photograph."""

import numpy as np
from PIL import Image


def wanted_size(width, height, preprocess):
    """As the model's description says: half is rounded up."""
    short, long = sorted((width, height))
    goal, now = ((preprocess["max_side"], long) if long * preprocess["short_side"] > short * preprocess["max_side"]
                 else (preprocess["short_side"], short))
    return tuple(max((2 * goal * side + now) // (2 * now), 1) for side in (width, height))


def inputs_of(image, kind, preprocess):
    """The inputs of one photograph, and the factors that lead from boxes of what the model sees back to it."""
    image = Image.open(image).convert("RGB")
    if kind == "image":
        return {"image": np.asarray(image)}, (1.0, 1.0)
    width, height = wanted_size(*image.size, preprocess)
    pixels = np.asarray(image.resize((width, height), Image.Resampling.BILINEAR), np.float32)
    pixels = ((pixels - np.float32(preprocess["mean"])) / np.float32(preprocess["std"])).transpose(2, 0, 1)[None]
    return ({"pixels": np.ascontiguousarray(pixels), "padding_mask": np.zeros((1, height, width), bool)},
            (image.width / width, image.height / height))
