#!/usr/bin/env bash
# OpenCV ends a film at a still of two minutes that has sound: a slide of a lecture, a paused screen recording.
#
# Seen with opencv-python-headless 4.13.0.92 and PyAV 14.2.0 (both bring their FFmpeg), Python 3.11. Between two frames OpenCV reads
# at most 4096 packets of other streams, then read() returns False as it does at the end. AAC of 44.1 kHz has 43 packets a second,
# so 95 s are enough (Debian 12's OpenCV 4.6 ends at a still of 15 s). A film of 20 frames, ten before the still and ten behind it:
#   still of 60 s     OpenCV 20 frames, PyAV 20
#   still of 120 s    OpenCV  9 frames, PyAV 20; CAP_PROP_FRAME_COUNT says 20
# There is a warning on standard error and no other sign. More packets are allowed by OPENCV_FFMPEG_READ_ATTEMPTS.
# Ends with 1 if any of this is no longer so.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
python3 -m venv venv
venv/bin/pip install -q av==14.2.0 opencv-python-headless==4.13.0.92 numpy==2.2.6
cat >check.py <<'PYTHON'
import sys
from fractions import Fraction

import av
import cv2
import numpy

RATE = 44100


def write_film(path, still_seconds):
    """Ten frames at 10/s, a pause, ten more; silence as sound all the time."""
    times = [*range(10), *(10 + 10 * still_seconds + i for i in range(10))]
    with av.open(path, "w") as film:
        images = film.add_stream("mpeg4", rate=10)
        images.width, images.height, images.pix_fmt = 64, 48, "yuv420p"
        sound = film.add_stream("aac", rate=RATE)
        samples = 0
        for number, time in enumerate(times):
            frame = av.VideoFrame.from_ndarray(numpy.full((48, 64, 3), 12 * number, numpy.uint8), format="rgb24")
            frame.pts, frame.time_base = time, Fraction(1, 10)
            film.mux(images.encode(frame))
            while samples < time * RATE // 10:
                silence = av.AudioFrame.from_ndarray(numpy.zeros((1, 1024), numpy.float32), format="fltp", layout="mono")
                silence.sample_rate, silence.pts, silence.time_base = RATE, samples, Fraction(1, RATE)
                film.mux(sound.encode(silence))
                samples += 1024
        film.mux(images.encode())
        film.mux(sound.encode())


def by_opencv(path):
    film = cv2.VideoCapture(path, cv2.CAP_FFMPEG)
    frames = 0
    while film.read()[0]:
        frames += 1
    return frames, int(film.get(cv2.CAP_PROP_FRAME_COUNT))


def by_pyav(path):
    with av.open(path) as film:
        return sum(1 for _ in film.decode(video=0))


seen = {}
for seconds in (60, 120):
    path = f"still-{seconds}.mp4"
    write_film(path, seconds)
    seen[seconds] = (*by_opencv(path), by_pyav(path))
    print(f"still of {seconds} s: OpenCV {seen[seconds][0]} of {seen[seconds][1]} frames, PyAV {seen[seconds][2]}")
sys.exit(seen != {60: (20, 20, 20), 120: (9, 20, 20)})
PYTHON
venv/bin/python check.py
