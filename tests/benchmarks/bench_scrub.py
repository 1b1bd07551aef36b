"""How much of what points to a person is scrubbed, and how little else, on made-up sentences in two languages.

    python tests/benchmarks/bench_scrub.py [FILE]

FILE (default: the held-out list, on which no rule was made) has the form of tests/scrub_lists.py. `--wrong` prints what
was missed or taken: for the development list, never for the held-out one.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from scrub_lists import HELD_OUT, judge, measure, read

from data.scrub import scrub

KINDS = {"n": "names", "e": "e-mail addresses", "p": "phone numbers", "d": "numbers of persons", "l": "links, accounts"}


def main() -> None:
    """Print recall by language and kind, and precision."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("file", nargs="?", type=Path, default=HELD_OUT)
    parser.add_argument("--wrong", action="store_true")
    options = parser.parse_args()
    sentences = read(options.file)
    found = measure(sentences)
    print(f"{options.file.name}: {len(sentences)} sentences")
    for language in ("English", "Chinese"):
        right, every = found[language, "items"]
        precise, all_replaced = found[language, "replaced"]
        print(f"{language}: recall {right / every:.3f} of {every}, precision {precise / all_replaced:.3f}")
        for kind, name in KINDS.items():
            if (language, kind) in found:
                right, every = found[language, kind]
                print(f"  {name}: {right} of {every}")
    for sentence in sentences if options.wrong else ():
        if not all(good for _, good in judge(sentence)):
            print(f"{sentence.text}\n    {scrub(sentence.text)}")


if __name__ == "__main__":
    main()
