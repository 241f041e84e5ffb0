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
from training.model import SHAPE, Llama

SEED = 11


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", nargs="+", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--steps", type=int, default=2600)
    parser.add_argument("--batch", type=int, default=4096, help="tokens a step, padding included")
    parser.add_argument("--longest", type=int, default=1024, help="tokens of one row")
    parser.add_argument("--vocabulary", type=int, default=1536)
    parser.add_argument("--rate", type=float, default=3e-3)
    return parser.parse_args()


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
    mask = torch.zeros(width, width).masked_fill_(~torch.ones(width, width, dtype=torch.bool).tril(), -1e4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        hidden = model(tokens, torch.arange(width).expand(len(rows), -1), mask)
    return F.normalize((hidden.float() * real).sum(1) / real.sum(1), dim=-1)


def pair_loss(model, by_label, order, size=40):
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

    matrices = [p for p in model.parameters() if p.ndim == 2]
    vectors = [p for p in model.parameters() if p.ndim == 1]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.05}, {"params": vectors, "weight_decay": 0.0}], lr=options.rate, betas=(0.9, 0.98)
    )
    order, draw = random.Random(SEED), torch.Generator().manual_seed(SEED)
    stream, started = data.batches(rows, options.batch, SEED), time.process_time()
    chat_mean, pair_mean = 0.0, 0.0
    for step in range(options.steps):
        warm = min(1.0, (step + 1) / 100)
        for parameters in optimizer.param_groups:
            parameters["lr"] = options.rate * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / options.steps)))
        optimizer.zero_grad(set_to_none=True)
        loss = chat_loss(model, next(stream), draw)
        loss.backward()
        if by_label and step % 3 == 0:
            nearer = pair_loss(model, by_label, order)
            (0.3 * nearer).backward()
            pair_mean += nearer.item()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        chat_mean += loss.item()
        if (step + 1) % 50 == 0:
            print(f"step {step + 1} chat {chat_mean / 50:.4f} pairs {pair_mean / 17:.4f} cpu {time.process_time() - started:.0f} s", flush=True)
            chat_mean, pair_mean = 0.0, 0.0
    gguf.write(options.out, SHAPE, tokenizer.pieces, len(bpe.SPECIAL), model.tensors())


if __name__ == "__main__":
    main()
