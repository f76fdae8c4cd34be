"""Draws the raster pictures that install prompts and link previews need: pictures.py FONT TARGET.

Shapes are polygons, filled by scan lines with 4 x 4 samples a pixel; text comes from the font's outlines. Nothing but
the standard library and fontTools.
"""

import math
import pathlib
import struct
import sys
import zlib

from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

SAMPLES = 4
NIGHT, VIOLET, CYAN, WHITE, HAZE = (11, 10, 31), (164, 107, 255), (56, 225, 245), (247, 246, 255), (186, 182, 214)


class Picture:
    def __init__(self, width, height, colour_at):
        self.width, self.height = width, height
        self.rows = [[colour_at(x, y) for x in range(width)] for y in range(height)]

    def fill(self, polygons, colour, opacity=1.0):
        """Even contours wind one way, holes the other (non-zero rule)."""
        edges = []
        for points in polygons:
            for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1]):
                if y0 != y1:
                    edges.append((x0, y0, x1, y1, 1) if y0 < y1 else (x1, y1, x0, y0, -1))
        if not edges:
            return
        top = max(0, math.floor(min(edge[1] for edge in edges)))
        bottom = min(self.height, math.ceil(max(edge[3] for edge in edges)))
        for y in range(top, bottom):
            cover = {}
            for sample in range(SAMPLES):
                line = y + (sample + 0.5) / SAMPLES
                hits = sorted(
                    (x0 + (line - y0) * (x1 - x0) / (y1 - y0), way) for x0, y0, x1, y1, way in edges if y0 <= line < y1
                )
                winding = 0
                for (start, way), (end, _) in zip(hits, hits[1:]):
                    winding += way
                    if winding != 0:
                        self._span(cover, start, end)
            row = self.rows[y]
            for x, amount in cover.items():
                share = min(1.0, amount / SAMPLES) * opacity
                row[x] = tuple(round(old + (new - old) * share) for old, new in zip(row[x], colour))

    def _span(self, cover, start, end):
        start, end = max(0.0, start), min(float(self.width), end)
        x = int(start)
        while x < end:
            cover[x] = cover.get(x, 0.0) + min(end, x + 1) - max(start, x)
            x += 1

    def png(self):
        raw = b"".join(b"\0" + bytes(value for pixel in row for value in pixel) for row in self.rows)

        def chunk(kind, data):
            body = kind + data
            return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")


def hexagon(x, y, radius):
    return [(x + radius * math.sin(k * math.pi / 3), y - radius * math.cos(k * math.pi / 3)) for k in range(6)]


def outline(x, y, radius, width):
    return [hexagon(x, y, radius + width / 2), hexagon(x, y, radius - width / 2)[::-1]]


def logo(picture, x, y, radius):
    picture.fill([hexagon(x, y, radius)], VIOLET, 0.28)
    picture.fill([hexagon(x, y, radius * 0.5)], VIOLET, 0.6)
    picture.fill(outline(x, y, radius, radius * 0.14), CYAN)
    picture.fill(outline(x, y, radius * 0.5, radius * 0.14), CYAN)


def night(width, height):
    """The arena's sky: violet above, a cyan glow in a lower corner."""

    def colour(x, y):
        u, v = x / width, y / height
        violet = max(0.0, 1 - math.hypot((u - 0.4) * 1.1, v + 0.15)) * 0.75
        cyan = max(0.0, 1 - math.hypot(u - 1.1, (v - 1.2) * 1.2)) * 0.45
        return tuple(
            round(min(255, base + violet * (78, 44, 190)[k] + cyan * (10, 120, 150)[k])) for k, base in enumerate(NIGHT)
        )

    return colour


class Flatten(BasePen):
    """Collects contours as polygons."""

    def __init__(self, glyphs):
        super().__init__(glyphs)
        self.polygons = []

    def _moveTo(self, point):
        self.polygons.append([point])

    def _lineTo(self, point):
        self.polygons[-1].append(point)

    def _curveToOne(self, one, two, three):
        zero = self.polygons[-1][-1]
        for step in range(1, 9):
            t = step / 8
            a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            self.polygons[-1].append(tuple(a * zero[k] + b * one[k] + c * two[k] + d * three[k] for k in (0, 1)))


def write(picture, font, text, x, y, size, colour):
    glyphs, names = font.getGlyphSet(), font.getBestCmap()
    scale = size / font["head"].unitsPerEm
    for letter in text:
        pen = Flatten(glyphs)
        glyph = glyphs[names[ord(letter)]]
        glyph.draw(pen)
        picture.fill([[(x + px * scale, y - py * scale) for px, py in points] for points in pen.polygons], colour)
        x += glyph.width * scale
    return x


def main(font_path, target):
    target = pathlib.Path(target)
    for name, size, share in (("icon-192", 192, 0.4), ("icon-512", 512, 0.4), ("icon-180", 180, 0.38), ("icon-maskable-512", 512, 0.3)):
        picture = Picture(size, size, night(size, size))
        logo(picture, size / 2, size / 2, size * share)
        (target / f"{name}.png").write_bytes(picture.png())
    variable = TTFont(font_path)
    axes = {axis.axisTag: axis.defaultValue for axis in variable["fvar"].axes}
    bold = instantiateVariableFont(variable, {**axes, "wght": 800})
    picture = Picture(1200, 630, night(1200, 630))
    logo(picture, 215, 300, 120)
    after = write(picture, bold, "Quiz", 390, 320, 120, WHITE)
    write(picture, bold, "Mania", after, 320, 120, CYAN)
    write(picture, bold, "Same question. Same second.", 394, 400, 44, HAZE)
    for place, colour in enumerate(((255, 143, 143), (122, 190, 255), (242, 192, 75), (103, 224, 156))):
        left = 394 + place * 170
        picture.fill([[(left, 460), (left + 150, 460), (left + 150, 476), (left, 476)]], colour)
    (target / "card.png").write_bytes(picture.png())


if __name__ == "__main__":
    main(*sys.argv[1:])
