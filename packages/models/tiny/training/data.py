"""Records to batches. Records of one group share the beginning of their prompt (the same text, several questions):
it is encoded once, and every question with its answer is a branch that sees the beginning and itself only."""

import json
import random

import torch

from .bpe import BOS, IM_END, IM_START


def read(paths):
    """(groups of chat records, embedding pairs) of JSONL files."""
    groups, pairs, last = [], [], None
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for line in file:
                record = json.loads(line)
                if "passage" in record:
                    pairs.append(record)
                    continue
                if last is None or record["group"] != last:
                    groups.append([])
                    last = record["group"]
                groups[-1].append(record)
    return groups, pairs


def prompt_ids(tokenizer, messages):
    ids = [BOS]
    for message in messages:
        ids += [IM_START, *tokenizer.encode(message["role"] + "\n" + message["content"]), IM_END, *tokenizer.encode("\n")]
    return ids + [IM_START, *tokenizer.encode("assistant\n")]


def shared(sequences):
    first, length = sequences[0], min(map(len, sequences))
    for index in range(length):
        if any(sequence[index] != first[index] for sequence in sequences):
            return index
    return length


def pack(tokenizer, group, longest):
    """One row: tokens, positions, branch numbers (0 = shared), and the weight of predicting each NEXT token."""
    prompts = [prompt_ids(tokenizer, record["messages"]) for record in group]
    prefix = shared(prompts) if len(prompts) > 1 else len(prompts[0]) - 1
    tokens, positions, branches = prompts[0][:prefix], list(range(prefix)), [0] * prefix
    targets, weights = prompts[0][1:prefix] + [0], [-1.0] * max(prefix - 1, 0) + [0.0] * min(prefix, 1)
    if prefix > longest:
        return None
    for number, (record, prompt) in enumerate(zip(group, prompts), 1):
        answer = [*tokenizer.encode(record["answer"]), IM_END]
        branch = prompt[prefix:] + answer
        if len(tokens) + len(branch) > longest:
            continue
        tokens += branch
        positions += range(prefix, prefix + len(branch))
        branches += [number] * len(branch)
        targets += branch[1:] + [0]
        asked = len(prompt) - prefix - 1
        weights += [0.0] * asked + [record.get("weight", 1.0)] * len(answer) + [0.0]
    return tokens, positions, branches, targets, weights


def batches(rows, size, seed):
    """Rows of like length together, at most `size` tokens with padding; endless, reshuffled every time round."""
    order = random.Random(seed)
    while True:
        shuffled = sorted(order.sample(rows, len(rows)), key=lambda row: len(row[0]) // 64)
        made, batch, widest = [], [], 0
        for row in shuffled:
            width = max(widest, len(row[0]))
            if batch and width * (len(batch) + 1) > size:
                made.append(batch)
                batch, width = [], len(row[0])
            batch.append(row)
            widest = width
        made.append(batch)
        order.shuffle(made)
        yield from made


def collate(batch):
    width = max(len(row[0]) for row in batch)

    def padded(index, fill, kind):
        return torch.tensor([list(row[index]) + [fill] * (width - len(row[index])) for row in batch], dtype=kind)

    branches = padded(2, -1, torch.int16)
    same = (branches[:, None, :] == 0) | (branches[:, None, :] == branches[:, :, None])
    seen = same & torch.ones(width, width, dtype=torch.bool).tril()
    mask = torch.zeros(seen.shape, dtype=torch.bfloat16).masked_fill_(~seen, -1e4)[:, None]
    return padded(0, 0, torch.long), padded(1, 0, torch.long), mask, padded(3, 0, torch.long), padded(4, 0.0, torch.float32)
