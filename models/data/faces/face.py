"""The attributes of a drawn face, and the colours they stand for."""

from __future__ import annotations

from dataclasses import dataclass

from models.data.attributes import Described, flag, kind, number
from models.vision.drawn.fields import hexed

HAIR_STYLES = ("bald", "short", "parted", "bob", "long", "curly", "bun", "spiky")
HAIR_COLOURS = ("black", "brown", "auburn", "red", "blonde", "grey", "blue", "pink")
EYE_COLOURS = ("brown", "hazel", "green", "blue", "grey")
BEARDS = ("none", "stubble", "moustache", "goatee", "full")
HATS = ("none", "cap", "beanie", "brim")
FRAMES = ("round", "square")


@dataclass(frozen=True, slots=True)
class Face(Described):
    """A face. `identity` stays with a person, `expression` passes, `wear` is put on, `setting` is around it.

    Left and right are the picture's: a gaze, a turn or a light of +1 goes to its right; gaze_y of +1 looks down.
    """

    smile: float = number(-1, 1, "expression", "frown to smile")
    mouth_open: float = number(0, 1, "expression", "lips closed to open", default=0.0)
    brow_raise: float = number(-1, 1, "expression", "brows drawn together to raised")
    eyes_open: float = number(0.45, 1, "expression", "eyes narrow to wide", default=0.85)
    gaze_x: float = number(-1, 1, "expression", "looks to the left or the right of the picture")
    gaze_y: float = number(-1, 1, "expression", "looks up or down")
    turn: float = number(-1, 1, "expression", "head turned to the left or the right of the picture, up to 23 degrees")
    tilt: float = number(-1, 1, "expression", "head tilted, up to 8 degrees")

    skin: float = number(0, 1, "identity", "skin light to dark", default=0.3)
    face_width: float = number(-1, 1, "identity", "head narrow to wide")
    face_length: float = number(-1, 1, "identity", "head short to long")
    jaw: float = number(-1, 1, "identity", "chin pointed to square")
    eye_distance: float = number(-1, 1, "identity", "eyes close together to far apart")
    eye_size: float = number(-1, 1, "identity", "eyes small to large")
    eye_slant: float = number(-1, 1, "identity", "outer corners of the eyes low to high")
    eye_colour: str = kind(EYE_COLOURS, "identity", "colour of the iris")
    nose_width: float = number(-1, 1, "identity", "nose narrow to wide")
    nose_length: float = number(-1, 1, "identity", "nose short to long")
    brow_thickness: float = number(-1, 1, "identity", "brows thin to thick")
    brow_arch: float = number(-1, 1, "identity", "brows straight to arched")
    mouth_width: float = number(-1, 1, "identity", "mouth narrow to wide")
    lips: float = number(-1, 1, "identity", "lips thin to full")
    ears: float = number(-1, 1, "identity", "ears small to large")
    blush: float = number(0, 1, "identity", "cheeks pale to rosy")
    freckles: bool = flag(0.2, "identity", "freckles over nose and cheeks")
    hair_style: str = kind(HAIR_STYLES, "identity", "how the hair is worn", shares=(2, 3, 3, 3, 3, 3, 2, 2))
    hair_colour: str = kind(
        HAIR_COLOURS, "identity", "colour of hair, brows and beard", shares=(5, 5, 4, 4, 4, 3, 2, 2)
    )
    beard: str = kind(BEARDS, "identity", "hair of chin and lip", shares=(8, 3, 2, 3, 4))

    glasses: bool = flag(0.35, "wear", "wears glasses")
    frames: str = kind(FRAMES, "wear", "shape of the glasses, if there are any")
    hat: str = kind(HATS, "wear", "what is on the head", shares=(7, 1, 1, 1))
    hat_hue: float = number(0, 1, "wear", "colour of the hat, around a circle of them", default=0.0)
    clothes_hue: float = number(0, 1, "wear", "colour of the clothes, around a circle of them", default=0.6)

    light: float = number(-1, 1, "setting", "light from the left or the right", default=-0.5)
    background: float = number(0, 1, "setting", "colour of the background, around a circle of them")


SKINS = hexed("fde4d2", "f8d0b2", "edb68e", "cf9468", "a36b45", "764a32")
"""Along `skin`, evenly."""

HAIRS = hexed("2a2226", "553626", "86412a", "c25a2a", "e3b968", "9c9a9c", "4a6db0", "d9829c")
"""By HAIR_COLOURS."""

IRISES = hexed("5d3a20", "8a6a32", "4f8a54", "4584bd", "7f8f9c")
"""By EYE_COLOURS."""
