/** What an edit at the end of a long text costs, against the whole text anew. */
import { K } from '../rig.js';
import { elapsed, median } from '../statistics.js';
import type { BenchDaemon } from './process.js';
import { withClients } from './process.js';
import { textSource } from './texts.js';

/** An edit may cost this share of a full trace. */
export const MAX_EDIT_SHARE = 1 / 15;

export const LONG = 900;
const EDITED = 8;
/** Tokens that an editor shows at once. */
const ON_SCREEN = 40;

export interface EditResult {
  /** Milliseconds at the client, medians: the whole text anew, whole after an edit, the last rows after an edit. */
  readonly full: number;
  readonly edit: number;
  readonly editOnScreen: number;
  readonly share: number;
  readonly shareOnScreen: number;
  /** Mean active features per token. */
  readonly l0: number;
}

export function measureEdits(daemon: BenchDaemon, runs: number): Promise<EditResult> {
  return withClients(daemon, 1, async ([client]) => {
    const next = textSource(1);
    const trace = (text: string, from = 0): Promise<unknown> =>
      client!.request('sonde/trace/features', { text, k: K, from, lane: 'interactive' });
    const times: { readonly full: number; readonly edit: number; readonly editOnScreen: number }[] = [];
    let l0 = 0;
    for (let i = -2; i < runs; i++) {
      const text = next(LONG);
      const edited = (): string => text.slice(0, -EDITED) + next(EDITED);
      const full = await elapsed(() => trace(text));
      const edit = await elapsed(() => trace(edited()));
      const editOnScreen = await elapsed(() => trace(edited(), LONG - ON_SCREEN));
      if (i < 0) continue;
      times.push({ full, edit, editOnScreen });
      const { runs: found } = await client!.request('sonde/trace/features', { text, k: K });
      l0 = found[0]!.dictionaries[0]!.mean_l0!;
    }
    const of = (what: 'full' | 'edit' | 'editOnScreen'): number => median(times.map((entry) => entry[what]));
    const [full, edit, editOnScreen] = [of('full'), of('edit'), of('editOnScreen')];
    return { full, edit, editOnScreen, share: edit / full, shareOnScreen: editOnScreen / full, l0 };
  });
}
