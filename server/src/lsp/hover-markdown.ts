/** A token's hover as Markdown that reads well in a terminal too: short lists, no tables. */
import type { HoverFeature, TokenHover } from '../editor/hover.ts';
import { featureUri } from './feature-uri.ts';
import { commandLink, escapeMarkdown, figures, percent, tokenCode } from './markdown.ts';

export interface HoverStyle {
  /** Links call the extension's commands. */
  readonly commands: boolean;
  /** Links lead to virtual documents. */
  readonly virtualDocuments: boolean;
  /** The document, for commands. */
  readonly uri: string;
}

export function hoverMarkdown(hover: TokenHover, style: HoverStyle): string {
  const { token, model, features, hidden, warnings, prediction } = hover;
  const own = prediction?.logprob;
  const expected =
    own === null || own === undefined ? '' : ` · the model gave it ${percent(Math.exp(own))} (${figures(own)} nats)`;
  const head = `**${tokenCode(token.text)}**${expected}`;
  const list = features.map((feature) => `- ${featureLine(feature, model, style)}`);
  if (list.length === 0) list.push('- no feature fires here');
  if (hidden > 0) list.push(`- ${hidden} more that are dense or fire on BOS alone`);
  const parts = [head, list.join('\n'), unexplainedLine(hover), predictionLines(hover), conventionLine(hover)];
  return [...parts, ...warnings.map((warning) => `⚠ ${escapeMarkdown(warning)}`)].filter(Boolean).join('\n\n');
}

function featureLine(feature: HoverFeature, model: string, style: HoverStyle): string {
  const { label, index, dictionary, activation, share, percentile, pinned, rates, labelScore } = feature;
  const name = label === null ? '*no label*' : `**${escapeMarkdown(label)}**`;
  const score = labelScore === null || label === null ? '' : ` (label score ${figures(labelScore)})`;
  const rank = percentile === null ? '' : `, stronger than ${percent(percentile)} of its activations`;
  const flags = [rates.dense ? 'dense' : '', rates.bosOnly ? 'BOS only' : '', pinned ? 'pinned' : ''].filter(Boolean);
  const density = rates.density === null ? '' : `, fires on ${percent(rates.density)} of tokens`;
  const flagged = flags.length === 0 ? '' : ` · ${flags.join(', ')}`;
  const address = { model, dictionary, index };
  const number = `${escapeMarkdown(dictionary)} #${index}`;
  const link = style.commands
    ? commandLink(`${dictionary} #${index}`, 'sonde.openFeature', { dictionary, index, uri: style.uri })
    : style.virtualDocuments
      ? `[${number}](${featureUri(address)})`
      : number;
  return `${name}${score} · ${link} · ${figures(activation)}, ${percent(share)} of its maximum${rank}${density}${flagged}`;
}

function unexplainedLine({ unexplained }: TokenHover): string {
  if (unexplained.length === 0) return '';
  const shares = unexplained.map(
    ({ dictionary, share, l0 }) =>
      `${escapeMarkdown(dictionary.name)} ${share === null ? '–' : percent(share)} (${l0} features)`,
  );
  return `**Not explained**: ${shares.join(', ')}`;
}

function predictionLines({ prediction }: TokenHover): string {
  if (!prediction || prediction.next.length === 0) return '';
  const next = prediction.next.map(({ text, logprob }) => `${tokenCode(text)} ${percent(Math.exp(logprob))}`);
  const lines = [`**Next**: ${next.join(', ')}`];
  const pushes = prediction.pushes.filter(({ effect }) => effect > 0);
  if (pushes.length > 0) {
    const spelled = pushes.map(
      ({ feature, effect }) =>
        `${escapeMarkdown(feature.label ?? `${feature.dictionary} #${feature.index}`)} (+${figures(effect)})`,
    );
    lines.push(
      `Pushing ${tokenCode(prediction.next[0]!.text)} most, directly and before the final norm’s scale: ${spelled.join(', ')}`,
    );
  }
  return lines.join('  \n');
}

function conventionLine({ unexplained, model, bos, calibrationTokens }: TokenHover): string {
  const read = unexplained.map(({ dictionary: { hook_in, hook_out, folding, fit, name } }) => {
    const hook = hook_in === hook_out ? hook_in : `${hook_in} → ${hook_out}`;
    return `${name} at ${hook}, decoder ${folding}, ${fit.status}`;
  });
  const convention = bos.every(Boolean) ? 'with BOS' : bos.some(Boolean) ? 'with and without BOS' : 'without BOS';
  const rates = calibrationTokens > 0 ? `; rates of ${calibrationTokens} calibration tokens` : '';
  return `*${escapeMarkdown(`${model}, ${convention}${rates}. ${read.join('; ')}`)}*`;
}
