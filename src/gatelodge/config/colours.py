"""Colours that can be told apart (WCAG 2.2, 1.4.3 and 1.4.11)."""

READABLE = 4.5  # the contrast of text with what is behind it


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (`#rrggbb`), from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def written_on(colour: str) -> str:
    """Return black or white, whichever can be read on `colour`."""
    return max(("#ffffff", "#000000"), key=lambda ink: contrast(ink, colour))


def _luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
