"""The llama architecture as llama.cpp runs it: RMS norm, rotary positions on adjacent pairs, SiLU gate, tied embeddings."""

import torch
import torch.nn as nn
import torch.nn.functional as F

SHAPE = {"context": 2048, "width": 128, "layers": 4, "heads": 4, "hidden": 320, "epsilon": 1e-5, "theta": 10000.0}


def norm(x, weight):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + SHAPE["epsilon"]) * weight


def rotary(positions):
    """Cosine and sine for every position: (batch, 1, time, head / 2)."""
    half = SHAPE["width"] // SHAPE["heads"] // 2
    frequency = SHAPE["theta"] ** (-torch.arange(half, dtype=torch.float32) / half)
    angle = positions[:, None, :, None].float() * frequency
    return angle.cos(), angle.sin()


def rotate(x, cos, sin):
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2)


def attend(q, k, v, mask, step=240):
    """Causal attention, a stretch of queries at a time: what comes later than a stretch is not even computed."""
    parts = []
    for start in range(0, q.shape[2], step):
        end = min(start + step, q.shape[2])
        scores = q[:, :, start:end] @ k[:, :, :end].transpose(-1, -2) + mask[..., start:end, :end]
        parts.append(torch.softmax(scores, -1) @ v[:, :, :end])
    return torch.cat(parts, 2)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        width, hidden = SHAPE["width"], SHAPE["hidden"]
        self.attention_norm = nn.Parameter(torch.ones(width))
        self.qkv = nn.Parameter(torch.randn(3 * width, width) * width**-0.5)
        self.output = nn.Parameter(torch.zeros(width, width))
        self.feed_norm = nn.Parameter(torch.ones(width))
        self.gate_up = nn.Parameter(torch.randn(2 * hidden, width) * width**-0.5)
        self.down = nn.Parameter(torch.zeros(width, hidden))

    def forward(self, x, mask, cos, sin):
        batch, time, width = x.shape
        heads = SHAPE["heads"]
        q, k, v = F.linear(norm(x, self.attention_norm), self.qkv).view(batch, time, 3, heads, -1).permute(2, 0, 3, 1, 4)
        q, k, v = (rotate(q, cos, sin) * (width // heads) ** -0.5).bfloat16(), rotate(k, cos, sin).bfloat16(), v.bfloat16()
        mixed = attend(q, k, v, mask).transpose(1, 2).reshape(batch, time, width)
        x = x + F.linear(mixed, self.output)
        gate, up = F.linear(norm(x, self.feed_norm), self.gate_up).chunk(2, -1)
        return x + F.linear(F.silu(gate) * up, self.down)


class Llama(nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        self.embedding = nn.Parameter(torch.randn(vocabulary, SHAPE["width"]) * 0.05)
        self.blocks = nn.ModuleList(Block() for _ in range(SHAPE["layers"]))
        self.norm = nn.Parameter(torch.ones(SHAPE["width"]))

    def forward(self, tokens, positions, mask):
        """Normed hidden states; `mask` is added to the attention scores."""
        x = F.embedding(tokens, self.embedding)
        cos, sin = rotary(positions)
        for block in self.blocks:
            x = block(x, mask, cos, sin)
        return norm(x, self.norm)

    def tensors(self):
        """Name to array, as GGUF wants them."""
        named = {"token_embd.weight": self.embedding, "output_norm.weight": self.norm}
        for index, block in enumerate(self.blocks):
            q, k, v = block.qkv.chunk(3, 0)
            gate, up = block.gate_up.chunk(2, 0)
            parts = {
                "attn_norm": block.attention_norm, "attn_q": q, "attn_k": k, "attn_v": v, "attn_output": block.output,
                "ffn_norm": block.feed_norm, "ffn_gate": gate, "ffn_up": up, "ffn_down": block.down,
            }
            named.update({f"blk.{index}.{name}.weight": tensor for name, tensor in parts.items()})
        return {name: tensor.detach().float().numpy() for name, tensor in named.items()}
