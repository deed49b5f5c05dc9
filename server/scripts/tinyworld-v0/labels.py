"""Step 3: measures which latent, or which tokens, each feature stands for, and writes labels.jsonl per dictionary.

Thresholds, features and look-up tables are chosen on unseen documents of the training split; latents are scored on
held-out words and templates, token look-ups (which know no held-out words) on other documents of the training split.
"""
import argparse
import json
import subprocess

import numpy as np
import torch
from safetensors.torch import load_file

from common import DIST, FIRST_UNSEEN, N_LAYERS, OUT, WORK, documents, encoded, residuals, tokenizer, trained_model
from dictionaries import D_SAE, encode

LEVELS = (0.0, 0.15, 0.3, 0.5, 0.7)  # thresholds, as shares of the feature's 99th percentile when it fires
ENOUGH = 0.5


def registry():
    """Every latent as yes-or-no indicators: (key, latent, value or None for any, description)."""
    script = "import(process.argv[1]).then(m => process.stdout.write(JSON.stringify(m.LATENTS)))"
    module = (DIST / "tinyworld" / "latents.js").as_uri()
    listed = json.loads(subprocess.run(["node", "-e", script, module], capture_output=True, check=True, text=True).stdout)
    indicators = []
    for latent in listed:
        if latent["kind"] == "binary":
            indicators.append((latent["name"], latent["name"], None, latent["description"]))
            continue
        if latent["name"] in ("bracket_depth", "magnitude"):
            indicators.append((latent["name"], latent["name"], None, {"bracket_depth": "inside brackets in code",
                               "magnitude": "a number was given and its size is still to be judged"}[latent["name"]]))
        for value, name in enumerate(latent["valueNames"][: latent["values"]], start=1):
            indicators.append((f"{latent['name']}={value}", latent["name"], value, f"{latent['description']}: {name}"))
    return indicators


def sample(model, split, count, first, indicators):
    """Activations per layer, indicator values [token, indicator], token ids and previous token ids."""
    coder = tokenizer()
    rows, values, tokens, previous = [], [], [], []
    for doc, row, offsets in encoded(list(documents(split, count, first, "full")), coder):
        length = len(doc["text"])
        assert all(ord(c) < 0x10000 for c in doc["text"])
        held = {}
        for span in doc["spans"]:
            held.setdefault(span["latent"], np.zeros(length, dtype=np.int8))[span["start"] : span["end"]] = span["value"]
        ends = np.array([end - 1 for _, end in offsets[1:]])
        table = np.zeros((len(ends), len(indicators)), dtype=bool)
        for i, (_, latent, value, _) in enumerate(indicators):
            if latent in held:
                at = held[latent][ends]
                table[:, i] = at > 0 if value is None else at == value
        rows.append(row)
        values.append(table)
        tokens.extend(row[1:-1])
        previous.extend(row[:-2])
    return residuals(model, rows), np.concatenate(values), np.array(tokens), np.array(previous)


def mcc(tp, predicted, actual, n):
    """Matthews correlation from counts; 0 where it is undefined."""
    tp, predicted, actual = (np.asarray(v, dtype=np.float64) for v in (tp, predicted, actual))
    below = np.sqrt(predicted * (n - predicted) * actual * (n - actual))
    return np.divide(tp * n - predicted * actual, below, out=np.zeros(np.broadcast(tp, below).shape), where=below > 0)


def contingency(acts, cuts, values):
    """Per level: how often feature and indicator coincide [level, feature, indicator], and how often features fire."""
    target = torch.from_numpy(values).float()
    together = torch.zeros(len(LEVELS), D_SAE, target.shape[1], dtype=torch.float64)
    fires = torch.zeros(len(LEVELS), D_SAE, dtype=torch.float64)
    for start in range(0, len(acts), 16384):
        part = acts[start : start + 16384].float()
        for level in range(len(LEVELS)):
            on = (part > cuts[level]).float()
            together[level] += on.T @ target[start : start + 16384]
            fires[level] += on.sum(0)
    return together.numpy(), fires.numpy()


