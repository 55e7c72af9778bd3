"""Invented names of players: made of syllables, readable, nobody's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gapless_nba.simulate.streams import pick

if TYPE_CHECKING:
    from gapless_nba.simulate.streams import Draw

_GIVEN_STARTS = (
    "Ar", "Bel", "Cor", "Dav", "El", "Fen", "Gio", "Hal", "Il", "Jo", "Kel", "Lu",
    "Mar", "Ni", "Or", "Pel", "Quo", "Ro", "Sem", "Tar", "Ul", "Vin", "Xa", "Zo",
)  # fmt: skip
_GIVEN_ENDS = (
    "bin", "dric", "érik", "fo", "gan", "jon", "lo", "mir", "nell", "öm", "quis", "rell",
    "şan", "tavo", "uro", "van", "wyn", "xo", "yan", "zel",
)  # fmt: skip
_FAMILY_STARTS = (
    "Ab", "Bran", "Cal", "Dor", "Ek", "Fal", "Gor", "Hov", "Ib", "Jar", "Kob", "Lem",
    "Mol", "Nar", "Ob", "Pad", "Quil", "Ras", "Sol", "Tev", "Ud", "Vol", "Wex", "Yar",
    "Zim", "Blen", "Cru", "Drav", "Fro", "Glin", "Kru", "Plo", "Skav", "Sten", "Thro", "Tru",
    "Vlad", "Whel", "Zdra", "Shu",
)  # fmt: skip
_FAMILY_ENDS = (
    "ado", "bek", "cić", "dane", "elo", "foss", "gard", "hart", "imov", "jé", "kson", "lund",
    "mott", "nöy", "oba", "pira", "quet", "rović", "şek", "tano", "ulic", "vant", "well", "xen",
    "yoma", "zent", "bury", "croft", "drum", "fane", "gill", "holt", "kamp", "ledge", "marsh",
    "nidze", "pohl", "quay", "stad", "thorn",
)  # fmt: skip
_PREFIXES = ("D'", "O'", "Mc")
_SUFFIXES = (" Jr.", " III", " II")
_PREFIXED, _HYPHENATED, _SUFFIXED = 0.05, 0.09, 0.14  # cumulative shares of such names
FAMILY_NAMES = len(_FAMILY_STARTS) * len(_FAMILY_ENDS)
_STRIDE = 797  # shares no factor with FAMILY_NAMES; neighbours in number get unlike names


def player_name(number: int, draw: Draw) -> str:
    """Make the name of a player.

    Args:
        number: Players whose numbers differ by less than `FAMILY_NAMES` get different family names.
        draw: The player's own stream.

    Returns:
        Given name and family name, some with accents, apostrophes, hyphens or suffixes.
    """
    given = pick(draw, _GIVEN_STARTS) + pick(draw, _GIVEN_ENDS)
    start, end = divmod(number * _STRIDE % FAMILY_NAMES, len(_FAMILY_ENDS))
    family = _FAMILY_STARTS[start] + _FAMILY_ENDS[end]
    kind = draw()
    if kind < _PREFIXED:
        return f"{given} {pick(draw, _PREFIXES)}{family}"
    if kind < _HYPHENATED:
        return f"{given} {family}-{pick(draw, _FAMILY_STARTS)}{pick(draw, _FAMILY_ENDS)}"
    if kind < _SUFFIXED:
        return f"{given} {family}{pick(draw, _SUFFIXES)}"
    return f"{given} {family}"
