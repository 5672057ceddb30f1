"""Take the picture of a report that the README shows: `python take_picture.py RUN_FOLDER PICTURE`.

The page is shortened to its first six curves and two groups, so that one look takes in all of it.
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

from PIL import Image

from regard.viewer import write_report

SHORTEN = """
const drop = (selector, from) => [...document.querySelectorAll(selector)].slice(from).forEach((e) => e.remove());
show(Math.round(0.1 * DATA.rollouts.steps.length));
drop('.others', 0); drop('.chart', 6); drop('#about', 0);
const all = [...document.querySelectorAll('.group')];
const teaching = all.filter((group) => !group.textContent.includes('no signal'));
const groups = [...teaching, ...all.filter((group) => !teaching.includes(group))];
const withShapes = groups.find((group) => group.querySelector('.wanted'));
const shown = [...new Set([groups[0], withShapes ?? groups[1]])];
groups.filter((group) => !shown.includes(group)).forEach((group) => group.remove());
"""  # noqa: E501


def picture(report: Path, *, width: int = 1280) -> Image.Image:
    """The shortened page as an image of 256 colours: a third of the bytes, no loss to the eye."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--headless", "--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": width, "height": 900}, device_scale_factor=1.5)
        page.goto(report.resolve().as_uri())
        page.wait_for_selector("path.curve")
        page.evaluate(SHORTEN)
        content = page.screenshot(full_page=True)
        browser.close()
    return Image.open(io.BytesIO(content)).convert("RGB").quantize(256, dither=Image.Dither.NONE)


if __name__ == "__main__":
    run_folder, path = map(Path, sys.argv[1:3])
    path.parent.mkdir(parents=True, exist_ok=True)
    picture(write_report(run_folder)).save(path, optimize=True)
