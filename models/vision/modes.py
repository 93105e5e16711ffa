"""From any of Pillow's modes to sRGB: depth, palettes, transparency, colour profiles."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor

from models.errors import UsageError

Colour = tuple[int, int, int]

DEEP = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
"""Modes of one channel with more than eight bits."""

HIGHEST_16 = 65535

WHITE = {"L;2": 3, "L;4": 15}
"""The highest level of grey pictures of two and four bits, by what Pillow calls them."""


def colour(text: str) -> Colour:
    """A colour by a name of CSS (`white`) or as `#rrggbb`, 0..255. Raises UsageError if it is none."""
    try:
        red, green, blue = ImageColor.getcolor(text.strip(), "RGB")[:3]  # type: ignore[index]
    except (ValueError, AttributeError):
        raise UsageError(f"there is no colour {text[:40]!r}; write a name as white, or #ffcc00") from None
    return red, green, blue


def plain(picture: Image.Image) -> Image.Image:
    """`picture` with eight bits a channel and no palette: L, LA, RGB, RGBA or CMYK, its transparency as alpha.

    16-bit levels are kept in proportion (0..65535 to 0..255, rounded), and so are whole numbers of 32 bits that all
    lie there. Floats that all lie in 0..1 are taken as fractions of white, in 0..255 as levels. Other numbers are
    stretched, the lowest to 0 and the highest to 255; NaN is black.
    """
    if picture.mode in DEEP:
        return _levels(picture)
    is_clear = picture.has_transparency_data
    if picture.mode in ("1", "L", "LA", "La"):
        wanted = "LA" if is_clear else "L"
    elif picture.mode == "CMYK":
        wanted = "CMYK"
    else:
        wanted = "RGBA" if is_clear else "RGB"
    return picture if picture.mode == wanted else picture.convert(wanted)


def set_clear(picture: Image.Image, rawmode: str) -> None:
    """Bring the level or colour that a PNG names as transparent to the depth of `picture`, which was stored as
    `rawmode`: Pillow scales the pixels and leaves that as it is.
    """
    clear = picture.info.get("transparency")
    if isinstance(clear, tuple) and rawmode == "RGB;16B":
        picture.info["transparency"] = tuple(level >> 8 for level in clear)
    elif isinstance(clear, int) and rawmode in WHITE:
        picture.info["transparency"] = clear * (255 // WHITE[rawmode])


def on_background(picture: Image.Image, background: Colour, profile: bytes | None) -> Image.Image:
    """A `plain` picture as RGB: its colours from `profile` (ICC; None: sRGB), laid over `background` by its alpha."""
    alpha = picture.getchannel("A") if picture.mode in ("LA", "RGBA") else None
    bare = picture if alpha is None else picture.convert(picture.mode[:-1])
    found = _by_profile(bare, profile) if profile else None
    rgb = bare.convert("RGB") if found is None else found
    if alpha is None:
        return rgb
    below = Image.new("RGB", picture.size, background)
    below.paste(rgb, mask=alpha)
    return below


def _levels(picture: Image.Image) -> Image.Image:
    """A picture of one deep channel as L, or LA where one level stands for nothing."""
    values: NDArray[Any] = np.asarray(picture)
    clear = picture.info.get("transparency")
    grey = Image.fromarray(_scaled(values))
    if not isinstance(clear, int):
        return grey
    return Image.merge("LA", (grey, Image.fromarray(np.where(values == clear, 0, 255).astype(np.uint8))))


def _scaled(values: NDArray[Any]) -> NDArray[np.uint8]:
    if values.dtype.itemsize == 2:
        return ((values.astype(np.uint32) * 255 + HIGHEST_16 // 2) // HIGHEST_16).astype(np.uint8)
    is_real = values.dtype.kind == "f"
    finite = values[np.isfinite(values)] if is_real else values
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if is_real and low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    elif is_real and low >= 0 and high <= 255:
        low, high = 0.0, 255.0
    elif not is_real and low >= 0 and high <= HIGHEST_16:
        low, high = 0.0, float(HIGHEST_16)
    share = (np.clip(np.nan_to_num(values.astype(np.float64), nan=low), low, high) - low) / max(high - low, 1e-300)
    return np.rint(share * 255).astype(np.uint8)


def _by_profile(picture: Image.Image, profile: bytes) -> Image.Image | None:
    """The picture's colours in sRGB; None where the profile says nothing new, or nothing that can be used."""
    from PIL import ImageCms  # a large native library, and most pictures have no profile

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if picture.mode == "RGB" and "srgb" in ImageCms.getProfileDescription(source).lower():
            return None
        return ImageCms.profileToProfile(
            picture,
            source,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
