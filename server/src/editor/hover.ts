/** What a hover tells of a token: features, what they do not explain, what the model expects. Plain data. */
import type { Position, Range } from '../prompt/lines.ts';
import {
  type FeatureAt,
  featuresAt,
  filterOf,
  knownColumns,
  type UnexplainedAt,
  unexplainedAt,
} from './features-at.ts';
import { type Session, tokenAt } from './session.ts';
import type { UnitView, ViewToken } from './unit-view.ts';

export interface HoverFeature extends FeatureAt {
  /** Share of its firing calibration tokens with at most this activation; null where it never fired there. */
  readonly percentile: number | null;
  /** Hook of its dictionary. */
  readonly hook: string;
}

export interface NextToken {
  readonly id: number;
  readonly text: string;
  /** Nats. */
  readonly logprob: number;
}

export interface Push {
  readonly feature: FeatureAt;
  /** activation × direct effect on the predicted token's logit, per unit of ln_final's scale. */
  readonly effect: number;
}

export interface TokenHover {
  readonly token: ViewToken;
  readonly range: Range | null;
  readonly model: string;
  readonly features: readonly HoverFeature[];
  /** Features left out by the settings. */
  readonly hidden: number;
  readonly unexplained: readonly UnexplainedAt[];
  /** Whether the dictionaries were run with BOS, one entry a run. */
  readonly bos: readonly boolean[];
  /** Counted tokens behind percentiles. */
  readonly calibrationTokens: number;
  readonly prediction: {
    /** What the model gave this token; null for the first. */
    readonly logprob: number | null;
    readonly next: readonly NextToken[];
    /** Features that push the likeliest next token most, strongest first; empty where none writes to the residual stream. */
    readonly pushes: readonly Push[];
  } | null;
  readonly warnings: readonly string[];
}

/** Features of a hover. */
const SHOWN = 8;
/** Features whose push is told. */
const PUSHES = 4;

/** The hover of a place; null where no token is. */
export async function hoverAt(
  session: Session,
  uri: string,
  position: Position,
  signal?: AbortSignal,
): Promise<TokenHover | null> {
  const settings = session.settings();
  const found = await tokenAt(session, uri, position, signal, settings.predictions);
  if (!found) return null;
  const { view, token } = found;
  const columns = knownColumns(session.knowledge, view);
  const { features, hidden } = featuresAt(columns, token, filterOf(settings));
  const statsOf = new Map(columns.map(({ column, known }) => [column.name, known.stats]));
  return {
    token,
    range: token.range,
    model: view.trace.model.name,
    features: features.slice(0, SHOWN).map((feature) => ({
      ...feature,
      percentile: statsOf.get(feature.dictionary)?.percentile(feature.index, feature.activation) ?? null,
      hook: view.trace.dictionaries.get(feature.dictionary)!.info.hook_in,
    })),
    hidden,
    unexplained: unexplainedAt(view, token),
    bos: view.trace.runs.map(({ bos }) => bos),
    calibrationTokens: Math.max(0, ...[...statsOf.values()].map((stats) => stats?.tokens ?? 0)),
    prediction: await predictionAt(session, view, token, features, signal),
    warnings: view.trace.warnings,
  };
}

async function predictionAt(
  session: Session,
  { trace }: UnitView,
  token: ViewToken,
  features: readonly FeatureAt[],
  signal?: AbortSignal,
): Promise<TokenHover['prediction']> {
  const [run] = trace.runs;
  if (!run?.predictions) return null;
  // Rows start one position early only where the reported range does not begin at 0; here it always does.
  const row = token.rows[0]!;
  const next = run.predictions[row]!.top.map(({ id, logprob }) => ({ id, text: trace.tokenText(id), logprob }));
  const logprob = run.predictions[row - 1]?.next ?? null;
  const [likeliest] = next;
  const pushes = likeliest ? await pushesOf(session, trace.model.name, features, likeliest.id, signal) : [];
  return { logprob, next, pushes };
}

async function pushesOf(
  session: Session,
  model: string,
  features: readonly FeatureAt[],
  token: number,
  signal?: AbortSignal,
): Promise<Push[]> {
  const byDictionary = grouped(features, ({ dictionary }) => dictionary);
  const pushes: Push[] = [];
  for (const [dictionary, found] of byDictionary) {
    // In one order whatever their shares are by now, so that the engine knows them again.
    const own = found.sort((a, b) => a.index - b.index);
    const indices = own.map(({ index }) => index);
    const effects = await session.services.engine.pushes(
      { model, dictionary, features: indices, token, lane: 'interactive' },
      signal,
    );
    own.forEach((feature, i) => {
      if (effects) pushes.push({ feature, effect: feature.activation * effects[i]! });
    });
  }
  return pushes.sort((a, b) => b.effect - a.effect).slice(0, PUSHES);
}

function grouped<T>(values: readonly T[], keyOf: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}
