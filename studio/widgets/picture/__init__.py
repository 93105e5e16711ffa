"""Pictures on the screen: half-blocks, sixel or Kitty's protocol, encoded off the event loop."""

from studio.widgets.picture.thumbnail import Thumbnail
from studio.widgets.picture.view import PictureView

__all__ = ["PictureView", "Thumbnail"]
