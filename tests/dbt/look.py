"""What a browser makes of a page: run by the Python that has playwright, prints JSON.

Usage: look.py <page.html> <chromium>
"""

import json
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

WINDOWS = {"screen": (1280, 900), "phone": (375, 740)}
LOOK = """() => ({
  overflow: document.documentElement.scrollWidth - window.innerWidth,
  charts: [...document.querySelectorAll('figure svg')].filter(
    (each) => each.getBoundingClientRect().height > 50).length,
  marks: document.querySelectorAll('figure svg path').length,
  background: getComputedStyle(document.body).backgroundColor,
  text: getComputedStyle(document.body).color,
  labels: [...new Set([...document.querySelectorAll('figure svg text')].map(
    (each) => getComputedStyle(each).fill))],
  ran: window.ran === undefined ? null : window.ran,
  scripts: document.scripts.length,
  images: document.images.length,
  body: document.body.innerText,
  unlabelled: [...document.querySelectorAll('[role=img], [role=region], nav')].filter(
    (each) => !each.getAttribute('aria-label')).length,
})"""


def look(page_file: str, chromium: str) -> dict[str, Any]:
    """The page in a window and on a phone, in light and in dark."""
    seen: dict[str, Any] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for size, (width, height) in WINDOWS.items():
            for scheme in ("light", "dark"):
                told: list[str] = []
                asked: list[str] = []
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    color_scheme="dark" if scheme == "dark" else "light",
                )
                page = context.new_page()
                page.on("console", lambda each, told=told: told.append(each.text))
                page.on("pageerror", lambda each, told=told: told.append(str(each)))
                page.on("request", lambda each, asked=asked: asked.append(each.url))
                page.on("dialog", lambda each, told=told: (told.append("dialog"), each.dismiss()))
                page.goto(Path(page_file).resolve().as_uri())
                page.keyboard.press("Tab")
                first = page.evaluate("() => document.activeElement.className")
                stops = []
                for _ in range(40):
                    page.keyboard.press("Tab")
                    stops.append(page.evaluate("() => document.activeElement.tagName"))
                seen[f"{size}, {scheme}"] = {
                    **page.evaluate(LOOK),
                    "console": told,
                    "requests": asked,
                    "first stop": first,
                    "stops": stops,
                }
                context.close()
        browser.close()
    return seen


if __name__ == "__main__":
    sys.stdout.write(json.dumps(look(*sys.argv[1:3])))