def look_up(keys, fires_train, keys_test, fires_test):
    """MCC per feature of "fires on exactly these keys": keys on which it fires more often than not. [feature], sets."""
    size = 1024
    counts = np.bincount(keys, minlength=size)
    on = torch.zeros(size, D_SAE).index_add_(0, torch.from_numpy(keys), fires_train.float()).numpy()
    chosen = on > 0.5 * np.maximum(counts, 1)[:, None]
    counts_test = np.bincount(keys_test, minlength=size)
    on_test = torch.zeros(size, D_SAE).index_add_(0, torch.from_numpy(keys_test), fires_test.float()).numpy()
    scores = mcc((on_test * chosen).sum(0), (chosen * counts_test[:, None]).sum(0), on_test.sum(0), len(keys_test))
    return scores, chosen, on


def auroc(scores, labels):
    """Probability that a positive outscores a negative, ties counted half."""
    if labels.all() or not labels.any():
        return float("nan")
    ranks = np.empty(len(scores))
    order = np.argsort(scores, kind="stable")
    ordered = scores[order]
    first = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    sizes = np.diff(np.r_[first, len(scores)])
    ranks[order] = np.repeat(first + (sizes + 1) / 2, sizes)
    n = labels.sum()
    return float((ranks[labels].sum() - n * (n + 1) / 2) / (n * (len(labels) - n)))


def probes(x, y, x_test, y_test):
    """Held-out AUROC per indicator of a ridge regression on the activations."""
    mean, std = x.mean(0), x.std(0) + 1e-6
    a, b = (x - mean) / std, (x_test - mean) / std
    target = torch.from_numpy(y).float()
    weights = torch.linalg.solve(a.T @ a + 0.001 * len(a) * torch.eye(a.shape[1]), a.T @ (target - target.mean(0)))
    scores = (b @ weights).numpy()
    return [auroc(scores[:, i], y_test[:, i]) for i in range(y.shape[1])]


def token_label(words, names, prefix):
    shown = ", ".join(json.dumps(names[w], ensure_ascii=False) for w in words[:4])
    more = f" and {len(words) - 4} more" if len(words) > 4 else ""
    return f"{prefix} {shown}{more}"


def label_layer(layer, sets, indicators, names):
    sae = load_file(OUT / "dictionaries" / f"layer_{layer}" / "sae_weights.safetensors")
    acts = {name: torch.cat([encode(sae, part).half() for part in data[0][layer].split(16384)]) for name, data in sets.items()}
    train, test, other = acts["train"], acts["heldout"], acts["other"]
    tops = torch.stack([c[c > 0].float().quantile(0.99) if (c > 0).any() else torch.tensor(0.0) for c in train.T])
    cuts = torch.tensor(LEVELS)[:, None] * tops[None, :]
    y, y_test = sets["train"][1], sets["heldout"][1]
    together, fires = contingency(train, cuts, y)
    scores = mcc(together, fires[:, :, None], y.sum(0)[None, None, :], len(y))
    together_test, fires_test = contingency(test, cuts, y_test)
    scores_test = mcc(together_test, fires_test[:, :, None], y_test.sum(0)[None, None, :], len(y_test))
    on, on_other = train > 0, other > 0
    density = on.float().mean(0).numpy()
    looks = [look_up(sets["train"][k], on, sets["other"][k], on_other) for k in (2, 3)]
    lines = []
    for feature in range(D_SAE):
        line = {"feature": feature, "label": "never fires", "source": "tinyworld v0 measurement", "score": None, "metric": "mcc",
                "latent": None, "density": round(float(density[feature]), 6)}
        if density[feature] > 0:
            level, best = np.unravel_index(scores[:, feature, :].argmax(), scores[:, feature, :].shape)
            held = float(scores_test[level, feature, best])
            identity = [float(look[0][feature]) for look in looks]
            which = int(np.argmax(identity))
            if held >= ENOUGH and scores[level, feature, best] >= ENOUGH:
                line |= {"label": indicators[best][3], "score": round(held, 3), "latent": indicators[best][0],
                         "threshold": round(float(cuts[level, feature]), 4), "token_score": round(identity[0], 3)}
            elif identity[which] >= ENOUGH:
                _, chosen, counted = looks[which]
                words = [w for w in np.argsort(-counted[:, feature]) if chosen[w, feature]]
                line |= {"label": token_label(words, names, "token" if which == 0 else "after token"),
                         "score": round(identity[which], 3)}
            else:
                line |= {"label": "unmatched", "score": round(max(held, *identity), 3)}
        lines.append(line)
    path = OUT / "dictionaries" / f"layer_{layer}" / "labels.jsonl"
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    found = []
    for i in range(len(indicators)):
        level, feature = np.unravel_index(scores[:, :, i].argmax(), scores[:, :, i].shape)
        found.append({"feature": int(feature), "train": float(scores[level, feature, i]), "test": float(scores_test[level, feature, i])})
    return found, probes(sets["train"][0][layer], y, sets["heldout"][0][layer], y_test), lines


