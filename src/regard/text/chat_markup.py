"""The markup of Qwen's chats: where its images stand, and who said what."""

from __future__ import annotations

from regard.errors import DataError

_MARKS = ("<|vision_start|>", "<|image_pad|>", "<|vision_end|>")
_USER, _ASSISTANT, _END = "<|im_start|>user\n", "<|im_start|>assistant\n", "<|im_end|>"


def with_image_marks(text: str, *, placeholder: str = "<image>") -> str:
    """A chat whose placeholders have become image marks; without any, an image comes first.

    Marks that stood there before go, so that a text can be marked twice (VL-Rethinker,
    arXiv:2504.08837, its code).

    >>> with_image_marks("a <image> b")
    'a <|vision_start|><|image_pad|><|vision_end|> b'
    """
    for mark in _MARKS:
        text = text.replace(mark, "")
    image = "".join(_MARKS)
    return text.replace(placeholder, image) if placeholder in text else image + text


def question_and_reply(chat: str) -> tuple[str, str]:
    """The first question, without its images, and the first reply, with whatever ends it.

    >>> question_and_reply("<|im_start|>user\\nQ?<|im_end|>\\n<|im_start|>assistant\\nA.<|im_end|>")
    ('Q?', 'A.<|im_end|>')
    """
    asked, *replies = chat.split(_ASSISTANT)
    questions = asked.split(_USER)[1:]
    if not questions:
        raise DataError(f"no {_USER!r} in the chat {chat[:80]!r}")
    question = questions[0].partition(_END)[0].rpartition(_MARKS[2])[2]
    return question, replies[0] if replies else ""
