"""Images by content, sizes without decoding."""

from __future__ import annotations

import base64
import hashlib
import threading

import pytest
from PIL import Image
from tests.data.pictures import chunk, picture, png, png_header, turned

from regard.data.images import ImageStore, decode_text
from regard.errors import DataError


def test_an_image_is_known_by_its_bytes_and_its_size():
    data = png(5, 3)
    image = ImageStore().put(data)
    assert (image.digest, image.width, image.height) == (hashlib.sha256(data).hexdigest(), 5, 3)
    assert image.location == data


def test_a_file_stays_where_it_is_and_equals_the_same_bytes_in_memory(folder):
    image = ImageStore().add(folder / "cat.png")
    assert image.location == folder / "cat.png"
    assert image == ImageStore().put(png(64, 48))


def test_bytes_become_one_file_of_their_format(tmp_path):
    store = ImageStore(tmp_path / "images")
    image = store.put(picture(4, 4, "JPEG"))
    assert store.put(picture(4, 4, "JPEG")) is image
    assert [path.name for path in (tmp_path / "images").iterdir()] == [f"{image.digest}.jpg"]
    assert ImageStore(tmp_path / "images").put(image.read()).open().size == (4, 4)


def test_a_file_cut_off_when_the_machine_went_down_is_written_again(tmp_path):
    image = ImageStore(tmp_path).put(png(4, 4))
    image.location.write_bytes(b"")
    assert ImageStore(tmp_path).put(png(4, 4)).open().size == (4, 4)


def test_many_threads_may_write_the_same_image(tmp_path):
    threads = [
        threading.Thread(target=ImageStore(tmp_path).put, args=(png(9, 9),)) for _ in "12345"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.read_bytes() for path in tmp_path.iterdir() if path.is_file()] == [png(9, 9)]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_the_size_is_that_of_the_upright_image(form, orientation):
    image = ImageStore().put(picture(30, 20, form, exif=turned(orientation)))
    # orientations 5 to 8 lie on their side
    assert (image.width, image.height) == ((20, 30) if orientation >= 5 else (30, 20))
    assert image.open().size == (image.width, image.height)


def test_a_png_may_say_behind_its_pixels_that_it_is_turned():
    data, end = png(30, 20)[:-12], png(30, 20)[-12:]
    exif = turned(6).tobytes().removeprefix(b"Exif\x00\x00")
    image = ImageStore().put(data + chunk(b"eXIf", exif) + end)
    assert (image.width, image.height) == image.open().size == (20, 30)


def test_no_pixel_is_decoded_to_know_the_size(monkeypatch):
    data = [picture(30, 20, form) for form in ("PNG", "JPEG", "WEBP", "GIF", "BMP")]
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda self: pytest.fail("decoded"))
    assert [ImageStore().put(item).width for item in data] == [30] * 5


def test_a_cut_off_picture_loads_and_fails_when_it_is_opened(tmp_path):
    (tmp_path / "cut.jpg").write_bytes(picture(300, 200, "JPEG")[:900])
    image = ImageStore().add(tmp_path / "cut.jpg")
    assert image.width == 300
    with pytest.raises(DataError, match=r"cut\.jpg: cannot be decoded"):
        image.open()


def test_one_pixel_is_an_image():
    assert ImageStore().put(png(1, 1)).open().size == (1, 1)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not an image"),
        (b"<html>404</html>", "begins with b'<html>404</h'"),
        (png(8, 8)[:20], "not an image|header cannot be read"),
        (png_header(20_000, 20_000), "too large to decode"),
        (png_header(9_460, 9_460), "9,460x9,460 pixels"),  # Pillow's limit is 9,459 squared
    ],
)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_what_is_no_picture_of_ours_is_refused_before_decoding(tmp_path, data, said):
    (tmp_path / "odd.png").write_bytes(data)
    with pytest.raises(DataError, match=said):
        ImageStore().put(data)
    with pytest.raises(DataError, match=r"odd\.png"):
        ImageStore().add(tmp_path / "odd.png")


def test_who_trusts_a_large_image_raises_the_limit_of_pillow(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    assert ImageStore().put(png_header(20_000, 20_000)).width == 20_000


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(DataError, match=r"dog\.png: no such file"):
        ImageStore().add(tmp_path / "dog.png")
    with pytest.raises(DataError, match="cannot be read"):
        ImageStore().add(tmp_path)


def test_a_cache_that_cannot_be_written_says_what_to_set(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="REGARD_CACHE"):
        ImageStore(tmp_path / "file").put(png(2, 2))


def test_base64_is_told_from_a_path():
    for form in ("PNG", "JPEG", "GIF", "WEBP"):
        data = picture(40, 30, form)
        text = base64.b64encode(data).decode()
        assert decode_text(text) == data
        assert decode_text(f"data:image/x;base64,{text}") == data
    for path in ("a.png", "/9j/0001.jpg", "iVBORw0KGgo.png", "images/R0lGOD", "cat"):
        assert decode_text(path) is None


@pytest.mark.parametrize(
    "text", ["data:image/png;base64,@@@", "data:image/png", "data:;base64,abc"]
)
def test_a_broken_uri_is_an_error(text):
    with pytest.raises(DataError):
        decode_text(text)
