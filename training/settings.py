"""Settings of a search: the grid, and how they are told apart in words."""

from collections.abc import Sequence
from itertools import product
from pathlib import Path

from training.learning import Recipe
from training.modes import Mode
from training.trained import Settings


def grid(
    mode: Mode,
    bases: Sequence[str],
    lrs: Sequence[float],
    batch_sizes: Sequence[int],
    epochs: Sequence[int | None],
    averages: Sequence[float | None],
    seed: int = 0,
) -> list[Recipe]:
    """Return a recipe for each combination."""
    return [
        Recipe(mode, base, average, Settings(lr=lr, batch_size=batch_size, epochs=most, seed=seed))
        for base, lr, batch_size, most, average in product(bases, lrs, batch_sizes, epochs, averages)
    ]


def untrained(base: str) -> Recipe:
    """Return the recipe that stands for a bare base."""
    return Recipe(base=base, average=0.0)


def is_untrained(recipe: Recipe) -> bool:
    """Say whether a recipe leaves its base as it is."""
    return recipe.average == 0


def describe(recipes: Sequence[Recipe]) -> list[str]:
    """Return each recipe in words: its learning rate, and what else differs among them."""
    parts = [_parts(recipe) for recipe in recipes]
    trained = [own for own, recipe in zip(parts, recipes, strict=True) if not is_untrained(recipe)]
    names = [n for n in _parts(Recipe()) if n == "lr" or len({own[n] for own in trained}) > 1]
    many = len({recipe.base for recipe in recipes}) > 1

    def told(recipe: Recipe, own: dict[str, str]) -> str:
        base = [Path(recipe.base).name] if many else []
        if is_untrained(recipe):
            return ", ".join([*base, "untrained"])
        return ", ".join([*base, *(f"{name} {own[name]}" for name in names)])

    return [told(recipe, own) for recipe, own in zip(recipes, parts, strict=True)]


def _parts(recipe: Recipe) -> dict[str, str]:
    settings = recipe.settings
    return {
        "lr": f"{settings.lr:g}",
        "batch": str(settings.batch_size),
        "epochs": "usual" if settings.epochs is None else str(settings.epochs),
        "average": "chosen" if recipe.average is None else f"{recipe.average:g}",
    }
