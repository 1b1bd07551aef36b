"""The command `python -m training embed`: the vectors of everything, ahead of time, by as many processes as there are.

What is embedded is kept as it is done, by text and encoder: started again, it goes on where it was, whatever the number
of processes.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from data.cli import Common, common, track
from data.errors import Refused

if TYPE_CHECKING:  # the model libraries load when the command runs
    from data.records import Entry
    from training.learning import Track
    from training.processes import Team

BLOCK = 1000  # texts whose vectors are in memory at once


@click.command("embed")
@click.option("--course", help="Only this course.  [default: all]")
@common
def embed_command(options: Common, course: str | None) -> None:
    """Embed what the model that serves has not embedded yet; under `accelerate launch` each process takes its share."""
    from data.entries import entries
    from training.processes import Team

    team = Team.start()
    with options.store() as store:
        known = [entry for entry in store.read(entries) if course in (None, entry.course)]
    if not known:
        raise Refused([f"{course}: has no entries" if course else f"{options.db}: has no entries"])
    embedded = sum(team.listed(embed_share(known, options.models, team, track if team.main else None)))
    team.leave()
    if team.main:
        told = f"{embedded} texts embedded, by {team.count} {'process' if team.count == 1 else 'processes'}"
        options.emit({"embedded": embedded, "processes": team.count}, [told])


def embed_share(known: Sequence["Entry"], models: Path, team: "Team", progress: "Track | None" = None) -> int:
    """Embed this process's share of the entries' texts into the cache; return how many were not there."""
    from qa_model.answerer import open_cache
    from qa_model.block import texts_of
    from qa_model.bundle import serving
    from qa_model.encoder import Encoder
    from qa_model.vectors import embed

    encoder = Encoder.load(serving(models).folder)
    wanted = {text for entry in known for text in texts_of(entry)}
    ordered = sorted(wanted, key=lambda text: (text[0], len(text[1]), text[1]))  # so that shares take as long
    cache = open_cache(models)
    own, embedded = ordered[team.index :: team.count], 0
    blocks = [own[i : i + BLOCK] for i in range(0, len(own), BLOCK)]
    try:
        for block in blocks if progress is None else progress(blocks, "embedding", len(blocks)):
            found = cache.find(encoder.hash, block)
            missing = [text for text in block if text not in found]
            embed(encoder, missing, cache)
            embedded += len(missing)
    finally:
        cache.close()
    return embedded
