"""Tiny real models with fixed weights, and a small course for them: nothing is mocked, nothing is fetched."""

import functools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from sqlite_utils import Database
from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import BPE, WordPiece
from transformers import BertConfig, BertModel, GPT2Config, GPT2Model, PreTrainedTokenizerFast

from data import log
from data.entries import add_course, entries, put, touch
from data.labelled import confirm
from data.records import Answer, Candidate, Entry, Feedback, LabelledQuestion, Question, Vote
from data.store import Store
from qa_model.base import DEFAULT_BASE, EncoderSpec, resolve, write_spec
from qa_model.encoder import Encoder

DIM = 32
MAX_POSITIONS = 64
# Wordings of one topic share a first syllable and no word: the encoder can learn them, BM25 cannot find them.
ROOTS = ("ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "we", "zu")
ENDINGS = ("bel", "dor", "fin", "gam", "hax", "jol", "kur")
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def bert(folder: Path, spec: EncoderSpec | None = None) -> Path:
    """Write a BERT-like model (2 layers, WordPiece vocabulary) into the folder; without `spec` it keeps no record."""
    pieces = [*_LETTERS, *ROOTS, *ENDINGS, "?", "question", "query", "passage", ":"]
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *pieces, *(f"##{piece}" for piece in pieces)]
    vocabulary = {name: i for i, name in enumerate(dict.fromkeys(names))}
    raw = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    raw.normalizer = normalizers.BertNormalizer(lowercase=True)
    raw.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    raw.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    )
    special = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, **{f"{k}_token": v for k, v in special.items()})
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=DIM,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=MAX_POSITIONS,
        initializer_range=0.2,
    )
    return _save(folder, BertModel(config), tokenizer, spec)


def gpt(folder: Path, spec: EncoderSpec | None = None) -> Path:
    """Write a GPT-like model (2 layers, byte vocabulary, no pad token) into the folder."""
    letters = [*sorted(pre_tokenizers.ByteLevel.alphabet()), "<|endoftext|>"]
    raw = Tokenizer(BPE({letter: i for i, letter in enumerate(letters)}, []))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<|endoftext|>")
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=len(letters),
        n_positions=MAX_POSITIONS,
        n_embd=DIM,
        n_layer=2,
        n_head=2,
        initializer_range=0.2,
        bos_token_id=len(letters) - 1,
        eos_token_id=len(letters) - 1,
    )
    return _save(folder, GPT2Model(config), tokenizer, spec)


@functools.cache
def default_encoder() -> Encoder:
    """The real default base, loaded once for all tests."""
    return Encoder.load(resolve(DEFAULT_BASE))


def topics(course: str = "tiny", roots: Sequence[str] = ROOTS, wordings: int = 6) -> list[Entry]:
    """Return an entry for each root, with this many alternates; no two of its texts share a word but fillers."""
    return [
        Entry(
            course,
            root,
            f"{root}a question",
            f"{root}o {root}e",
            alternates=tuple(f"{root}{ending} q{i}" for i, ending in enumerate(ENDINGS[:wordings])),
        )
        for root in roots
    ]


def fill(store: Store, known: Sequence[Entry]) -> list[Entry]:
    """Put the entries, with their alternates, into the store; return them with their keys."""

    def work(db: Database) -> list[Entry]:
        keys = []
        for entry in known:
            add_course(db, entry.course)
            keys.append(put(db, entry))
        touch(db)
        return [replace(entry, key=key) for entry, key in zip(known, keys, strict=True)]

    return store.write(work)


def confirmed(store: Store, text: str, course: str, *ids: str) -> None:
    """Confirm a wording as `import-questions` does."""
    store.write(confirm, [LabelledQuestion(text, course, ids)])


def react(store: Store, text: str, entry: Entry, vote: Vote, person: str | None = None) -> None:
    """Record a student's question and their vote for the entry; one of theirs without name if `person` is None."""

    def work(db: Database) -> None:
        answer = Answer("suggest", 0.5, (Candidate(entry, 0.5, 0.5),))
        number = log.record_question(db, Question(text, entry.course, person=person), answer)
        log.vote(db, Feedback(number, entry.key, vote, 0, person))

    store.write(work)


def live(store: Store) -> list[Entry]:
    """Return the live entries of the store."""
    return store.read(entries)


def _save(
    folder: Path, model: BertModel | GPT2Model, tokenizer: PreTrainedTokenizerFast, spec: EncoderSpec | None
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    if spec is not None:
        write_spec(folder, spec, DIM)
    return folder
