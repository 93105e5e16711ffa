"""Texts with a public address: fetched once, checked against their SHA-256, and kept."""

from __future__ import annotations

from models.downloads import Download


def _text(name: str, url: str, size: int, sha256: str) -> Download:
    return Download(name, url, size, sha256, f"corpora/{name}.txt")


DOWNLOADS = {
    text.name: text
    for text in (
        _text(
            "nietzsche",
            "https://s3.amazonaws.com/text-datasets/nietzsche.txt",
            600_901,
            "23cf69874ab69d3d256099ab530ea4be24d47d9675b673bcc67cbcd6298ec647",
        ),
        _text(
            "shakespeare",
            "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
            1_115_394,
            "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        ),
    )
}
