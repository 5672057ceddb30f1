"""Records: JSON that becomes an example, and the errors of records that cannot."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.data.pictures import picture, png, turned

from regard.data.images import ImageStore
from regard.data.records import ImageReader, example_from_json, example_to_json
from regard.data.targets import TYPES, target_from_json, target_to_json
from regard.errors import DataError
from regard.types import (
    Box,
    Choice,
    Example,
    Expression,
    Forgery,
    Frame,
    FreeText,
    GuiAction,
    Label,
    LabelledBox,
    LabelledBoxes,
    Message,
    Number,
    Point,
)


@pytest.fixture
def read(folder):
    """Reads a record whose pictures lie beside cat.png."""
    reader = ImageReader(ImageStore(), folder)
    return lambda record: example_from_json({"id": "a17", "target": 1, **record}, reader)


CAT = ImageStore().put(png(64, 48))

# ------------------------------------------------------------------------------------------ reading


def test_a_placeholder_is_where_the_image_belongs(read):
    example = read({"prompt": "Look: <image> How many?", "images": ["cat.png"]})
    assert example.messages == (Message("user", ("Look: ", CAT, " How many?")),)


def test_messages_may_hold_several_images_and_several_turns(read):
    part = {"type": "image", "image": "cat.png", "width": 64, "height": 48}
    example = read(
        {
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": [part, {"type": "text", "text": "vs."}, part]},
                {"role": "assistant", "content": "Equal."},
                {"role": "user", "content": "Why?"},
            ]
        }
    )
    assert [message.role for message in example.messages] == ["system", "user", "assistant", "user"]
    assert example.messages[1].parts == (CAT, "vs.", CAT)
    assert example.question == "Why?"


def test_placeholders_in_messages_take_the_images_of_the_record_in_order(read, folder):
    (folder / "dog.png").write_bytes(png(10, 10))
    example = read(
        {
            "messages": [
                {"role": "user", "content": "<image>"},
                {"role": "user", "content": "or <image>?"},
            ],
            "images": ["cat.png", "dog.png"],
        }
    )
    assert [image.width for image in example.images] == [64, 10]


def test_a_question_without_an_image_is_ordinary(read):
    assert read({"prompt": "What is 2 + 3?"}).images == ()


@pytest.mark.parametrize(
    "image",
    [
        "cat.png",
        {"path": "cat.png"},
        {"path": "elsewhere.png", "bytes": png(64, 48)},
        {"path": None, "bytes": base64.b64encode(png(64, 48)).decode()},
        png(64, 48),
        base64.b64encode(png(64, 48)).decode(),
        "data:image/png;base64," + base64.b64encode(png(64, 48)).decode(),
    ],
    ids=["path", "path object", "bytes object", "base64 object", "bytes", "base64", "data uri"],
)
def test_an_image_may_come_in_any_of_these_forms(read, image):
    assert read({"prompt": "<image>?", "images": [image]}).images == (CAT,)


def test_a_whole_number_may_be_an_id(read):
    assert read({"id": 17, "prompt": "?"}).id == "17"


TARGETS = [
    ("a red car", FreeText("a red car")),
    (12, Number(12.0)),
    ({"type": "choice", "letter": "B", "options": ["cat", "dog"]}, Choice("B", ("cat", "dog"))),
    ({"type": "number", "value": 3.5, "tolerance": 0.05, "unit": "cm"}, Number(3.5, 0.05, "cm")),
    ({"type": "expression", "latex": "\\frac{1}{2}"}, Expression("\\frac{1}{2}")),
    ({"type": "text", "text": "car", "alternatives": ["auto"]}, FreeText("car", ("auto",))),
    ({"type": "label", "name": "cat", "classes": ["cat", "dog"]}, Label("cat", ("cat", "dog"))),
    ({"type": "box", "box": [1, 2, 3, 4]}, Box(1, 2, 3, 4)),
    (
        {"type": "boxes", "boxes": [{"label": "cat", "box": [0, 0, 1, 1], "frame": "unit"}]},
        LabelledBoxes((LabelledBox("cat", Box(0, 0, 1, 1, Frame.UNIT)),)),
    ),
    ({"type": "boxes", "boxes": []}, LabelledBoxes(())),
    ({"type": "point", "point": [5, 6], "frame": "per_mille"}, Point(5, 6, Frame.PER_MILLE)),
    (
        {"type": "action", "kind": "click", "target": {"type": "point", "point": [5, 6]}},
        GuiAction("click", Point(5, 6)),
    ),
    ({"type": "action", "kind": "type", "text": "hello"}, GuiAction("type", None, "hello")),
    (
        {"type": "forgery", "verdict": "tampered", "region": {"type": "box", "box": [1, 2, 3, 4]}},
        Forgery("tampered", Box(1, 2, 3, 4)),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("written", "target"), TARGETS, ids=lambda value: str(value)[:40])
def test_each_sort_of_target_has_its_form(written, target):
    assert target_from_json(written) == target
    assert target_from_json(json.loads(json.dumps(target_to_json(target)))) == target


def test_every_sort_of_target_is_in_the_table():
    assert {type(target) for _, target in TARGETS} == set(TYPES.values())


# ------------------------------------------------------------------------------------------- errors

PICTURE = {"prompt": "<image>?", "images": ["cat.png"]}


def ask(content, role="user"):
    return {"messages": [{"role": role, "content": content}]}


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (
            {"prompt": "<image><image>?", "images": ["cat.png"]},
            "2 <image> in the text, but 1 in 'images'",
        ),
        ({"prompt": "?", "images": ["cat.png"]}, "0 <image> in the text, but 1"),
        ({"prompt": "<image>?"}, "1 <image> in the text, but 0"),
        ({"prompt": "<image>?", "images": "cat.png"}, "'images' should be a list"),
        ({"prompt": "<image>?", "images": ["dog.png"]}, "dog.png: no such file"),
        ({"prompt": "<image>?", "images": ["https://x.org/cat.png"]}, "is on the network"),
        ({"prompt": "<image>?", "images": [{"path": None}]}, "neither 'bytes' nor 'path'"),
        ({"prompt": "<image>?", "images": [{"url": "x"}]}, "unknown field 'url'"),
        ({"prompt": "<image>?", "images": [b"GIF? no"]}, "not an image"),
        ({"prompt": "<image>?", "images": [3]}, "expected a path, base64"),
        ({}, "expected either 'prompt' or 'messages', got neither"),
        ({"prompt": "?", "messages": []}, "got both"),
        ({"prompt": 3}, "'prompt' should be a text, got 3"),
        ({"messages": []}, "no message of the user"),
        (
            {"messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}]},
            "belongs in 'gold'",
        ),
        (ask("?", role="human"), "messages[0]: unknown role 'human'"),
        (ask(3), "'content' should be a text or a list"),
        (ask([{"type": "video"}]), "content[0]: unknown type 'video'"),
        ({"messages": ["?"]}, "messages[0]: expected a JSON object"),
        (
            ask([{"type": "image", "image": "cat.png", "width": 48, "height": 64}]),
            "is 64x48, but the record says 48x64",
        ),
        ({"prompt": "?", "metadata": {}}, "unknown field 'metadata'; did you mean 'meta'"),
        ({"prompt": "?", "meta": 3}, "'meta' should be an object"),
        ({"prompt": "?", "gold": 3}, "'gold' should be a text"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_record_that_cannot_be_says_why(read, record, said):
    with pytest.raises(DataError) as error:
        read(record)
    assert said in str(error.value)
    assert "example 'a17'" in str(error.value)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (None, "'target' is missing"),
        (True, "target: expected a JSON object, got True"),
        ({"type": "numbr"}, "did you mean 'number'"),
        ({"value": 3}, "target: 'type' is missing; it has: value"),
        ({"type": "number"}, "'value' is missing"),
        ({"type": "number", "value": "12"}, "'value' should be a finite number, got '12'"),
        ({"type": "number", "value": 10**400}, "'value' should be a finite number"),
        ({"type": "number", "value": 1, "units": "cm"}, "did you mean 'unit'"),
        (
            {"type": "choice", "letter": "C", "options": ["x", "y"]},
            "'C' is none of its 2 options, A to B",
        ),
        ({"type": "label", "name": "cta", "classes": ["cat"]}, "'cta' is none of its classes"),
        ({"type": "box", "box": [1, 2, 3]}, "'box' should be a list of 4 finite numbers"),
        ({"type": "box", "box": [1, 2, 3, 4], "frame": "pixel"}, "did you mean 'pixels'"),
        ({"type": "boxes"}, "write [] where there is no object"),
        (
            {"type": "boxes", "boxes": [{"box": [1, 2, 3, 4]}]},
            "target.boxes[0]: 'label' is missing",
        ),
        (
            {"type": "forgery", "verdict": "x", "region": {"type": "point"}},
            "target.region: unknown type 'point'",
        ),
        ({"type": "box", "box": [3, 2, 1, 4]}, "corners exchanged"),
        (
            {"type": "box", "box": [0, 0, 900, 900]},
            "box (0, 0, 900, 900) is outside its 64x48 image; per-mille, perhaps?",
        ),
        (
            {"type": "box", "box": [0, 0, 60, 40], "frame": "unit"},
            'pixels, perhaps? (say "frame": "pixels")',
        ),
        ({"type": "point", "point": [-5, 0]}, "point (-5, 0) is outside its 64x48 image"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_target_that_cannot_be_says_why(read, target, said):
    with pytest.raises(DataError) as error:
        read({**PICTURE, "target": target})
    assert said in str(error.value)


def test_a_file_of_somebody_else_learns_what_its_fields_are_called_here(folder):
    easy_r1 = {"problem": "<image>How many?", "answer": "3", "images": ["cat.png"]}
    with pytest.raises(DataError, match="unknown field 'problem': it is called 'prompt' here"):
        example_from_json(easy_r1, ImageReader(ImageStore(), folder), default_id="a.jsonl:1")


@pytest.mark.parametrize("box", [[0, 0, 64, 48], [0, 0, 64.9, 48.9], [-0.5, 0, 3, 3]])
def test_an_edge_may_be_rounded_by_a_pixel(read, box):
    read({**PICTURE, "target": {"type": "box", "box": box}})


def test_a_box_belongs_to_any_of_several_images(read, folder):
    (folder / "wide.png").write_bytes(png(200, 10))
    both = {"prompt": "<image><image>?", "images": ["cat.png", "wide.png"]}
    read({**both, "target": {"type": "box", "box": [0, 0, 150, 8]}})
    with pytest.raises(DataError, match="outside its 64x48 or 200x10 images"):
        read({**both, "target": {"type": "box", "box": [0, 0, 150, 40]}})


def test_a_box_in_pixels_of_the_model_s_input_is_the_model_s_business(read):
    read({**PICTURE, "target": {"type": "box", "box": [0, 0, 900, 900], "frame": "input"}})


def test_a_box_is_compared_with_the_upright_image(read, folder):
    (folder / "cat.png").write_bytes(picture(64, 48, "PNG", exif=turned(6)))
    read({**PICTURE, "target": {"type": "box", "box": [0, 0, 48, 64]}})
    with pytest.raises(DataError, match="outside its 48x64 image"):
        read({**PICTURE, "target": {"type": "box", "box": [0, 0, 64, 48]}})


# ---------------------------------------------------------------------------------- there and back


words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).filter(
    lambda text: "<image>" not in text
)
numbers = st.floats(allow_nan=False, allow_infinity=False, width=32)
parts = st.lists(words | st.just(CAT), min_size=1, max_size=4)
targets = st.one_of(
    st.builds(Number, numbers, numbers, words),
    st.builds(FreeText, words, st.lists(words).map(tuple)),
    st.builds(Choice, st.sampled_from("AB"), st.just(("x", "y"))),
    st.builds(GuiAction, words, st.none(), words),
)


@given(
    st.builds(
        Example,
        id=words,
        messages=st.lists(parts, min_size=1, max_size=3).map(
            lambda turns: tuple(Message("user", tuple(turn)) for turn in turns)
        ),
        target=targets,
        gold=st.none() | words,
        source=words,
        kind=st.just("") | words,
        meta=st.dictionaries(words, st.integers() | words | st.booleans()),
    )
)
def test_an_example_comes_back_as_it_went(example):
    text = json.dumps(example_to_json(example))
    assert example_from_json(json.loads(text), ImageReader(ImageStore(), None)) == example


def test_a_writer_may_say_what_an_image_is_called(read):
    example = read(PICTURE)
    content = example_to_json(example, lambda image: f"images/{image.width}.png")["messages"][0]
    assert content["content"][0] == {
        "type": "image", "image": "images/64.png", "width": 64, "height": 48,
    }  # fmt: skip
    assert example_to_json(replace(example, gold="12"))["gold"] == "12"
