"""A source of choices."""

import random


class Dice(random.Random):

    def chance(self, percent):
        return self.randrange(100) < percent

    def choose(self, weights):
        """One of the keys, by weight."""
        return self.choices(list(weights), weights.values())[0]

    def some(self, items, most):
        """Between one and `most` of the items, in their order."""
        chosen = set(self.sample(range(len(items)), self.randint(1, min(most, len(items)))))
        return [item for position, item in enumerate(items) if position in chosen]
