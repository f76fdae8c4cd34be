"""Contrast as it is painted: text colours against the pixels behind them.

Gradients and blur defeat computed styles, so axe cannot tell.
The text is made transparent, the page is photographed, and each text box's pixels are compared with its colour.
"""

import base64

from playwright.async_api import Page

# WCAG 2.2, 1.4.3: normal text, and text of 24 px or of bold 18.66 px.
RATIO_MIN = 4.5
RATIO_LARGE_MIN = 3.0

_BOXES = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const opacity = (element) => {
    let product = 1;
    for (let one = element; one; one = one.parentElement) product *= Number(getComputedStyle(one).opacity);
    return product;
  };
  // Cut off by something around it, or under something that floats.
  const isHidden = (element, { left, top, right, bottom }) => {
    for (let one = element; one && one !== document.body; one = one.parentElement) {
      const { overflowX, overflowY, clipPath } = getComputedStyle(one);
      if (overflowX === "visible" && overflowY === "visible" && clipPath === "none") continue;
      const edge = one.getBoundingClientRect();
      if (left < edge.left - 2 || right > edge.right + 2 || top < edge.top - 2 || bottom > edge.bottom + 2) return true;
      if (edge.width <= 2 || edge.height <= 2) return true;
    }
    const middle = (top + bottom) / 2;
    const points = [[left + 1, top + 1], [right - 1, top + 1], [left + 1, bottom - 1], [right - 1, bottom - 1],
      [(left + right) / 2, middle]];
    return getComputedStyle(element).pointerEvents !== "none" && points.some(([x, y]) => {
      const hit = document.elementFromPoint(x, y);
      return hit && !hit.contains(element) && !element.contains(hit);
    });
  };
  const boxes = [];
  const add = (element, rect, text, style) => {
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return;
    if (element.closest(".sr, .skip:not(:focus), :disabled")) return;
    const inside = rect.width >= 2 && rect.height >= 2 && rect.left >= 0 && rect.top >= 0
      && rect.right <= innerWidth && rect.bottom <= innerHeight;
    if (!inside) return;
    const color = rgba(style.webkitTextFillColor || style.color);
    if (color[3] === 0 || isHidden(element, rect)) return;
    const size = parseFloat(style.fontSize);
    boxes.push({ text: text.trim().slice(0, 30), where: element.className || element.localName,
      x: rect.x, y: rect.y, w: rect.width, h: rect.height,
      color: color.slice(0, 3), alpha: (color[3] / 255) * opacity(element),
      large: size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) });
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: element, data } = walker.currentNode;
    if (!data.trim() || element.closest("script, style, svg, noscript")) continue;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    for (const rect of range.getClientRects()) add(element, rect, data, getComputedStyle(element));
  }
  for (const field of document.querySelectorAll("input[placeholder]:placeholder-shown")) {
    const rect = field.getBoundingClientRect();
    const text = new DOMRect(rect.x + 12, rect.y + rect.height / 4, Math.max(10, rect.width / 2 - 12), rect.height / 2);
    add(field, text, field.placeholder, getComputedStyle(field, "::placeholder"));
  }
  return boxes;
}"""

_HIDE = """() => {
  globalThis.hidden = new CSSStyleSheet();
  globalThis.hidden.replaceSync(`*, ::placeholder { color: transparent !important; text-shadow: none !important;
    -webkit-text-fill-color: transparent !important; caret-color: transparent !important;
    transition: none !important; }`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, globalThis.hidden];
}"""
_SHOW = """() => {
  document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== globalThis.hidden);
}"""

# Runs on a blank page, which has no content policy.
_MEASURE = """async ({ png, boxes, min, minLarge }) => {
  const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const canvas = new OffscreenCanvas(8, 4).getContext("2d", { willReadFrequently: true });
  const linear = (value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const found = [];
  let worst = 21;
  for (const box of boxes) {
    canvas.clearRect(0, 0, 8, 4);
    canvas.drawImage(bitmap, box.x, box.y, box.w, box.h, 0, 0, 8, 4);
    const { data } = canvas.getImageData(0, 0, 8, 4);
    let least = 21;
    for (let at = 0; at < data.length; at += 4) {
      const behind = [data[at], data[at + 1], data[at + 2]];
      const shown = box.color.map((value, part) => value * box.alpha + behind[part] * (1 - box.alpha));
      const [a, b] = [luminance(shown), luminance(behind)];
      least = Math.min(least, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
    }
    worst = Math.min(worst, least);
    if (least < (box.large ? minLarge : min)) found.push(`"${box.text}" (${box.where}): ${least.toFixed(2)}`);
  }
  return { found: [...new Set(found)], worst };
}"""


async def low_contrast(page: Page, blank: Page) -> tuple[int, list[str]]:
    """How many texts are in view, and those with too little contrast."""
    boxes = await page.evaluate(_BOXES)
    await page.evaluate(_HIDE)
    try:
        picture = await page.screenshot(scale="css", animations="allow")
    finally:
        await page.evaluate(_SHOW)
    measured = await blank.evaluate(_MEASURE, {"png": base64.b64encode(picture).decode(), "boxes": boxes,
                                               "min": RATIO_MIN, "minLarge": RATIO_LARGE_MIN})
    return len(boxes), measured["found"]
