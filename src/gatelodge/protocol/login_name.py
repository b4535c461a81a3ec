"""What people sign in with, user names and e-mail addresses, in the one form in which they are compared and kept."""

from unicodedata import category, normalize

MAX_NAME = 254  # characters; the longest e-mail address (RFC 5321 4.5.3.1)


def canonical(text: str) -> str:
    """Return the one form of a user name or e-mail address: compatibility characters and case folded, trimmed.

    Raises `ValueError` if it is empty, longer than 254 characters, or has characters that cannot be seen.
    """
    if len(text) > MAX_NAME:
        raise ValueError(f"a name has at most {MAX_NAME} characters")
    folded = _folded(text)
    if not 0 < len(folded) <= MAX_NAME:
        raise ValueError(f"a name has 1 to {MAX_NAME} characters")
    if any(category(character) in _INVISIBLE for character in folded):
        raise ValueError("a name has no control characters")
    return folded


# Control, format (zero width, direction), surrogate, private, unassigned; line and paragraph separators.
_INVISIBLE = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


def _folded(text: str) -> str:
    once = normalize("NFKC", normalize("NFKC", text).casefold()).strip()
    return once if once == text else _folded(once)
