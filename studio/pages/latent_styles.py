"""The keys of the Latent page that mix styles: whose it is, and the layer it begins at."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from studio.pages.latent_keys import LatentKeys
from studio.widgets.letters import Letters

if TYPE_CHECKING:
    from models.latent.journey import Journey
    from models.latent.model import Latents

SEEDS = 1000
"""Random styles to choose from, few enough for their seeds to be remembered."""


class LatentStyles(LatentKeys):
    """Taking over the style of a mark or of a random point, and giving it back."""

    @property
    def styled(self) -> Journey:
        """The journey. Raises UsageError where there are no styles."""
        from models.latent.model import unstyled

        journey = self.here
        if not journey.depth and self.opened is not None:
            raise unstyled(self.opened.entry.family)
        return journey

    def action_style(self) -> None:
        journey = self.styled
        self.halt()

        def chosen(letter: str | None) -> None:
            if letter:
                self._dress(journey, journey.marks.point(letter), letter)
            elif letter is not None:
                seed = random.randrange(SEEDS)
                self.draw(seed, lambda point: self._dress(journey, point, str(seed)))

        letters = journey.marks.letters
        self.app.push_screen(
            Letters("Take over the style of which mark?", letters, only_taken=True, otherwise="one at random"), chosen
        )

    def _dress(self, journey: Journey, point: Latents, name: str) -> None:
        if self.journey is journey:
            self.halt()
            journey.dress(point, name)
            self.moved()

    def action_layer(self, by: int) -> None:
        journey = self.styled
        self.halt()
        journey.shift(by)
        self.moved()

    def action_unstyle(self) -> None:
        journey = self.styled
        self.halt()
        journey.undress()
        self.moved()
