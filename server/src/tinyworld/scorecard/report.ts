/** The card as rows of tables, which a terminal or Markdown then shows. Missed aims are shown as they are. */
import { RULES, type ScoreCard } from './card.ts';

export interface ReportTable {
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Summary of several cards side by side: one column per card. */
export function summaryTable(cards: readonly ScoreCard[]): ReportTable {
  const row = (name: string, aim: string, value: (card: ScoreCard) => string) => [name, aim, ...cards.map(value)];
  const baselineNames = cards[0]?.baselines.map(({ name }) => name) ?? [];
  const layers = cards[0]?.layers ?? [];
  return {
    title: 'Summary',
    header: ['figure', 'aim', ...cards.map(({ seed }) => `seed ${seed}`)],
    rows: [
      row('loss on unseen text, nats per token', '', ({ unseen }) => unseen.model.toFixed(4)),
      row('the generator’s own (exact per derivation, a bound from above)', '', ({ unseen }) =>
        unseen.bound.toFixed(4),
      ),
      row('loss over the bound', `≤ ${RULES.loss}`, ({ unseen }) => (unseen.model / unseen.bound).toFixed(3)),
      row('loss on held-out words and templates', '', ({ heldout }) => heldout.model.toFixed(4)),
      row('phenomena above the n-gram baseline, unseen text', 'all', ({ accuracy }) => above(accuracy.unseen)),
      row('phenomena above the n-gram baseline, held-out words', 'all', ({ accuracy }) => above(accuracy.heldout)),
      row('latents linearly carried (probe AUROC ≥ 0.9)', '', (card) => `${card.carried} of ${counted(card)}`),
      row('of these recovered by one feature', `≥ ${100 * RULES.share} %`, (card) => share(card.recovered_share)),
      row('mean held-out MCC of the best feature', '', ({ mcc }) => mcc.toFixed(3)),
      ...baselineNames.map((name, i) =>
        row(`baseline: ${name}`, 'clearly below', ({ baselines }) =>
          baselines[i] ? `${share(baselines[i].recovered_share)}, MCC ${baselines[i].mcc.toFixed(3)}` : '–',
        ),
      ),
      ...layers.map(({ layer }, i) =>
        row(`dictionary of layer ${layer}: FVU · L0 · CE score (ΔCE) · explained`, '', ({ layers: own }) => {
          const found = own[i];
          if (!found) return '–';
          const { fvu, l0, ce_score, ce_delta } = found.scores;
          const loss = `${ce_score?.toFixed(4) ?? '–'} (${ce_delta.toFixed(4)})`;
          return `${fvu?.toFixed(3) ?? '–'} · ${l0.toFixed(1)} · ${loss} · ${share(found.explained_share)}`;
        }),
      ),
      row('carried, not recovered', 'none', ({ missed }) => missed.join(', ') || 'none'),
    ],
  };
}

/** Accuracy of every phenomenon. */
export function accuracyTable({ accuracy }: ScoreCard): ReportTable {
  return {
    title: 'Accuracy at settled places (chance among two: 50 %)',
    header: ['phenomenon', 'places', 'unseen', 'n-gram', 'held-out', 'n-gram', ''],
    rows: accuracy.unseen.map((entry, i) => {
      const held = accuracy.heldout[i]!;
      const below = entry.model <= entry.n_gram || (held.places > 0 && held.model <= held.n_gram);
      const shown = held.places > 0 ? [share(held.model), share(held.n_gram)] : ['–', '–'];
      return [
        entry.phenomenon,
        String(entry.places),
        share(entry.model),
        share(entry.n_gram),
        ...shown,
        below ? 'not above' : '',
      ];
    }),
  };
}

/** Every question at its best layer. */
export function questionTable({ questions, latents }: ScoreCard): ReportTable {
  return {
    title: 'Latents: best feature, chosen on training text, scored on held-out words and templates',
    header: [
      'latent',
      'rate',
      'AUROC',
      'probe',
      'layer',
      'feature',
      'MCC',
      'F1',
      'matched',
      'top 1/2/5',
      'look-up',
      '',
    ],
    rows: questions.map(({ key, latent, rate, ceiling, best, look_up, look_up_by, unused }) => {
      const own = latents.find((entry) => entry.latent === latent);
      const verdict = own?.recovered ? 'recovered' : own?.carried ? 'missed' : 'not carried';
      return [
        key,
        share(rate),
        ceiling ? `${ceiling.value.toFixed(2)} (${ceiling.low.toFixed(2)}–${ceiling.high.toFixed(2)})` : '–',
        best.probe_mcc.toFixed(2),
        String(best.layer),
        String(best.feature),
        best.mcc.toFixed(2),
        best.f1.toFixed(2),
        best.matched_mcc.toFixed(2),
        best.small_probes.map((value) => value.toFixed(2)).join('/'),
        `${look_up.toFixed(2)} ${look_up_by}`,
        unused ? `${verdict}; planted: carried but unused` : verdict,
      ];
    }),
  };
}

/** GitHub's tables. */
export function markdown(tables: readonly ReportTable[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return tables
    .map(({ title, header, rows }) =>
      [`#### ${title}`, '', line(header), line(header.map(() => '---')), ...rows.map(line), ''].join('\n'),
    )
    .join('\n');
}

function above(entries: ScoreCard['accuracy']['unseen']): string {
  const measured = entries.filter(({ places }) => places > 0);
  return `${measured.filter(({ model, n_gram }) => model > n_gram).length} of ${measured.length}`;
}

function counted({ latents }: ScoreCard): number {
  return latents.filter(({ unused }) => !unused).length;
}

function share(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}
