"""Pictures that are always at hand: those inside the scikit-image package, read from its folder.

scikit-image itself is not imported: its loader knows how to fetch, and nothing here may touch the network.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from models.errors import UnavailableError


@dataclass(frozen=True, slots=True)
class Sample:
    """An embedded picture: its name, a title for people, its file in scikit-image's data folder."""

    name: str
    title: str
    file: str

    def path(self) -> Path:
        """Where it lies. Raises UnavailableError if scikit-image was installed without it."""
        found = importlib.util.find_spec("skimage")
        folders = (found.submodule_search_locations if found is not None else None) or []
        for folder in folders:
            place = Path(folder, "data", self.file)
            if place.is_file():
                return place
        raise UnavailableError(f"{self.name} is not in the installed scikit-image; name a picture of your own instead")


SAMPLES = {
    sample.name: sample
    for sample in (
        Sample("chelsea", "Chelsea, a cat", "chelsea.png"),
        Sample("coffee", "A cup of coffee on a table", "coffee.png"),
        Sample("astronaut", "Eileen Collins, astronaut", "astronaut.png"),
        Sample("rocket", "A rocket on its launch pad", "rocket.jpg"),
        Sample("motorcycle", "A motorcycle in a workshop", "motorcycle_left.png"),
        Sample("hubble", "Galaxies: the Hubble deep field", "hubble_deep_field.jpg"),
        Sample("retina", "The back of an eye", "retina.jpg"),
        Sample("tissue", "Stained tissue under the microscope", "ihc.png"),
        Sample("camera", "A man with a camera, in grey", "camera.png"),
        Sample("moon", "The surface of the moon, in grey", "moon.png"),
        Sample("coins", "Coins from Pompeii, in grey", "coins.png"),
        Sample("gravel", "Gravel, in grey", "gravel.png"),
        Sample("grass", "Grass, in grey", "grass.png"),
        Sample("brick", "A brick wall, in grey", "brick.png"),
    )
}
"""By name; the ones that dreams and styles suit best come first."""
