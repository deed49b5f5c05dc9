/** A trace for people: the text shaded by activation, then a table of tokens with features, unexplained share, predictions. */
import chalk from 'chalk';
import stringWidth from 'string-width';
import {
  type DictionaryResult,
  isTokenList,
  type TraceResult,
  type TraceRun,
  UNMATCHED,
} from '../../engine/results.ts';
import { bar, shade } from './colors.ts';
import { clip, renderTable } from './table.ts';
import { visible } from './token-text.ts';

/** Which of a token's features its rows show: the strongest, or those with a name before the strongest of the others. */
export type Order = 'strongest' | 'named';

/** The whole trace, `columns` cells wide. */
export function renderTrace(result: TraceResult, columns: number, order: Order = 'strongest'): string {
  const { model, device } = result;
  const title = `${chalk.bold(model.name)}  ${model.architecture}, ${model.n_layers} layers, d_model ${model.d_model}, on ${device}`;
  return [title, ...result.runs.flatMap((run) => renderRun(run, columns, order))].join('\n');
}

function renderRun(run: TraceRun, columns: number, order: Order): string[] {
  const heading = chalk.dim(`${run.tokens.length} tokens, ${run.bos ? 'with' : 'without'} BOS`);
  if (run.dictionaries.length === 0) return ['', heading, tokenTable(run, null, columns, order)];
  return [
    heading,
    ...run.dictionaries.flatMap((dictionary) => ['', ...renderDictionary(run, dictionary, columns, order)]),
  ];
}

function renderDictionary(run: TraceRun, dictionary: DictionaryResult, columns: number, order: Order): string[] {
  const { name, hook_in, hook_out, d_sae, folding, fit, mean_l0, fvu } = dictionary;
  const hooks = hook_in === hook_out ? hook_in : `${hook_in} → ${hook_out}`;
  const facts = [
    `${d_sae} features`,
    folding === 'as-stored' ? 'not folded' : `decoder norms ${folding}`,
    fit.status === 'misfit' ? chalk.red(`misfit: ${fit.cause}`) : `fit ${fit.status}`,
  ];
  if (mean_l0 !== null) facts.push(`L0 ${mean_l0.toFixed(1)}`);
  if (fvu !== null) facts.push(`unexplained variance (FVU) ${percent(fvu)}`);
  return [
    `${chalk.bold(name)}  ${hooks}`,
    chalk.dim(facts.join(', ')),
    ...dictionary.notes.map((note) => chalk.dim(`note: ${note}`)),
    shadedText(run, dictionary, columns),
    '',
    tokenTable(run, dictionary, columns, order),
  ];
}

/** The text itself; each token's background says how strong its strongest feature is against the text's maximum. */
function shadedText(run: TraceRun, dictionary: DictionaryResult, columns: number): string {
  const strengths = dictionary.tokens.map(({ features }) => features[0]?.activation ?? 0);
  const strongest = Math.max(...run.tokens.map((token, i) => (token.special ? 0 : strengths[i]!)), 0);
  const lines = [''];
  let width = 0;
  run.tokens.forEach((token, i) => {
    if (token.special) return;
    const parts = token.text.split('\n');
    parts.forEach((part, p) => {
      if (p > 0 || width + stringWidth(part) > columns) {
        lines.push('');
        width = 0;
      }
      lines[lines.length - 1] += shade(part, strongest > 0 ? strengths[i]! / strongest : 0);
      width += stringWidth(part);
    });
  });
  return lines.join('\n');
}

function tokenTable(run: TraceRun, dictionary: DictionaryResult | null, columns: number, order: Order): string {
  const strongest = Math.max(
    0,
    ...(dictionary?.tokens.flatMap((token, i) =>
      run.tokens[i]!.special ? [] : token.features.map((f) => f.activation),
    ) ?? []),
  );
  const tokenWidth = Math.min(16, Math.max(5, ...run.tokens.map((token) => stringWidth(visible(token.text)))));
  const predictionWidth = run.predictions ? 24 : 0;
  // Bar, unexplained share and own probability have fixed widths; gaps are two cells.
  const fixed = (dictionary ? 4 + 13 + 6 : 0) + (run.predictions ? 5 + 4 : 0) + 2;
  const featureWidth = Math.max(24, columns - tokenWidth - predictionWidth - fixed);
  const header = [
    'token',
    ...(dictionary ? ['', order === 'named' ? 'features, named ones first' : 'strongest features', 'unexplained'] : []),
    ...(run.predictions ? ['p', 'next'] : []),
  ];
  const rows = run.tokens.flatMap((token, i) => {
    const found = dictionary?.tokens[i]?.features ?? [];
    const features =
      order === 'named' ? [...found.filter(isNamed), ...found.filter((feature) => !isNamed(feature))] : found;
    const lines = Math.max(1, Math.min(3, features.length));
    return Array.from({ length: lines }, (_, line) => {
      const first = line === 0;
      const feature = features[line];
      const cells = [first ? clip(visible(token.text), tokenWidth) : ''];
      if (token.special) cells[0] = chalk.dim(cells[0]!);
      if (dictionary) {
        cells.push(
          feature ? shadeBar(feature.activation, strongest) : '',
          feature ? featureText(feature, featureWidth) : chalk.dim('none fires'),
        );
        cells.push(first ? unexplained(dictionary.tokens[i]!.unexplained) : '');
      }
      if (run.predictions) cells.push(...(first ? predictionCells(run, i, predictionWidth) : ['', '']));
      return cells;
    });
  });
  return renderTable(header, rows);
}

/** Whether a label says what happens, and not only on which tokens. */
function isNamed({ label }: { readonly label: string | null }): boolean {
  return label !== null && label !== UNMATCHED && !isTokenList(label);
}

function shadeBar(activation: number, strongest: number): string {
  return chalk.cyan(bar(strongest > 0 ? activation / strongest : 0, 4));
}

function featureText(
  { index, activation, label }: { index: number; activation: number; label: string | null },
  width: number,
): string {
  const number = `${significant(activation).padStart(5)} ${`#${index}`.padEnd(5)} `;
  if (label === null) return number + chalk.dim('no label');
  return number + (label === UNMATCHED ? chalk.dim(label) : clip(label, width - number.length));
}

/** Three digits that matter, without an exponent. */
function significant(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function unexplained(share: number | null): string {
  return share === null ? '' : `${chalk.yellow(bar(share, 5))} ${percent(share)}`;
}

function predictionCells(run: TraceRun, i: number, width: number): [string, string] {
  const { logprob, next } = run.predictions![i]!;
  const own = logprob === null ? '' : percent(Math.exp(logprob));
  // Whole entries only: half a percentage reads as another one.
  let likely = '';
  for (const { text, logprob: lp } of next.slice(0, 3)) {
    const entry = `${likely === '' ? '' : '  '}${visible(text)} ${percent(Math.exp(lp))}`;
    if (stringWidth(likely + entry) > width) break;
    likely += entry;
  }
  return [own, likely];
}

function percent(share: number): string {
  const value = share * 100;
  return `${value >= 10 || value === 0 ? value.toFixed(0) : value.toFixed(1)} %`;
}
