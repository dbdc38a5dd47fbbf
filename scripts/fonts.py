"""Put the page's fonts into static/, out of the packages that `npm ci` has laid down.

Vazirmatn's figures differ in width, and a canvas table cannot ask for its tabular ones, so
Vazirmatn-tnum.woff2 is the same font with the tabular figures in the place of the others.
Run it in the project's folder. Needs requirements-fonts.txt.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from fontTools.ttLib import TTFont

PACKAGES = Path("node_modules/@fontsource-variable")
STATIC = Path("static")
FONTS = {
    "IBMPlexSans.woff2": "ibm-plex-sans/files/ibm-plex-sans-latin-wght-normal.woff2",
    "IBMPlexSans-ext.woff2": "ibm-plex-sans/files/ibm-plex-sans-latin-ext-wght-normal.woff2",
    "Vazirmatn.woff2": "vazirmatn/files/vazirmatn-arabic-wght-normal.woff2",
}
PERSIAN_DIGITS = range(0x06F0, 0x06FA)


def tabular_glyphs(font: TTFont) -> dict[str, str]:
    """Each figure's glyph name to its tabular one's, from the font's `tnum` feature."""
    gsub = font["GSUB"].table
    lookups = {
        index
        for record in gsub.FeatureList.FeatureRecord
        if record.FeatureTag == "tnum"
        for index in record.Feature.LookupListIndex
    }
    glyphs: dict[str, str] = {}
    for index in sorted(lookups):
        for subtable in gsub.LookupList.Lookup[index].SubTable:
            glyphs |= getattr(subtable, "ExtSubTable", subtable).mapping
    return glyphs


def make_tabular(font: TTFont) -> None:
    """Let every figure's character lead to its tabular glyph.

    Raises ValueError if the Persian digits are missing or still differ in width.
    """
    tabular = tabular_glyphs(font)
    for table in font["cmap"].tables:
        table.cmap = {code: tabular.get(glyph, glyph) for code, glyph in table.cmap.items()}
    characters = font.getBestCmap()
    missing = [hex(code) for code in PERSIAN_DIGITS if code not in characters]
    widths = {font["hmtx"][characters[code]][0] for code in PERSIAN_DIGITS if code in characters}
    if missing or len(widths) != 1:
        raise ValueError(f"Persian digits: missing {missing}, widths {sorted(widths)}")


def main() -> None:
    """Write the four files."""
    STATIC.mkdir(exist_ok=True)
    for name, source in FONTS.items():
        shutil.copyfile(PACKAGES / source, STATIC / name)
    font = TTFont(STATIC / "Vazirmatn.woff2", recalcTimestamp=False)
    make_tabular(font)
    font.save(STATIC / "Vazirmatn-tnum.woff2")


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError) as exc:
        sys.exit(f"scripts/fonts.py: {exc}")
