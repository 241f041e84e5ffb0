"""Byte-pair encoding that llama.cpp's sentencepiece tokenizer reproduces piece by piece.

A piece never crosses a word, a digit stands alone, and the space before a capital or a digit is a piece of its own:
so a name reads the same after a space and after a quote, and copying it into JSON is copying the same pieces.
"""

import re
from collections import Counter, defaultdict

SPACE = "\u2581"
SPECIAL = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"]
UNK, BOS, _, IM_START, IM_END = range(5)
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
CHUNK = re.compile(rf"{SPACE}?[a-z]+|[A-Z]+(?![a-z])|[A-Z][a-z]+|[^\sA-Za-z0-9{SPACE}]+|.|\n")
WORD = re.compile(rf"{SPACE}?[^{SPACE}]*")


def learn(texts, size):
    """The vocabulary of `size` pieces: special tokens, bytes, characters, then merges, most frequent first."""
    words = Counter()
    for text in texts:
        words.update(CHUNK.findall(text.replace(" ", SPACE)))
    characters = sorted({char for word in words for char in word})
    pieces = [*SPECIAL, *BYTES, *characters]
    known = set(pieces)
    splits = [list(word) for word in words]
    counts = list(words.values())
    pairs, where = Counter(), defaultdict(set)
    for index, split in enumerate(splits):
        for pair in zip(split, split[1:]):
            pairs[pair] += counts[index]
            where[pair].add(index)
    while len(pieces) < size and pairs:
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merged = "".join(best)
        if merged not in known:
            known.add(merged)
            pieces.append(merged)
        for index in where.pop(best):
            split = splits[index]
            for pair in zip(split, split[1:]):
                pairs[pair] -= counts[index]
                if pairs[pair] <= 0:
                    del pairs[pair]
            at = 0
            while at < len(split) - 1:
                if (split[at], split[at + 1]) == best:
                    split[at : at + 2] = [merged]
                at += 1
            for pair in zip(split, split[1:]):
                pairs[pair] += counts[index]
                where[pair].add(index)
        pairs.pop(best, None)
    return pieces


class Tokenizer:
    """Encodes as llama.cpp does: the adjacent pair whose joined piece was learnt first is merged first, leftmost on a tie."""

    def __init__(self, pieces):
        self.pieces = pieces
        self.ids = {piece: index for index, piece in enumerate(pieces)}
        self.first_merge = len(SPECIAL) + len(BYTES)
        self.cache = {}

    def encode(self, text):
        ids = []
        for word in WORD.findall(text.replace(" ", SPACE)):
            if word:
                ids.extend(self._word(word))
        return ids

    def _word(self, word):
        known = self.cache.get(word)
        if known is not None:
            return known
        symbols = list(word)
        while len(symbols) > 1:
            best, at = None, -1
            for index in range(len(symbols) - 1):
                piece = self.ids.get(symbols[index] + symbols[index + 1])
                if piece is not None and piece >= self.first_merge and (best is None or piece < best):
                    best, at = piece, index
            if best is None:
                break
            symbols[at : at + 2] = [symbols[at] + symbols[at + 1]]
        ids = []
        for symbol in symbols:
            if symbol in self.ids:
                ids.append(self.ids[symbol])
            else:
                ids.extend(self.ids[f"<0x{byte:02X}>"] for byte in symbol.encode("utf-8"))
        self.cache[word] = ids
        return ids
