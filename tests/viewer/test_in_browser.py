"""The report in a real browser: it draws, it answers, it asks the network nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.viewer.fake_run import write_fake_run

from regard.viewer import write_report

NASTY = (
    "<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>"
    "</script><script>document.title='hacked'</script><answer>7</answer>"
)

Open = Callable[..., Any]


@pytest.fixture
def open_page(browser: Any) -> Iterator[Open]:
    """Open a report; at the end, no error in the console and no request but for the file itself."""
    complaints: list[str] = []
    contexts = []

    def opened(report: Path, *, width: int = 1280, height: int = 900, scheme: str = "light") -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: complaints.append(request.url[:80]))
        page.goto(report.as_uri())
        page.wait_for_selector("footer", state="attached")
        page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)))")
        complaints.remove(report.as_uri()[:80])
        return page

    yield opened
    for context in contexts:
        context.close()
    # An embedded image is its own "request" that goes nowhere.
    assert [text for text in complaints if not text.startswith("data:")] == []


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "quickstart"
    return write_report(write_fake_run(folder, recorded_every=30, groups=3, size=4))


@pytest.fixture
def odd_run(tmp_path: Path) -> Path:
    """One group with known boxes and hostile texts."""
    (tmp_path / "images").mkdir()
    Image.new("RGB", (100, 50), "white").save(tmp_path / "images" / "a.png")
    image = {"type": "image", "image": "images/a.png", "width": 100, "height": 50}
    target = {"type": "box", "x0": 10, "y0": 10, "x1": 60, "y1": 30, "frame": "pixels"}
    example = {
        "id": NASTY, "kind": NASTY, "source": NASTY, "target": target,
        "messages": [{"role": "user", "content": [image, {"type": "text", "text": NASTY}]}],
    }  # fmt: skip
    answer = {
        "text": NASTY, "num_tokens": 3, "finish": "length", "advantage": 0.7,
        "frames": [{"original": [100, 50], "model_input": [200, 100], "answers_in": "input"}],
        "score": {
            "value": 1.0, "reason": NASTY, "parsed": [20, 20, 120, 80],
            "parts": {NASTY: {"value": 1.0, "reason": NASTY, "parts": {"deep": {"value": 0.5}}}},
        },
    }  # fmt: skip
    row = {"step": 1, "stage": NASTY, "example": example, "completions": [answer, {}]}
    (tmp_path / "rollouts").mkdir()
    (tmp_path / "rollouts" / "step-000001.jsonl").write_text(json.dumps(row) + "\n")
    (tmp_path / "metrics.jsonl").write_text(
        json.dumps({"step": 1, "stage": NASTY, NASTY: 1.0}) + "\n"
    )
    return write_report(tmp_path)


def test_curves_are_drawn_for_every_metric(open_page: Open, report: Path):
    page = open_page(report)
    titles = page.locator(".chart h3").all_inner_texts()
    for title in (
        "Reward",
        "Accuracy, held out",
        "KL to the reference",
        "Seconds a step, by phase",
    ):
        assert title in titles
    assert "replay/num_groups" in titles  # a metric nobody told the page about
    assert {"Loss, cold start", "Loss, rl"} <= set(titles)
    for chart in page.locator(".chart").all():
        assert chart.locator("path.curve, path.stack").count() > 0
    assert page.locator("#accuracy tbody tr").count() == 4


def test_pointing_at_a_curve_reads_all_of_them(open_page: Open, report: Path):
    page = open_page(report)
    chart = page.locator(".chart", has_text="Gradient norm")
    chart.scroll_into_view_if_needed()
    value = chart.locator(".legend b")
    before = value.inner_text()
    box = chart.locator("svg").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + 80)
    assert value.inner_text() != before
    readouts = set(page.locator(".chart-head > span").all_inner_texts())
    assert len(readouts) == 1
    assert readouts.pop().startswith("step ")


def test_smoothing_can_be_taken_off(open_page: Open, report: Path):
    page = open_page(report)
    assert page.locator("path.raw").count() > 5
    page.locator("#smooth").uncheck()
    assert page.locator("path.raw").count() == 1  # the training accuracy behind the evaluations


def test_slider_arrows_and_filters_change_the_gallery(open_page: Open, report: Path):
    page = open_page(report)
    assert "Step 271" in page.locator("#now").inner_text()
    page.locator("#step").fill("0")
    assert "Step 121" in page.locator("#now").inner_text()
    assert "digits-121-0" in page.locator(".group").first.inner_text()
    page.locator("h1").click()
    page.keyboard.press("ArrowRight")
    assert "Step 151" in page.locator("#now").inner_text()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert "Step 121" in page.locator("#now").inner_text()
    assert page.locator(".group").count() == 3
    page.locator("#kind").select_option("where")
    assert page.locator(".group").count() == 1


def test_a_click_on_a_curve_goes_to_its_rollouts(open_page: Open, report: Path):
    page = open_page(report)
    box = page.locator(".chart svg").first.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.55, box["y"] + 60)
    assert "Step 151" in page.locator("#now").inner_text()


def test_boxes_lie_where_they_belong(open_page: Open, odd_run: Path):
    page = open_page(odd_run)
    image = page.locator(".picture img").bounding_box()
    places = {
        ".wanted .stroke": (0.1, 0.2, 0.6, 0.6),  # (10, 10, 60, 30) of 100 x 50
        ".found .stroke": (0.1, 0.2, 0.6, 0.8),  # (20, 20, 120, 80) of 200 x 100
    }
    for selector, (x0, y0, x1, y1) in places.items():
        box = page.locator(f".picture {selector}").evaluate(
            "(rect) => { const b = rect.getBBox(), m = rect.getScreenCTM();"
            " return [b.x * m.a + m.e, b.y * m.d + m.f, b.width * m.a, b.height * m.d]; }"
        )
        assert box == pytest.approx(
            [image["x"] + x0 * image["width"], image["y"] + y0 * image["height"],
             (x1 - x0) * image["width"], (y1 - y0) * image["height"]], abs=0.6,
        )  # fmt: skip


def test_small_images_are_enlarged_with_sharp_pixels_and_drawn(open_page: Open, odd_run: Path):
    image = open_page(odd_run).locator(".picture img")
    assert image.evaluate("i => [i.complete, i.naturalWidth]") == [True, 100]
    assert image.evaluate("i => getComputedStyle(i).imageRendering") == "pixelated"
    assert image.bounding_box()["width"] == pytest.approx(200)


def test_what_a_model_wrote_is_text_and_nothing_else(open_page: Open, odd_run: Path):
    page = open_page(odd_run)
    assert page.title() == f"{odd_run.parent.name} · Regard"
    assert page.locator(".card .text").first.inner_text() == NASTY
    assert page.locator(".prompt").inner_text() == NASTY
    assert page.locator("img").count() == 1
    assert page.locator("script").count() == 2


def test_a_group_shows_parts_of_parts_advantage_and_marks(open_page: Open, odd_run: Path):
    card = open_page(odd_run).locator(".card").first
    assert card.locator(".parts tr").count() == 2
    assert card.locator(".parts .deep1").inner_text().split() == ["deep", "0.5"]
    assert "+0.70" in card.inner_text()
    assert card.locator(".advantage .plus").count() == 1
    assert "cut" in card.locator(".marks").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_sticks_out_on_a_phone(open_page: Open, report: Path, scheme: str):
    page = open_page(report, width=360, height=740, scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_an_almost_empty_run_is_a_page_too(open_page: Open, tmp_path: Path):
    (tmp_path / "run.json").write_text("{}")
    page = open_page(write_report(tmp_path))
    assert "metrics.jsonl is missing." in page.locator(".notes").inner_text()
    assert "No rollouts have been recorded" in page.locator("#rollouts").inner_text()


def test_one_step_is_enough_for_a_curve(open_page: Open, tmp_path: Path):
    row = {"step": 1, "stage": "rl", "reward/mean": 0.0, "time/update": 0.0, "x/y": -1e-9}
    (tmp_path / "metrics.jsonl").write_text(json.dumps(row) + "\n")
    page = open_page(write_report(tmp_path))
    assert page.locator(".chart").count() == 3
    assert "NaN" not in page.content()
