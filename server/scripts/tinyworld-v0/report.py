"""Step 4: writes the model's README.md from the measurements of the three steps."""
import json
import platform

import safetensors
import tokenizers
import torch
import transformers

from common import OUT, SEED, WORK
from dictionaries import D_SAE, K
from train import BATCH, DROPOUT_SHARE

HEAD = """---
license: apache-2.0
---
# tinyworld, version 0

A small transformer (Llama layout, 4 layers, d_model 128, {parameters} parameters, F16) trained on a synthetic language whose hidden
variables are known, with one dictionary per layer. Its features can be held against the truth. The language lives in
`server/src/tinyworld/`, this version was trained by `server/scripts/tinyworld-v0/` with PyTorch; a later version is
trained by Sonde itself. All figures below are measured, none is chosen afterwards; those that are poor are printed too.

## Files
- `config.json`, `model.safetensors`, `tokenizer.json` (byte-pair encoding, 1,024 tokens, learnt from 20,000 documents)
- `dictionaries/layer_{{0…3}}/`: `cfg.json`, `sae_weights.safetensors` (SAELens layout, JumpReLU, {d_sae} features,
  `blocks.L.hook_resid_post`, BOS prepended), `labels.jsonl`
- `quickstart.txt`: the text that the quickstart shows

## How it was made
Seed {seed}; {documents} documents, {tokens:,} training tokens in {steps} steps of {batch} × 256, {minutes:.0f} minutes on two shared CPU
cores. Matrices by Muon (0.02), the rest by Adam (0.004), linear decay over the last 40 %. In {dropout:.0%} of the documents words are
spelled in random pieces (BPE-dropout 0.15), since held-out words consist of pieces. Dictionaries: BatchTopK with k = {k} on
{sae_tokens:,} tokens of other documents, {sae_steps} steps of {sae_batch}, silent features revived, stored with one threshold.
Python {python}, torch {torch}, transformers {transformers}, tokenizers {tokenizers}, safetensors {safetensors}.

```
npm run build
node server/dist/tinyworld/build-tokenizer.js 1 20000 1024 > server/models/tinyworld/tokenizer.json
cd server/scripts/tinyworld-v0
pip install -r requirements.txt
python train.py --steps {steps} && python dictionaries.py --steps {sae_steps} && python labels.py && python report.py
```

## Loss, nats per token (end of document included)
"Generator" is the language's own conditional cross-entropy: every text has one derivation, and its choices' probabilities are
recorded, so it is exact and no model can do better on average on unseen text. On held-out words and templates it is no
bound for a model that was never told them; the bigram table has never met most of their pairs.

| text | model | generator | bigram table |
|---|---|---|---|
"""


def main():
    train, sae, labels = (json.loads((WORK / f"{name}.json").read_text()) for name in ("train", "dictionaries", "labels"))
    text = HEAD.format(
        parameters=f"{train['parameters']:,}", d_sae=D_SAE, seed=SEED, documents=f"{train['documents']:,}", tokens=train["tokens"],
        steps=train["steps"], batch=BATCH, minutes=train["minutes"], dropout=DROPOUT_SHARE, k=K, sae_tokens=sae["tokens"],
        sae_steps=sae["steps"], sae_batch=sae["batch"], python=platform.python_version(), torch=torch.__version__,
        transformers=transformers.__version__, tokenizers=tokenizers.__version__, safetensors=safetensors.__version__,
    )
    for name, title in (("unseen", "unseen text, training words"), ("heldout", "held-out words and templates")):
        row = train[name]
        text += f"| {title} ({row['tokens']:,} tokens) | {row['model']:.3f} | {row['generator']:.3f} | {row['bigram']:.3f} |\n"
    text += (
        "\n## Dictionaries\nFVU and L0 over counted tokens; how many features carry which kind of label (score at least 0.5 by Matthews correlation).\n\n"
        "| layer | FVU unseen | FVU held-out | L0 unseen | L0 held-out | latent | token | unmatched | never fire |\n|---|---|---|---|---|---|---|---|---|\n"
    )
    for entry, kinds in zip(sae["layers"], labels["features"]):
        a, b = entry["unseen"], entry["heldout"]
        text += f"| {entry['layer']} | {a['fvu']:.3f} | {b['fvu']:.3f} | {a['l0']:.1f} | {b['l0']:.1f} | {kinds['latent']} | {kinds['token']} | {kinds['unmatched']} | {kinds['dead']} |\n"
    rows = labels["latents"]
    good = [row for row in rows if row["test"] >= 0.7 and row["test"] >= row["token_lookup"] + 0.2]
    some = [row for row in rows if row["test"] >= 0.5]
    names = {row["latent"] for row in rows}
    text += (
        f"\n## Latents\n{len(rows)} yes-or-no indicators of {len(names)} latents. Feature and threshold were chosen on training text, MCC is on held-out words and "
        f"templates ({labels['tokens']['heldout']:,} tokens). **{len(some)} indicators of {len({r['latent'] for r in some})} latents are found with MCC ≥ 0.5; {len(good)} of {len({r['latent'] for r in good})} latents with MCC ≥ 0.7 and "
        "at least 0.2 above the best look-up by token.** Probe: held-out AUROC of a ridge regression on the best layer's activations, the "
        "ceiling for anything linear.\n\n| indicator | base rate | probe AUROC | best layer | feature | MCC | token look-up MCC |\n|---|---|---|---|---|---|---|\n"
    )
    for row in rows:
        text += f"| {row['indicator']} | {row['rate']:.4f} | {row['probe']:.3f} | {row['layer']} | {row['feature']} | {row['test']:.2f} | {row['token_lookup']:.2f} |\n"
    text += "\n`place_synonym` is carried but unused by design: no later token depends on it.\n"
    (OUT / "README.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
