"""Outside text made safe to draw: what would steer the terminal, or turn the text around it, becomes a symbol."""

from __future__ import annotations

BIDI = {
    "\u061c": "ALM", "\u202a": "LRE", "\u202b": "RLE", "\u202c": "PDF", "\u202d": "LRO", "\u202e": "RLO",
    "\u2066": "LRI", "\u2067": "RLI", "\u2068": "FSI", "\u2069": "PDI",
}  # fmt: skip
TABLE = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    0x7F: "␡",
    **{code: f"<{code:02X}>" for code in range(0x80, 0xA0)},
    0x2028: "␤",
    0x2029: "␤",
    **{ord(character): f"<{name}>" for character, name in BIDI.items()},
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
}
MANY_LINES = {code: symbol for code, symbol in TABLE.items() if code != 0x0A}


def visible(text: str, *, lines: bool = False) -> str:
    """`text` with every control character shown: ESC as `␛`, C1 controls as `<9B>`, bidi overrides as `<RLO>`.

    The result is one line; with `lines` a newline stays a newline.
    """
    return text.translate(MANY_LINES if lines else TABLE)
