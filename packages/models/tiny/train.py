"""Trains flyball-tiny.gguf from JSONL files: one thread, fixed seed, fixed number of steps.

    python3 packages/models/tiny/train.py --data corpus.jsonl --out packages/models/tiny/flyball-tiny.gguf
"""

import argparse
import math
import random
import time

import torch
import torch.nn.functional as F

from training import bpe, data, gguf
from training.muon import Muon
from training.model import SHAPE, Llama

SEED = 11
# Until this share of the steps, rows of at most so many tokens: copying is learnt from short rows within some 150 steps,
# and from long ones alone not within 700.
LENGTHS = [(0.12, 48), (0.2, 128), (1.0, 10_000)]


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", nargs="+", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--steps", type=int, default=1800)
    parser.add_argument("--batch", type=int, default=4096, help="tokens a step, padding included")
    parser.add_argument("--longest", type=int, default=1152, help="tokens of one row")
    parser.add_argument("--vocabulary", type=int, default=2048)
    parser.add_argument("--rate", type=float, default=0.02)
    return parser.parse_args()


def longest(share):
    return next(limit for until, limit in LENGTHS if share < until)


def chat_loss(model, batch, order):
    tokens, positions, mask, targets, weights = data.collate(batch)
    # The text itself (weight -1) teaches the language: a quarter of its tokens is enough and saves the rest's cost.
    text = (weights < 0) & (torch.rand(weights.shape, generator=order) < 0.25)
    weights = torch.where(text, torch.tensor(0.15), weights.clamp(min=0))
    at = weights.flatten() > 0
    with torch.autocast("cpu", dtype=torch.bfloat16):
        hidden = model(tokens, positions, mask).flatten(0, 1)[at]
        logits = hidden @ model.embedding.t()
    losses = F.cross_entropy(logits.float(), targets.flatten()[at], reduction="none")
    weight = weights.flatten()[at]
    return (losses * weight).sum() / weight.sum()


def pooled(model, rows):
    """Mean of the hidden states, as llama.cpp pools them, at length one."""
    width = max(map(len, rows))
    tokens = torch.tensor([row + [0] * (width - len(row)) for row in rows])
    real = torch.tensor([[1.0] * len(row) + [0.0] * (width - len(row)) for row in rows])[..., None]
    mask = torch.zeros(width, width, dtype=torch.bfloat16).masked_fill_(~torch.ones(width, width, dtype=torch.bool).tril(), -1e4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        hidden = model(tokens, torch.arange(width).expand(len(rows), -1), mask)
    return F.normalize((hidden.float() * real).sum(1) / real.sum(1), dim=-1)


def pair_loss(model, by_label, order, size=32):
    """Each query must be nearer to its own passage than to the others of the batch."""
    labels = order.sample(sorted(by_label), min(size, len(by_label)))
    chosen = [order.choice(by_label[label]) for label in labels]
    scores = pooled(model, [q for q, _, _ in chosen]) @ pooled(model, [p for _, p, _ in chosen]).t() * 20
    # A passage that is right for another query too is no wrong answer for it.
    also = torch.tensor([[label != own and label in others for label in labels] for own, (_, _, others) in zip(labels, chosen)])
    scores = scores.masked_fill(also, -1e4)
    target = torch.arange(len(labels))
    return (F.cross_entropy(scores, target) + F.cross_entropy(scores.t(), target)) / 2


def main():
    options = arguments()
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    groups, pairs = data.read(options.data)
    texts = [message["content"] for group in groups for message in group[0]["messages"]] + [r["answer"] for g in groups for r in g]
    texts = random.Random(SEED).sample(texts, min(len(texts), 20000))
    tokenizer = bpe.Tokenizer(bpe.learn(texts, options.vocabulary))
    rows = [row for group in groups if (row := data.pack(tokenizer, group, options.longest))]
    by_label = {}
    for pair in pairs:
        entry = ([bpe.BOS, *tokenizer.encode(pair["query"])][:256], [bpe.BOS, *tokenizer.encode(pair["passage"])], set(pair["also"]))
        by_label.setdefault(pair["label"], []).append(entry)
    model = Llama(len(tokenizer.pieces))
    size = sum(parameter.numel() for parameter in model.parameters())
    print(f"{len(rows)} rows, {sum(len(row[0]) for row in rows)} tokens, {len(pairs)} pairs, {size} parameters", flush=True)

    hidden = [parameter for parameter in model.blocks.parameters() if parameter.ndim == 2]
    rest = [model.embedding, *(parameter for parameter in model.parameters() if parameter.ndim == 1)]
    optimizers = [Muon(hidden, lr=options.rate), torch.optim.AdamW(rest, lr=0.003, betas=(0.9, 0.95), weight_decay=0.0)]
    starts = [[group["lr"] for group in optimizer.param_groups] for optimizer in optimizers]
    order, draw = random.Random(SEED), torch.Generator().manual_seed(SEED)
    streams = {limit: data.batches([row for row in rows if len(row[0]) <= limit], options.batch, SEED) for _, limit in LENGTHS}
    started = time.process_time()
    chat_mean, pair_mean = 0.0, 0.0
    for step in range(options.steps):
        pace = min(1.0, (step + 1) / 50) * min(1.0, 0.02 + (options.steps - step) / (0.6 * options.steps))
        for optimizer, rates in zip(optimizers, starts):
            for parameters, rate in zip(optimizer.param_groups, rates):
                parameters["lr"] = rate * pace
            optimizer.zero_grad(set_to_none=True)
        loss = chat_loss(model, next(streams[longest(step / options.steps)]), draw)
        loss.backward()
        if by_label and step % 4 == 0:
            nearer = pair_loss(model, by_label, order)
            (0.3 * nearer).backward()
            pair_mean += nearer.item()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        chat_mean += loss.item()
        if (step + 1) % 50 == 0:
            print(f"step {step + 1} chat {chat_mean / 50:.4f} pairs {pair_mean / 13:.4f} cpu {time.process_time() - started:.0f} s", flush=True)
            chat_mean, pair_mean = 0.0, 0.0
    gguf.write(options.out, SHAPE, tokenizer.pieces, len(bpe.SPECIAL), model.tensors())


if __name__ == "__main__":
    main()
