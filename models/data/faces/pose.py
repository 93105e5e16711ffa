"""Where the parts of each face are: its measures from identity, moved by expression and the turn of the head."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.data.attributes import Table, schema
from models.data.faces.canvas import Colour, Field
from models.data.faces.face import HAIRS, IRISES, SKINS, Face
from models.vision.drawn.fields import ramp

YAW = np.radians(23)
ROLL = np.radians(8)
MIDDLE = 0.08
"""The y of the head's middle."""

EDGE = -0.32
"""The y of a hat's lower edge, in the middle."""


MOUTH = 0.44
"""The y of the mouth's middle, of a nose of middling length."""


@dataclass(frozen=True, slots=True)
class Pose:
    """n faces, measured. Fields have shape (n, 1, 1), in halves of the picture's side; colours shape (n, 3, 1, 1)."""

    table: Table[Face]
    wide: Field
    high: Field
    yaw: Field
    roll: Field
    skin: Colour
    hair: Colour
    iris: Colour

    @classmethod
    def of(cls, table: Table[Face]) -> Pose:
        """The measures of the faces of a table."""
        return cls(
            table,
            wide=0.47 + 0.05 * _field(table, "face_width"),
            high=0.58 + 0.035 * _field(table, "face_length"),
            yaw=np.float32(YAW) * _field(table, "turn"),
            roll=np.float32(ROLL) * _field(table, "tilt"),
            skin=ramp(table["skin"], SKINS)[:, :, None, None],
            hair=HAIRS[table["hair_colour"]][:, :, None, None],
            iris=IRISES[table["eye_colour"]][:, :, None, None],
        )

    def field(self, name: str) -> Field:
        """A number or flag, shape (n, 1, 1)."""
        return _field(self.table, name)

    def chosen(self, name: str, figures: dict[str, float]) -> Field:
        """The figure that stands for each face's kind, shape (n, 1, 1); 0 for kinds without one."""
        from_kind = [figures.get(kind, 0.0) for kind in self.kinds(name)]
        return np.asarray(np.array(from_kind, np.float32)[self.table[name]][:, None, None])

    def kinds(self, name: str) -> tuple[str, ...]:
        """What an attribute may be."""
        return next(each.kinds for each in schema(Face) if each.name == name)

    def across(self, place: Field | float) -> tuple[Field, Field]:
        """Where a place of the face, -1..1 across it, is seen, and how much narrower than from the front."""
        angle = np.arcsin(np.clip(place, -0.98, 0.98))
        seen = np.sin(angle + self.yaw) * self.wide
        return np.asarray(seen, np.float32), np.asarray(np.cos(angle + self.yaw) / np.cos(angle), np.float32)


def _field(table: Table[Face], name: str) -> Field:
    return np.asarray(table[name], np.float32)[:, None, None]
