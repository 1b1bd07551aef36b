"""A small library of three courses for the tiny encoder, and how to ask it."""

from collections.abc import Sequence

import numpy as np
import tiny

from data.records import Answer, Entry, Question
from qa_model.answerer import Answerer, assemble
from qa_model.encoder import Encoder
from qa_model.fusion import Policies, Signals
from qa_model.vectors import VectorCache

ENGLISH = tiny.topics("english")
OTHER = tiny.topics("other", ("ba", "de", "fi"))
CHINESE = [
    Entry("chinese", "what", "什么是迁移学习？", "把知识用到另一个任务。", lang="zh"),
    Entry("chinese", "why", "为什么要微调？", "数据少。", lang="zh"),
]


def over(encoder: Encoder, known: Sequence[Entry], policies: Policies | None = None) -> Answerer:
    return assemble(known, encoder, VectorCache(None), policies=policies)


def ask(answerer: Answerer, text: str, course: str | None = None, lang: str = "") -> Answer:
    (answer,) = answerer.answer([Question(text, course, lang)])
    return answer


def signals_of(answerer: Answerer, text: str, entry_id: str) -> Signals:
    """Return the signals of one entry."""
    ((sensed,),) = answerer.sense([Question(text)])
    return sensed.signals.take(np.array([[entry.id for entry in sensed.entries].index(entry_id)]))
