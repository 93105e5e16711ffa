"""MP4 films, by PyAV (FFmpeg's libraries)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import IO, Any

import av
import numpy as np

from models.vision import about as notes
from models.vision.pictures import Pixels

CODECS: Mapping[str, Mapping[str, str]] = {
    "libx264": {"crf": "18", "preset": "medium"},
    "libopenh264": {"b": "8000000"},
    "mpeg4": {"qscale": "3"},
}
"""What a film is encoded with, by preference; the first one that the library has is used."""

BT709 = 1


def write(file: IO[bytes], frames: Iterator[Pixels], *, fps: float, about: Mapping[str, Any] | None) -> None:
    """A film of `frames`; see `models.vision.animate.save_animation`."""
    first = _frame(next(frames))
    codec = next(name for name in CODECS if name in av.codecs_available)
    with av.open(file, "w", format="mp4", options={"movflags": "+faststart"}) as film:
        if about is not None:
            film.metadata["comment"] = notes.text(about)
        stream = film.add_stream(codec, rate=Fraction(fps).limit_denominator(1001), options=dict(CODECS[codec]))
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = first.width, first.height, "yuv420p"
        for name in ("colorspace", "color_primaries", "color_trc"):
            setattr(stream.codec_context, name, BT709)
        for frame in itertools.chain([first], map(_frame, frames)):
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))


def _frame(pixels: Pixels) -> av.VideoFrame:
    height, width = pixels.shape[:2]
    even = np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), "edge")
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(even), format="rgb24").reformat(
        format="yuv420p", dst_colorspace="ITU709"
    )
