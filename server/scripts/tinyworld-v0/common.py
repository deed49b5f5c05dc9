"""What the three steps share: where things lie, the generator's documents as tokens, and the model's activations."""
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import LlamaConfig, LlamaForCausalLM

SERVER = Path(__file__).resolve().parents[2]
DIST = Path(os.environ.get("TINYWORLD_DIST", SERVER / "dist"))
OUT = Path(os.environ.get("TINYWORLD_OUT", SERVER / "models" / "tinyworld"))
WORK = Path(os.environ.get("TINYWORLD_WORK", "/tmp/tinyworld-v0"))
SEED = 1
BOS, EOS = 0, 1
N_CTX = 256
N_LAYERS = 4
# Documents of the training split from here on are never trained on: same words, same templates, unseen texts.
FIRST_UNSEEN = 1_000_000

torch.manual_seed(SEED)


def documents(split, count, first=0, detail="text"):
    """Documents first … first+count−1 of a split, as the generator writes them."""
    command = ["node", str(DIST / "tinyworld" / "dump-corpus.js"), str(SEED), split, str(count), str(first), detail]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        for line in process.stdout:
            yield json.loads(line)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} exited with {process.returncode}")


def tokenizer(dropout=None):
    """The shipped tokenizer; with `dropout` some merges are left out at random (BPE-dropout), which spells words in pieces."""
    loaded = Tokenizer.from_file(str(OUT / "tokenizer.json"))
    loaded.model.dropout = dropout
    return loaded


def config():
    return LlamaConfig(
        vocab_size=1024, hidden_size=128, intermediate_size=512, num_hidden_layers=N_LAYERS, num_attention_heads=4,
        num_key_value_heads=4, head_dim=32, max_position_embeddings=N_CTX, rms_norm_eps=1e-5, tie_word_embeddings=True,
        bos_token_id=BOS, eos_token_id=EOS, attention_bias=False, mlp_bias=False, hidden_act="silu",
    )


def trained_model():
    """The shipped weights, rounded to F16 as stored, computing in float32."""
    from safetensors.torch import load_file

    model = LlamaForCausalLM(config())
    weights = {name: value.float() for name, value in load_file(OUT / "model.safetensors").items()}
    missing, unexpected = model.load_state_dict(weights, strict=False)
    assert missing == ["lm_head.weight"] and not unexpected, (missing, unexpected)
    model.tie_weights()
    return model.eval()


def encoded(docs, coder):
    """Token ids of each document, BOS first and EOS last; token spans in code points of the text."""
    for start in range(0, len(docs), 2000):
        part = docs[start : start + 2000]
        for doc, encoding in zip(part, coder.encode_batch([doc["text"] for doc in part])):
            yield doc, encoding.ids + [EOS], encoding.offsets


def padded(rows):
    """Rows of unequal length as one array, padded with EOS behind; the mask is true on real tokens."""
    length = max(map(len, rows))
    ids = np.full((len(rows), length), EOS, dtype=np.int64)
    mask = np.zeros((len(rows), length), dtype=bool)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
        mask[i, : len(row)] = True
    return torch.from_numpy(ids), torch.from_numpy(mask)


@torch.no_grad()
def residuals(model, rows, batch=64):
    """resid_post of every layer, [layer][counted token, d_model]: BOS, EOS and padding are left out; rows keep their order."""
    parts = [[] for _ in range(N_LAYERS)]
    hooks = []
    captured = {}
    for layer, block in enumerate(model.model.layers):
        def keep(_module, _inputs, output, layer=layer):
            captured[layer] = output[0] if isinstance(output, tuple) else output
        hooks.append(block.register_forward_hook(keep))
    for start in range(0, len(rows), batch):
        ids, mask = padded(rows[start : start + batch])
        model.model(ids, use_cache=False)
        counted = mask & (ids > EOS)
        for layer in range(N_LAYERS):
            parts[layer].append(captured[layer][counted])
    for hook in hooks:
        hook.remove()
    return [torch.cat(part) for part in parts]
