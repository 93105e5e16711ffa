"""Which concepts belong together: what stays with a person, what passes, what is put on, what is around."""

from __future__ import annotations

from collections.abc import Sequence

from models.data.faces import SCHEMA
from models.latent.model import Concept

CELEBA = {
    "expression": ("Smiling", "Mouth_Slightly_Open", "Narrow_Eyes"),
    "wear": ("Eyeglasses", "Heavy_Makeup", "Wearing_Earrings", "Wearing_Hat", "Wearing_Lipstick", "Wearing_Necklace",
             "Wearing_Necktie"),
    "setting": ("Blurry",),
    "identity": ("5_o_Clock_Shadow", "Arched_Eyebrows", "Attractive", "Bags_Under_Eyes", "Bald", "Bangs", "Big_Lips",
                 "Big_Nose", "Black_Hair", "Blond_Hair", "Brown_Hair", "Bushy_Eyebrows", "Chubby", "Double_Chin",
                 "Goatee", "Gray_Hair", "High_Cheekbones", "Male", "Mustache", "No_Beard", "Oval_Face", "Pale_Skin",
                 "Pointy_Nose", "Receding_Hairline", "Rosy_Cheeks", "Sideburns", "Straight_Hair", "Wavy_Hair", "Young"),
}  # fmt: skip
"""The attributes of CelebA (Liu et al., "Deep learning face attributes in the wild", 2015) in the same groups."""

KNOWN = {
    **{attribute.name: attribute.group for attribute in SCHEMA},
    **{name: group for group, names in CELEBA.items() for name in names},
}


def group_of(name: str) -> str:
    """The group of a concept by its name, or that of the attribute of whose kinds it is one; empty if unknown."""
    return KNOWN.get(name) or KNOWN.get(name.partition(":")[0], "")


def grouped(concepts: Sequence[Concept], group: str) -> tuple[Concept, ...]:
    """The concepts of a group, in their order."""
    return tuple(concept for concept in concepts if group_of(concept.name) == group)
