"""The kernels that each regression chooses among, with the weights that it starts from: 0 for those left out at first.

ALONE: of a prompt with many texts; TOGETHER: of several prompts; BY_REFERENCE and BY_WORDS stand beside them, where
there is a reference and where there is none. ELSEWHERE and BY_REFERENCE_ALONE: for prompts that were not learned.
"""

from qa_model.kernels import Part

ALONE = (
    Part("signs", False, 3),
    Part("grams", False, 3),
    Part("states", False, 1),
    Part("vectors", False, 1),
    Part("slopes", False, 0),
    Part("state_slopes", False, 0),
    Part("states_reference", False, 0),
)
TOGETHER = (
    Part("signs", True, 3),
    Part("grams", True, 3),
    Part("states", True, 1),
    Part("signs", False, 3),
    Part("vectors", False, 1),
    Part("grams", False, 0),
    Part("states", False, 0),
    Part("slopes", False, 0),
    Part("state_slopes", True, 0),
    Part("state_slopes", False, 0),
    Part("states_reference", True, 0),
)
BY_REFERENCE = (
    Part("reference", True, 3),
    Part("grams", True, 3),
    Part("states", True, 1),
    Part("reference", False, 3),
    Part("vectors", False, 1),
    Part("states_reference", True, 0),
)
BY_WORDS = (Part("grams", False, 3), Part("states", False, 3), Part("vectors", False, 1))
BY_REFERENCE_ALONE = (Part("reference_slopes", False, 1),)
ELSEWHERE = (Part("reference", False, 1), Part("slopes", False, 0), Part("signs", False, 0), Part("vectors", False, 0))
