"""Decide whether a newer model should serve, and say why in a sentence."""

from dataclasses import dataclass

from training.comparison import Compared

TOLERANCE = 0.01  # of MRR@10 on unseen answers and of AURC: what a few questions more or less may cost
MIN_QUESTIONS = 20  # below which resampling says too little to call a gain clear


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the newer model should serve, and the sentence that says why."""

    better: bool
    reason: str


def verdict(found: Compared) -> Verdict:
    """Decide by MRR@10: better on new wordings of learned answers, and not worse on answers never learned from.

    Nor may a protected question break that was answered right, or abstention get worse: by the area under the
    risk-coverage curve (AURC), which is lower when the wrong answers are the unsure ones.

    What is measured decides, not whether it is significant: a course has some dozens of held-out questions, on which
    a real gain of two points lies within chance, and to decline it every time would mean never to learn; a version
    that is in truth no better does no harm where nothing else got worse. So the sentence must not claim more than is
    known: it is called better where the 95 % interval of the gain lies above 0, else no worse.
    """
    before, after = found.metrics["before"], found.metrics["after"]
    old, new = (side["new_wordings"]["mrr@10"] for side in (before, after))
    old_unseen, new_unseen = (side["unseen_answers"]["mrr@10"] for side in (before, after))
    old_aurc, new_aurc = (side["new_wordings"]["aurc"] for side in (before, after))
    if found.broken:
        return Verdict(False, f"breaks protected questions ({len(found.broken)}), {found.broken[0]!r} among them")
    if old is None:
        return Verdict(False, "no wordings could be held out, so nothing shows that it is better; add more wordings")
    n = after["new_wordings"]["answerable"]
    low, high = found.intervals["new_wordings"]["mrr@10"] or (0.0, 0.0)
    gain = f"{new - old:+.4f}, 95 % interval {low:+.4f} to {high:+.4f}"
    told = f"MRR@10 {old:.3f} -> {new:.3f} on {n} new wordings ({gain})"
    if old_unseen is not None:
        told += f", {old_unseen:.3f} -> {new_unseen:.3f} on unseen answers"
    if new <= old:
        return Verdict(False, f"not better: {told}")
    if old_unseen is not None and new_unseen < old_unseen - TOLERANCE:
        return Verdict(False, f"worse on answers it never saw: {told}")
    if new_aurc > old_aurc + TOLERANCE:
        aurc = f"AURC {old_aurc:.3f} -> {new_aurc:.3f}"
        return Verdict(False, f"worse at knowing what it does not know ({aurc}): {told}")
    clear = low > 0 and n >= MIN_QUESTIONS
    return Verdict(True, f"{'better' if clear else 'no worse, and perhaps better'}: {told}")