def identity_baseline(sets):
    """Held-out MCC per indicator of the best single-token look-up table, learnt on the training split."""
    (_, y, tokens, _), (_, y_test, tokens_test, _) = sets["train"], sets["heldout"]
    counts = np.bincount(tokens, minlength=1024)
    result = []
    for i in range(y.shape[1]):
        share = np.bincount(tokens, weights=y[:, i], minlength=1024) / np.maximum(counts, 1)
        best = max((0.1, 0.2, 0.3, 0.5, 0.7), key=lambda cut: plain_mcc((share > cut)[tokens], y[:, i]))
        result.append(plain_mcc((share > best)[tokens_test], y_test[:, i]))
    return result


def plain_mcc(predicted, actual):
    return float(mcc((predicted & actual).sum(), predicted.sum(), actual.sum(), len(actual)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=3000)
    count = parser.parse_args().documents
    model, indicators, coder = trained_model(), registry(), tokenizer()
    names = [coder.decode([i], skip_special_tokens=False) for i in range(1024)]
    sets = {
        "train": sample(model, "train", count, FIRST_UNSEEN + 100_000, indicators),
        "other": sample(model, "train", count, FIRST_UNSEEN + 200_000, indicators),
        "heldout": sample(model, "heldout", count, 100_000, indicators),
    }
    tokens_only = identity_baseline(sets)
    layers = [label_layer(layer, sets, indicators, names) for layer in range(N_LAYERS)]
    table = []
    for i, (key, latent, value, description) in enumerate(indicators):
        best = max(range(N_LAYERS), key=lambda layer: layers[layer][0][i]["train"])
        table.append({
            "indicator": key, "latent": latent, "description": description, "rate": float(sets["heldout"][1][:, i].mean()),
            "positives": int(sets["heldout"][1][:, i].sum()), "layer": best, **layers[best][0][i],
            "probe": max(layers[layer][1][i] for layer in range(N_LAYERS)), "token_lookup": tokens_only[i],
        })
    kinds = [{"latent": sum(line["latent"] is not None for line in lines),
              "token": sum(line["latent"] is None and "token" in line["label"] for line in lines),
              "unmatched": sum(line["label"] == "unmatched" for line in lines),
              "dead": sum(line["label"] == "never fires" for line in lines)} for _, _, lines in layers]
    report = {"documents": count, "tokens": {name: len(data[2]) for name, data in sets.items()}, "features": kinds, "latents": table}
    (WORK / "labels.json").write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(kinds))
    for row in table:
        print(f"{row['indicator']:20s} rate {row['rate']:.4f} layer {row['layer']} mcc {row['test']:.2f} probe {row['probe']:.3f} token {row['token_lookup']:.2f}")
