"""Step 2: trains one sparse autoencoder per layer on resid_post and writes them in SAELens' layout.

BatchTopK (Bussmann et al. 2024, arXiv:2412.06410): in training the K·batch largest activations of a batch live; stored
as a JumpReLU with the running mean of the smallest living activation as threshold. Features that stay silent are given
the direction of a badly reconstructed token. The scale of the activations is folded into weights and biases.
"""
import argparse
import json
import math
import time

import torch
from safetensors.torch import save_file

from common import FIRST_UNSEEN, N_CTX, N_LAYERS, OUT, SEED, WORK, documents, encoded, residuals, tokenizer, trained_model

D_SAE, K, BATCH, LEARNING_RATE, REVIVE_EVERY = 768, 16, 2048, 1e-3, 100


def train(x, steps):
    """Trains on activations [token, d_in]; returns the stored tensors and the number of features revived."""
    d_in = x.shape[1]
    mean = x.mean(0)
    scale = math.sqrt(d_in) / (x - mean).norm(dim=1).mean().item()
    x = x * scale
    generator = torch.Generator().manual_seed(SEED)
    W_dec = torch.nn.functional.normalize(torch.randn(D_SAE, d_in, generator=generator), dim=1)
    parameters = [W_dec.T.clone(), torch.zeros(D_SAE), W_dec, mean * scale]
    for parameter in parameters:
        parameter.requires_grad_()
    W_enc, b_enc, W_dec, b_dec = parameters
    optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE, betas=(0.9, 0.99))
    silent_since = torch.zeros(D_SAE)
    threshold, revived = 0.0, 0
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = LEARNING_RATE * min(1, (step + 1) / 50) * min(1, (steps - step) / (0.3 * steps))
        batch = x[torch.randint(len(x), (BATCH,), generator=generator)]
        hidden = torch.relu((batch - b_dec) @ W_enc + b_enc)
        with torch.no_grad():
            cut = hidden.flatten().topk(K * BATCH, sorted=False).values.min().item()
            threshold = cut if step == 0 else 0.99 * threshold + 0.01 * cut
        acts = hidden * (hidden > cut)
        error = batch - (acts @ W_dec + b_dec)
        loss = error.square().sum(1).mean() / d_in
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        with torch.no_grad():
            W_dec.grad -= (W_dec.grad * W_dec).sum(1, keepdim=True) * W_dec
        optimizer.step()
        with torch.no_grad():
            W_dec /= W_dec.norm(dim=1, keepdim=True)
            fired = (acts > 0).any(0)
            silent_since = torch.where(fired, 0.0, silent_since + 1)
            if step % REVIVE_EVERY == REVIVE_EVERY - 1 and step < 0.7 * steps:
                revived += revive(silent_since, error, acts, parameters, optimizer, generator)
        if step % 100 == 0:
            print(f"  step {step} loss {loss.item():.4f} silent {(silent_since > REVIVE_EVERY).sum().item()}", flush=True)
    tensors = {
        "W_enc": W_enc, "b_enc": b_enc / scale, "W_dec": W_dec, "b_dec": b_dec / scale,
        "threshold": torch.full((D_SAE,), threshold / scale),
    }
    return {name: tensor.detach().float().contiguous() for name, tensor in tensors.items()}, revived


def revive(silent_since, error, acts, parameters, optimizer, generator):
    """Points features that were silent since the last call at badly reconstructed tokens."""
    W_enc, b_enc, W_dec, _ = parameters
    dead = (silent_since >= REVIVE_EVERY).nonzero().flatten()
    if len(dead) == 0:
        return 0
    weights = error.square().sum(1)
    rows = torch.multinomial(weights, min(len(dead), len(weights)), generator=generator)
    directions = torch.nn.functional.normalize(error[rows], dim=1)
    alive_norm = W_enc[:, silent_since < 1].norm(dim=0).mean()
    W_dec[dead] = directions
    W_enc[:, dead] = directions.T * alive_norm
    b_enc[dead] = 0
    for parameter, axis in ((W_enc, 1), (b_enc, 0), (W_dec, 0)):
        for moment in ("exp_avg", "exp_avg_sq"):
            optimizer.state[parameter][moment].index_fill_(axis, dead, 0)
    silent_since[dead] = 0
    return len(dead)


def encode(sae, x):
    """Feature activations [token, d_sae] of the stored dictionary."""
    hidden = (x - sae["b_dec"]) @ sae["W_enc"] + sae["b_enc"]
    return torch.relu(hidden) * (hidden > sae["threshold"])


def fit(sae, x):
    """FVU and L0 over the given activations."""
    residual = total = fired = 0.0
    mean = x.mean(0)
    alive = torch.zeros(D_SAE, dtype=torch.bool)
    for part in x.split(8192):
        acts = encode(sae, part)
        residual += (part - acts @ sae["W_dec"] - sae["b_dec"]).square().sum().item()
        total += (part - mean).square().sum().item()
        fired += (acts > 0).sum().item()
        alive |= (acts > 0).any(0)
    return {"fvu": residual / total, "l0": fired / len(x), "alive": int(alive.sum())}


def rows_of(split, count, first=0):
    return [row for _, row, _ in encoded(list(documents(split, count, first)), tokenizer())]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--documents", type=int, default=5000)
    arguments = parser.parse_args()
    model = trained_model()
    training = residuals(model, rows_of("train", arguments.documents, FIRST_UNSEEN // 2))
    tests = {
        "unseen": residuals(model, rows_of("train", 1000, FIRST_UNSEEN)),
        "heldout": residuals(model, rows_of("heldout", 1000)),
    }
    report = {"tokens": len(training[0]), "steps": arguments.steps, "batch": BATCH, "layers": []}
    for layer in range(N_LAYERS):
        started = time.time()
        sae, revived = train(training[layer], arguments.steps)
        folder = OUT / "dictionaries" / f"layer_{layer}"
        folder.mkdir(parents=True, exist_ok=True)
        save_file(sae, folder / "sae_weights.safetensors")
        cfg = {
            "architecture": "jumprelu", "d_in": 128, "d_sae": D_SAE, "dtype": "float32", "device": "cpu",
            "apply_b_dec_to_input": True, "normalize_activations": "none", "reshape_activations": "none",
            "metadata": {
                "sae_lens_version": "6.0.0", "model_name": "tinyworld", "hook_name": f"blocks.{layer}.hook_resid_post",
                "hook_head_index": None, "context_size": N_CTX, "prepend_bos": True, "exclude_special_tokens": True,
                "dataset_path": "tinyworld, seed 1", "model_from_pretrained_kwargs": {},
            },
        }
        (folder / "cfg.json").write_text(json.dumps(cfg, indent=2) + "\n")
        entry = {"layer": layer, "revived": revived, "minutes": (time.time() - started) / 60}
        entry |= {name: fit(sae, acts[layer]) for name, acts in tests.items()}
        report["layers"].append(entry)
        print(json.dumps(entry), flush=True)
    (WORK / "dictionaries.json").write_text(json.dumps(report, indent=2) + "\n")
