/** A feature's page as a Markdown document. */
import type { PageData } from '../editor/page.ts';
import { LOGIT_CONVENTION } from '../editor/page.ts';
import { escapeMarkdown, figures, percent, tokenCode } from './markdown.ts';

export function featureMarkdown(page: PageData): string {
  const { feature, model, dictionary, rates, calibrationTokens, weights, neighbours } = page;
  const { fit } = dictionary;
  const title = feature.label === null ? 'no label' : escapeMarkdown(feature.label);
  const score =
    feature.labelScore === null
      ? ''
      : `, score ${figures(feature.labelScore)}${page.labelMetric ? ` (${page.labelMetric})` : ''}`;
  const source =
    feature.labelSource === null
      ? 'Nobody has named this feature.'
      : `Label by ${escapeMarkdown(feature.labelSource)}${score}.`;
  const fires =
    calibrationTokens === 0
      ? 'not measured yet'
      : `${percent(rates.density ?? 0)} of ${calibrationTokens} calibration tokens${rates.max ? `, at most ${figures(rates.max)}` : ''}${rates.dense ? ' (dense)' : ''}${rates.bosOnly ? ' (BOS only)' : ''}`;
  const hook =
    dictionary.hook_in === dictionary.hook_out ? dictionary.hook_in : `${dictionary.hook_in} → ${dictionary.hook_out}`;
  const verdict = [
    fit.status,
    fit.fvu === null ? '' : `FVU ${figures(fit.fvu)}`,
    fit.l0 === null ? '' : `L0 ${figures(fit.l0)}`,
    fit.cause ?? '',
  ]
    .filter(Boolean)
    .join(', ');
  const facts = [
    `- model: ${escapeMarkdown(model)}`,
    `- dictionary: ${escapeMarkdown(dictionary.name)}, ${dictionary.architecture}, ${dictionary.d_sae} features, at ${hook}`,
    `- fit: ${escapeMarkdown(verdict)}`,
    `- fires on: ${fires}`,
    `- decoder norm: ${figures(weights.decoder_norm)} (${dictionary.folding}); encoder–decoder cosine: ${weights.encoder_decoder_cosine === null ? 'different spaces' : figures(weights.encoder_decoder_cosine)}`,
    `- trained ${dictionary.prepend_bos === null ? 'with an unknown BOS convention' : dictionary.prepend_bos ? 'with BOS' : 'without BOS'}`,
  ];
  const logits = (list: typeof weights.top_logits): string =>
    list === null
      ? 'The dictionary does not write to the residual stream.'
      : list.map(({ text, logit }) => `- ${tokenCode(text)} ${figures(logit)}`).join('\n');
  const near = neighbours.map(
    ({ index, label, cosine }) => `- #${index} ${figures(cosine)}${label === null ? '' : ` ${escapeMarkdown(label)}`}`,
  );
  return [
    `# ${escapeMarkdown(dictionary.name)} #${feature.index}: ${title}`,
    source,
    facts.join('\n'),
    '## Tokens that it raises',
    logits(weights.top_logits),
    '## Tokens that it lowers',
    logits(weights.bottom_logits),
    LOGIT_CONVENTION,
    '## Nearest decoder directions (cosine)',
    near.join('\n') || 'none',
    '',
  ].join('\n\n');
}
