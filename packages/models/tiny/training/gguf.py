"""Writes a llama model as a GGUF version 3 file: matrices in q8_0 (one byte a weight), norms in f32."""

import struct

import numpy as np

U32, I32, F32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9
TENSOR_F32, TENSOR_Q8_0 = 0, 8
ALIGNMENT = 32
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6

CHAT_TEMPLATE = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def _string(text):
    data = text.encode("utf-8")
    return struct.pack("<Q", len(data)) + data


def _scalar(kind, value):
    if kind == STRING:
        return _string(value)
    return struct.pack({U32: "<I", I32: "<i", F32: "<f", BOOL: "<?"}[kind], value)


def _key(name, kind, value, items=None):
    head = _string(name) + struct.pack("<I", kind)
    if kind != ARRAY:
        return head + _scalar(kind, value)
    return head + struct.pack("<IQ", items, len(value)) + b"".join(_scalar(items, item) for item in value)


def _q8_0(matrix):
    """Blocks of 32 weights: an f16 scale and 32 signed bytes."""
    blocks = matrix.astype(np.float32).reshape(-1, 32)
    scale = (np.abs(blocks).max(axis=1) / 127).astype(np.float16)
    divisor = np.where(scale == 0, 1, scale.astype(np.float32))
    values = np.clip(np.rint(blocks / divisor[:, None]), -127, 127).astype(np.int8)
    out = np.empty((len(blocks), 34), dtype=np.uint8)
    out[:, :2] = scale.view(np.uint8).reshape(-1, 2)
    out[:, 2:] = values.view(np.uint8)
    return out.tobytes()


def write(path, shape, pieces, special, tensors):
    """`tensors`: name to float array, rows = outputs. `special`: names of the first control pieces, `<unk>` first."""
    kinds = [UNKNOWN if i == 0 else CONTROL if i < special else BYTE if i < special + 256 else NORMAL for i in range(len(pieces))]
    keys = [
        _key("general.architecture", STRING, "llama"),
        _key("general.name", STRING, "flyball-tiny"),
        _key("general.license", STRING, "apache-2.0"),
        _key("general.file_type", U32, 7),
        _key("llama.context_length", U32, shape["context"]),
        _key("llama.embedding_length", U32, shape["width"]),
        _key("llama.block_count", U32, shape["layers"]),
        _key("llama.feed_forward_length", U32, shape["hidden"]),
        _key("llama.attention.head_count", U32, shape["heads"]),
        _key("llama.attention.layer_norm_rms_epsilon", F32, shape["epsilon"]),
        _key("llama.rope.dimension_count", U32, shape["width"] // shape["heads"]),
        _key("llama.rope.freq_base", F32, shape["theta"]),
        _key("llama.pooling_type", U32, 1),
        _key("llama.vocab_size", U32, len(pieces)),
        _key("tokenizer.ggml.model", STRING, "llama"),
        _key("tokenizer.ggml.tokens", ARRAY, pieces, STRING),
        _key("tokenizer.ggml.scores", ARRAY, [0.0 if i < special + 256 else float(-i) for i in range(len(pieces))], F32),
        _key("tokenizer.ggml.token_type", ARRAY, kinds, I32),
        _key("tokenizer.ggml.unknown_token_id", U32, 0),
        _key("tokenizer.ggml.bos_token_id", U32, 1),
        _key("tokenizer.ggml.eos_token_id", U32, 4),
        _key("tokenizer.ggml.padding_token_id", U32, 2),
        _key("tokenizer.ggml.add_bos_token", BOOL, True),
        _key("tokenizer.ggml.add_eos_token", BOOL, False),
        _key("tokenizer.ggml.add_space_prefix", BOOL, False),
        _key("tokenizer.chat_template", STRING, CHAT_TEMPLATE),
    ]
    infos, data = [], b""
    for name, array in tensors.items():
        vector = array.ndim == 1
        raw = array.astype(np.float32).tobytes() if vector else _q8_0(array)
        infos.append(
            _string(name)
            + struct.pack("<I", array.ndim)
            + b"".join(struct.pack("<Q", size) for size in reversed(array.shape))
            + struct.pack("<IQ", TENSOR_F32 if vector else TENSOR_Q8_0, len(data))
        )
        data += raw + b"\0" * (-len(raw) % ALIGNMENT)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys)) + b"".join(keys) + b"".join(infos)
    with open(path, "wb") as file:
        file.write(head + b"\0" * (-len(head) % ALIGNMENT) + data)
