"""The display column player_lookup."""

import string
import unicodedata


def player_lookup(name: str) -> str:
    """Lower-case the name, fold its accents, remove every character but a-z."""
    decomposed = unicodedata.normalize("NFKD", name.lower())
    return "".join(letter for letter in decomposed if letter in string.ascii_lowercase)
