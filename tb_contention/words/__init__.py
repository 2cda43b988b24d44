"""What every printer says in the same words: numbers, names, the judgement of a slowdown, and the sentences of the answer."""
