/** AUROC: the probability that a random positive outscores a random negative, ties ½; with a bootstrap interval. */

/** An estimate and its central 95 % interval. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** AUROC of scores [n] for the rows listed in `positives`; null where one class is empty. */
export function auroc(scores: ArrayLike<number>, positives: ArrayLike<number>): number | null {
  const chosen = Float64Array.from(positives, (row) => scores[row]!).sort();
  const all = new Float64Array(scores).sort();
  const negatives = all.length - chosen.length;
  if (chosen.length === 0 || negatives === 0) return null;
  // `all` minus `chosen` are the negatives, so each positive's rank among the negatives follows from two walks.
  let wins = 0;
  let at = 0;
  for (let i = 0; i < chosen.length; ) {
    const value = chosen[i]!;
    let same = i;
    while (same < chosen.length && chosen[same] === value) same++;
    while (at < all.length && all[at]! < value) at++;
    let equal = at;
    while (equal < all.length && all[equal] === value) equal++;
    const tied = equal - at - (same - i);
    wins += (same - i) * (at - i + tied / 2);
    at = equal;
    i = same;
  }
  return wins / (chosen.length * negatives);
}

/**
 * AUROC with a bootstrap interval (percentiles of `draws` resamples). Whole groups are drawn, since the tokens of one
 * document are no independent sample; `group[row]` counts from 0.
 * Source: Efron 1979; resampling of clusters as in Field and Welsh 2007.
 */
export function bootstrapAuroc(
  scores: ArrayLike<number>,
  positives: ArrayLike<number>,
  group: ArrayLike<number>,
  draws: number,
  random: () => number,
): Interval | null {
  const value = auroc(scores, positives);
  if (value === null) return null;
  const order = Uint32Array.from({ length: scores.length }, (_, row) => row).sort((a, b) => scores[a]! - scores[b]!);
  const positive = new Uint8Array(scores.length);
  for (let i = 0; i < positives.length; i++) positive[positives[i]!] = 1;
  let groups = 0;
  for (let row = 0; row < scores.length; row++) groups = Math.max(groups, group[row]! + 1);
  const drawn: number[] = [];
  for (let draw = 0; draw < draws; draw++) {
    const weight = new Float64Array(groups);
    for (let i = 0; i < groups; i++) weight[Math.floor(random() * groups)]!++;
    const resampled = weightedAuroc(scores, order, positive, (row) => weight[group[row]!]!);
    if (resampled !== null) drawn.push(resampled);
  }
  drawn.sort((a, b) => a - b);
  const at = (share: number): number => drawn[Math.round(share * (drawn.length - 1))] ?? value;
  return { value, low: at(0.025), high: at(0.975) };
}

function weightedAuroc(
  scores: ArrayLike<number>,
  order: Uint32Array,
  positive: Uint8Array,
  weight: (row: number) => number,
): number | null {
  let wins = 0;
  let below = 0;
  let above = 0;
  for (let i = 0; i < order.length; ) {
    let up = 0;
    let down = 0;
    const value = scores[order[i]!]!;
    for (; i < order.length && scores[order[i]!] === value; i++) {
      const row = order[i]!;
      if (positive[row]) up += weight(row);
      else down += weight(row);
    }
    wins += up * (below + down / 2);
    below += down;
    above += up;
  }
  return above > 0 && below > 0 ? wins / (above * below) : null;
}
