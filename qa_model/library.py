"""What can be answered: the entries of all courses, indexed, and made anew only where they changed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from data.records import Entry
from qa_model.block import Text
from qa_model.encoder import Encoder, Ids, Vectors
from qa_model.index import CourseIndex, ReadVectors
from qa_model.vectors import VectorCache


@dataclass(frozen=True, slots=True)
class Library:
    """What can be answered: one index for each course that has entries."""

    courses: Mapping[str, CourseIndex]

    @classmethod
    def build(
        cls, known: Sequence[Entry], vectors: Mapping[Text, Vectors], dim: int, ids: Mapping[Text, Ids] | None = None
    ) -> "Library":
        """Index the entries by course with the vectors and the passages' token ids there are."""
        return cls({course: CourseIndex(own, vectors, dim, ids) for course, own in _by_course(known).items()})

    def renewed(self, known: Sequence[Entry], encoder: Encoder, cache: VectorCache) -> "Library":
        """Return the library of these entries with the vectors that the cache has; what is the same is taken over.

        The vectors here must be of the same encoder.
        """
        return self.over(known, encoder.dim, partial(cache.read, encoder.hash))

    def over(self, known: Sequence[Entry], dim: int, read: ReadVectors) -> "Library":
        """Return the library of these entries, for which `read` gives vectors; what is the same is taken over."""
        return Library(
            {
                course: CourseIndex.renewed(self.courses.get(course), own, dim, read)
                for course, own in _by_course(known).items()
            }
        )

    @property
    def missing(self) -> list[Text]:
        """The texts that have no vector yet."""
        return list(dict.fromkeys(text for index in self.courses.values() for text in index.missing))


def _by_course(known: Sequence[Entry]) -> dict[str, list[Entry]]:
    by_course: dict[str, list[Entry]] = defaultdict(list)
    for entry in known:
        by_course[entry.course].append(entry)
    return by_course
