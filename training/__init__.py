"""From the store to a better bundle: examples, splits, losses, the loop, evaluation, the publish rule."""
