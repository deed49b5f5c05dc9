"""Step 1: trains the model on packed documents and writes config.json, model.safetensors and the tokenizer's config."""
import argparse
import json
import math
import time

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from transformers import LlamaForCausalLM

from common import BOS, EOS, FIRST_UNSEEN, N_CTX, OUT, SEED, WORK, config, documents, encoded, padded, tokenizer, trained_model

BATCH = 16
DROPOUT_SHARE = 0.15  # documents whose words are spelled in random pieces, so that unseen words are not unheard of


class Muon(torch.optim.Optimizer):
    """Momentum whose update is orthogonalised by Newton–Schulz steps (Jordan 2024); float32, since bfloat16 is slow on a CPU."""

    def __init__(self, params, lr):
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                momentum = self.state[p].setdefault("momentum", torch.zeros_like(p))
                momentum.lerp_(p.grad, 0.05)
                update = p.grad.lerp(momentum, 0.95)
                x = update if p.shape[0] <= p.shape[1] else update.T
                x = x / (x.norm() + 1e-7)
                for _ in range(5):
                    a = x @ x.T
                    x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
                x = x if p.shape[0] <= p.shape[1] else x.T
                p.add_(x, alpha=-group["lr"] * max(1, p.shape[0] / p.shape[1]) ** 0.5)


def token_stream(count):
    """All documents one after the other, each BOS … EOS."""
    docs = list(documents("train", count))
    whole, pieces = tokenizer(), tokenizer(dropout=0.15)
    every = round(1 / DROPOUT_SHARE)
    ids = []
    for number, part in ((0, docs[0::every]), (1, [d for i, d in enumerate(docs) if i % every])):
        for _, row, _ in encoded(part, pieces if number == 0 else whole):
            ids.append(np.array(row, dtype=np.int16))
    order = np.random.default_rng(SEED).permutation(len(ids))
    return np.concatenate([ids[i] for i in order])


def train(steps, count):
    stream = token_stream(count)
    rows = torch.from_numpy(stream[: len(stream) // N_CTX * N_CTX].reshape(-1, N_CTX).astype(np.int64))
    print(f"{len(stream)} tokens, {len(rows)} rows, {steps} steps of {BATCH * N_CTX} tokens", flush=True)
    torch.manual_seed(SEED)
    model = LlamaForCausalLM(config())
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n]
    others = [p for n, p in model.named_parameters() if not (p.ndim == 2 and "embed" not in n)]
    optimizers = [
        Muon(matrices, lr=0.02),
        torch.optim.AdamW(others, lr=4e-3, betas=(0.9, 0.98), weight_decay=0.0),
    ]
    base = [optimizer.param_groups[0]["lr"] for optimizer in optimizers]
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(SEED))
    started, mean = time.time(), None
    for step in range(steps):
        scale = min(1, (step + 1) / 50) * min(1, (steps - step) / (0.4 * steps))
        for optimizer, rate in zip(optimizers, base):
            optimizer.param_groups[0]["lr"] = rate * scale
        at = [int(order[(step * BATCH + i) % len(rows)]) for i in range(BATCH)]
        batch = rows[at]
        logits = model(batch[:, :-1], use_cache=False).logits
        loss = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), batch[:, 1:].reshape(-1))
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        if not math.isfinite(loss.item()):
            raise RuntimeError(f"the loss is {loss.item()} at step {step}")
        mean = loss.item() if mean is None else 0.98 * mean + 0.02 * loss.item()
        if step % 25 == 0 or step == steps - 1:
            passed = time.time() - started
            speed = (step + 1) * BATCH * N_CTX / passed
            print(f"step {step} loss {mean:.4f} {speed:.0f} tokens/s {passed / 60:.1f} min", flush=True)
        if step % 200 == 199 or step == steps - 1:
            save(model)
    return {"steps": steps, "tokens": steps * BATCH * N_CTX, "documents": count, "minutes": (time.time() - started) / 60}


def save(model):
    OUT.mkdir(parents=True, exist_ok=True)
    weights = {n: p.detach().to(torch.float16).contiguous() for n, p in model.named_parameters() if n != "lm_head.weight"}
    save_file(weights, OUT / "model.safetensors", metadata={"format": "pt"})
    cfg = config()
    write("config.json", {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": cfg.vocab_size,
        "hidden_size": cfg.hidden_size, "intermediate_size": cfg.intermediate_size,
        "num_hidden_layers": cfg.num_hidden_layers, "num_attention_heads": cfg.num_attention_heads,
        "num_key_value_heads": cfg.num_key_value_heads, "head_dim": cfg.head_dim, "hidden_act": "silu",
        "max_position_embeddings": N_CTX, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "rope_scaling": None,
        "attention_bias": False, "mlp_bias": False, "tie_word_embeddings": True, "bos_token_id": BOS,
        "eos_token_id": EOS, "initializer_range": 0.02, "torch_dtype": "float16", "use_cache": True,
    })
    write("tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<|bos|>", "eos_token": "<|eos|>",
        "add_bos_token": True, "add_eos_token": False, "clean_up_tokenization_spaces": False,
        "model_max_length": N_CTX,
    })
    write("generation_config.json", {"bos_token_id": BOS, "eos_token_id": EOS, "do_sample": False})


def write(name, content):
    (OUT / name).write_text(json.dumps(content, indent=2) + "\n")


@torch.no_grad()
def measure(split, count, first, bigrams):
    """Nats per token on whole documents: the model's, the bigram table's, and the generator's own."""
    model, coder = trained_model(), tokenizer()
    docs = list(documents(split, count, first))
    sums = {"model": 0.0, "bigram": 0.0, "generator": 0.0}
    tokens = 0
    rows = []
    for doc, row, _ in encoded(docs, coder):
        sums["generator"] -= doc["logProbability"]
        rows.append(row)
        tokens += len(row) - 1
        pair = np.array(row)
        sums["bigram"] -= bigrams[pair[:-1], pair[1:]].sum()
    for start in range(0, len(rows), 64):
        ids, mask = padded(rows[start : start + 64])
        logits = model(ids[:, :-1], use_cache=False).logits
        losses = F.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none")
        sums["model"] += losses[mask[:, 1:]].sum().item()
    return {"documents": count, "tokens": tokens, **{name: float(value / tokens) for name, value in sums.items()}}


def bigram_table(count):
    """Log-probabilities [previous, next] counted in the training stream, smoothed towards the unigram."""
    ids = np.concatenate([row for _, row, _ in encoded(list(documents("train", count)), tokenizer())])
    counts = np.zeros((1024, 1024))
    np.add.at(counts, (ids[:-1], ids[1:]), 1)
    unigram = (counts.sum(0) + 0.1) / (counts.sum() + 102.4)
    return np.log((counts + unigram) / (counts.sum(1, keepdims=True) + 1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=900)
    parser.add_argument("--documents", type=int, default=60_000)
    arguments = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    report = train(arguments.steps, arguments.documents)
    table = bigram_table(40_000)
    report["unseen"] = measure("train", 2000, FIRST_UNSEEN, table)
    report["heldout"] = measure("heldout", 2000, 0, table)
    report["parameters"] = sum(p.numel() for p in trained_model().parameters())
    (WORK / "train.json").write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))
