"""Likeness of meaning: a tiny encoder of random weights takes the real way; words are counted."""

import pickle
import shutil

import pytest

from regard.errors import ConfigError, DataError
from regard.rewards.contract import ask, say
from regard.rewards.similarity import SemanticSimilarity, SentenceEncoder, WordEncoder, cosine
from regard.testing import check_reward
from regard.types import FreeText, Number

BUS = ask("What is on the road?", FreeText("a red bus", ("an omnibus",)))
WORDS = WordEncoder(("red", "bus", "green"))


def answered(text):
    return say(f"<think>I look.</think><answer>{text}</answer>")


def test_the_value_grows_from_the_least_cosine():
    # "green bus" and "red bus" share one word of two: cosine 1/2, and between 0.2 and 1 that is 3/8
    half = SemanticSimilarity(encoder=WORDS, least=0.2)(answered("green bus"), BUS)
    assert half.value == pytest.approx(0.375)
    assert half.reason == "cosine 0.500"
    assert SemanticSimilarity(encoder=WORDS)(answered("green bus"), BUS).value == 0.0


def test_any_of_the_alternatives_will_do():
    score = SemanticSimilarity(encoder=WORDS)(answered("An omnibus."), BUS)
    assert (score.value, score.reason) == (1.0, "the reference, word by word")


@pytest.mark.parametrize("text", ["", "a red bus", "<answer></answer>", "<answer>" + "bus " * 600])
def test_what_is_no_answer_earns_nothing(text):
    assert SemanticSimilarity(encoder=WORDS)(say(text), BUS).value == 0.0


def test_an_endless_answer_earns_nothing():
    score = SemanticSimilarity(encoder=WORDS)(answered("a red bus " * 300), BUS)
    assert (score.value, score.reason[:18]) == (0.0, "the answer has 299")


def test_words_are_wanted_and_a_cosine():
    with pytest.raises(DataError, match="checks FreeText"):
        SemanticSimilarity(encoder=WORDS)(answered("5"), ask("2 + 3?", Number(5)))
    with pytest.raises(ConfigError, match=r"least is 1\.0"):
        SemanticSimilarity(encoder=WORDS, least=1.0)
    assert cosine((3, 4), (4, 3)) == pytest.approx(24 / 25)
    assert cosine((1, 1), (-1, -1)) == pytest.approx(-1.0)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    """A BERT of two small layers with random weights, saved as any other is."""
    torch = pytest.importorskip("torch")
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("encoder")
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "red", "green", "bus", "on", "road"]
    ids = {word: at for at, word in enumerate(vocabulary)}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]"
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=24,
    )
    BertModel(config).save_pretrained(folder)
    return SentenceEncoder(model=str(folder))


def test_an_encoder_gives_the_same_vector_alone_and_in_company(encoder):
    alone = encoder(["a red bus"])[0]
    assert len(alone) == 16
    assert encoder(["a green bus on a road", "a red bus"])[1] == alone
    assert encoder(["a red bus"])[0] == alone
    assert encoder(["a green bus"])[0] != alone


def test_an_encoder_reads_its_first_tokens_only(encoder):
    # 24 positions, two of which are the marks around the text
    assert encoder(["bus " * 22]) == encoder(["bus " * 500])
    assert len(encoder([""])[0]) == 16


def test_a_reward_with_an_encoder_keeps_its_promises(encoder):
    reward = SemanticSimilarity(encoder=encoder, least=0.0)
    score = reward(answered("a green bus"), BUS)
    assert 0.0 < score.value < 1.0
    assert pickle.loads(pickle.dumps(reward))(answered("a green bus"), BUS) == score
    check_reward(reward, [ask("?", BUS.target, gold="<answer>a red bus</answer>")])


def test_an_encoder_may_lie_in_a_package(encoder, tmp_path, monkeypatch):
    package = tmp_path / "tiny_encoder"
    package.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    shutil.copytree(encoder.model, package / "weights")
    assert SentenceEncoder(model="tiny_encoder")(["bus"]) == encoder(["bus"])


@pytest.mark.parametrize("name", ["no/such/folder", "no_such_package", "no.such.package", "json"])
def test_an_encoder_that_is_not_there_is_told(name):
    with pytest.raises(ConfigError, match="no encoder at"):
        SentenceEncoder(model=name)(["bus"])
