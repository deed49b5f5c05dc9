/** What tables of tokens and positions say about each question: nothing that they know counts as understanding. */
import { fitLookUp, keyTable, scoreLookUp } from '../../methods/probing/look-up.ts';
import type { MeasuredText } from './text.ts';

export interface LookUpScore {
  readonly mcc: number;
  /** Which table. */
  readonly by: string;
}

type Text = Pick<MeasuredText, 'rows' | 'tokens' | 'positions' | 'documents' | 'positives'>;

const BASE = 65536;

/**
 * The best held-out MCC among four tables, by question: the token; the token and the one before; the two before it; the
 * position. Pairs that training never had are judged by the later token of the pair.
 */
export function bestLookUps(train: Text, test: Text): readonly LookUpScore[] {
  const keys = (text: Text, behind: number): Int32Array =>
    Int32Array.from(text.tokens, (_, row) => (sameDocument(text, row, behind) ? text.tokens[row - behind]! : BASE - 1));
  const position = (text: Text): Int32Array => text.positions;
  const single = (text: Text): Int32Array => keys(text, 0);
  const previous = (text: Text): Int32Array => keys(text, 1);
  const tables = [
    { by: 'token', coarse: null, fine: single },
    { by: 'last two tokens', coarse: single, fine: (text: Text) => pair(keys(text, 1), keys(text, 0)) },
    { by: 'previous two tokens', coarse: previous, fine: (text: Text) => pair(keys(text, 2), keys(text, 1)) },
    { by: 'position', coarse: null, fine: position },
  ] as const;
  const best: LookUpScore[] = train.positives.map(() => ({ mcc: 0, by: 'none' }));
  for (const { by, coarse, fine } of tables) {
    const made = keyTable(fine(train));
    const numbers = Int32Array.from(fine(test), made.of);
    const backing = coarse ? keyTable(coarse(train)) : null;
    const coarseNumbers = backing ? Int32Array.from(coarse!(test), backing.of) : null;
    // A fine key belongs to one coarse key.
    const parent = new Int32Array(made.count);
    if (backing) {
      made.rows.forEach((key, row) => {
        parent[key] = backing.rows[row]!;
      });
    }
    train.positives.forEach((positives, question) => {
      const base = positives.length / train.rows;
      const below = backing ? fitLookUp(backing, positives, () => base) : null;
      const table = fitLookUp(made, positives, (key) => (below ? below.likelihood[parent[key]!]! : base));
      const mcc = scoreLookUp(table, numbers, test.positives[question]!, (row) =>
        below && coarseNumbers![row]! >= 0 ? below.likelihood[coarseNumbers![row]!]! : base,
      );
      if (mcc > best[question]!.mcc) best[question] = { mcc, by };
    });
  }
  return best;
}

function sameDocument({ documents }: Text, row: number, behind: number): boolean {
  return row >= behind && documents[row] === documents[row - behind];
}

function pair(a: Int32Array, b: Int32Array): Float64Array {
  return Float64Array.from(a, (first, row) => first * BASE + b[row]!);
}
