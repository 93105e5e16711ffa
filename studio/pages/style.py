"""The Style page: a picture is painted anew in the style of others, in sight."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from studio.pages.easel import EaselPage


class StylePage(EaselPage):
    """Neural style transfer."""

    title = "Style"
    key = "6"
    accent = "$family-style"
    family = "style"
    sources = ("content", "styles", "masks", "start_picture")
    strength = "style_weight"
    tunable = ("style_weight", "content_weight", "total_variation", "blend")
    help = """
A picture is painted anew: its content stays, the strokes and colours of another take over. Choose the picture with o,
the style with e (a adds another one), and start with Ctrl+S. While it paints, [ and ] change how strong the style is;
other knobs are changed in the recipe and taken over with t. Results are kept: , and . go through them.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "styles", "Style", id="style.styles", tooltip="Choose the picture whose style is taken"),
        Binding("a", "add_style", "Add style", id="style.add", show=False, tooltip="Blend in another style"),
    ]

    def action_styles(self) -> None:
        self.pick("styles", "Whose style?", "style")

    def action_add_style(self) -> None:
        """Choose one more style beside those there are."""
        from studio.widgets.picture_picker import PicturePicker

        def chosen(source: str | None) -> None:
            if source is not None:
                now = self.pane.form.values().get("styles", ())
                self.pane.set(styles=(*now, source))

        self.app.push_screen(
            PicturePicker("One more style", self.services.registry, self.services.opener, first="style"), chosen
        )
