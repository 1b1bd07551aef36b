"""A grid has every combination, and its settings are told apart by what differs."""

from training.settings import describe, grid, is_untrained, untrained


def test_a_grid_has_every_combination_once() -> None:
    found = grid("full", ["a", "b"], [1e-5, 2e-5], [16, 32], [None, 3], [None, 0.5], 7)
    assert len(found) == len(set(found)) == 32
    assert {recipe.mode for recipe in found} == {"full"}
    assert {recipe.settings.seed for recipe in found} == {7}
    assert not any(is_untrained(recipe) for recipe in found)


def test_a_setting_is_described_by_what_differs() -> None:
    one = grid("quick", ["some/base"], [2e-5, 5e-5], [32], [None], [0.5])
    assert describe([untrained("some/base"), *one]) == ["untrained", "lr 2e-05", "lr 5e-05"]
    two = grid("quick", ["some/base", "other"], [2e-5], [16, 32], [None, 3], [None])
    names = describe([untrained("other"), *two])
    assert names[:3] == [
        "other, untrained",
        "base, lr 2e-05, batch 16, epochs usual",
        "base, lr 2e-05, batch 16, epochs 3",
    ]
    assert len(set(names)) == 9
