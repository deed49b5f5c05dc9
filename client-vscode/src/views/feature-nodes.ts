/** What the *Features* tree shows, as plain data: groups, features and the parts that no feature explains. */
import type { EditorResult } from '@sonde/protocol';
import { type NamedFeature, nameOf, sameFeature, titleOf } from '../feature-ref.ts';
import { number, percent, plural, quoted } from '../format.ts';

type Features = EditorResult<'sonde/editor/features'>;
export type ListedFeature = Features['features'][number];

/** What was heard last of the token under the cursor, of the document, and of the pins. */
export interface FeatureLists {
  readonly token: Features | undefined;
  readonly document: Features | undefined;
  readonly pinned: readonly NamedFeature[];
  /** Whether `document` speaks of the lines on screen only. */
  readonly linesOnly: boolean;
}

export type FeatureNode =
  | {
      readonly kind: 'group';
      readonly id: string;
      readonly label: string;
      readonly description: string;
      readonly children: readonly FeatureNode[];
    }
  | {
      readonly kind: 'note';
      readonly id: string;
      readonly label: string;
      readonly description: string;
      readonly tooltip: string;
    }
  | {
      readonly kind: 'feature';
      readonly id: string;
      readonly label: string;
      readonly description: string;
      readonly tooltip: string;
      readonly spoken: string;
      readonly feature: NamedFeature;
      readonly pinned: boolean;
      readonly range: ListedFeature['range'];
    };

/** Characters of a label in the tree, so that the strength behind it is seen too; the tooltip tells all. */
const LONGEST = 26;

/** The tree's roots, pins first: the other lists are long. Groups without news keep their place, so that the tree does not jump while the cursor moves. */
export function featureNodes({ token, document, pinned, linesOnly }: FeatureLists): FeatureNode[] {
  const pins = pinned.map((pin) => {
    const here = token?.features.find((listed) => sameFeature(listed, pin));
    const anywhere = document?.features.find((listed) => sameFeature(listed, pin));
    return featureNode('pinned', here ?? anywhere ?? pin, { pinned: true, where: here ? 'token' : 'document' });
  });
  return [
    ...(pins.length > 0 ? [group('pinned', 'Pinned', `${pins.length}`, pins)] : []),
    group('token', `Token ${token?.token ? quoted(token.token.text) : ''}`.trim(), counted(token), [
      ...(token?.token?.unexplained ?? []).map((share) =>
        unexplainedNode('token', share.dictionary, share.share, share.l0),
      ),
      ...(token?.features ?? []).map((listed) =>
        featureNode('token', listed, { pinned: listed.pinned, where: 'token' }),
      ),
      ...hiddenNote('token', token),
    ]),
    group('document', linesOnly ? 'Lines on screen' : 'Document', counted(document), [
      ...(document?.dictionaries ?? []).map((dictionary) => fitNode(dictionary)),
      ...(document?.features ?? []).map((listed) =>
        featureNode('document', listed, { pinned: listed.pinned, where: 'document' }),
      ),
      ...hiddenNote('document', document),
    ]),
  ];
}

function group(id: string, label: string, description: string, children: readonly FeatureNode[]): FeatureNode {
  return { kind: 'group', id, label, description, children };
}

function counted(features: Features | undefined): string {
  if (!features?.features.length) return '';
  return `${features.features.length}${features.truncated ? '+' : ''}`;
}

function featureNode(
  group: string,
  feature: NamedFeature | ListedFeature,
  { pinned, where }: { readonly pinned: boolean; readonly where: 'token' | 'document' },
): FeatureNode {
  const measured = 'activation' in feature ? feature : undefined;
  const strength = measured ? strengthOf(measured) : where === 'document' ? 'silent here' : '';
  const name = nameOf(feature);
  const flags = measured ? flagsOf(measured) : [];
  const label = titleOf(feature);
  const description = [strength, ...flags, feature.label === null ? '' : name].filter(Boolean).join(' · ');
  const source = feature.label === null ? '' : `\nLabel by ${sourceOf(feature)}`;
  const counts = measured ? `\nFires on ${plural(measured.tokens, 'token')} of the document` : '';
  return {
    kind: 'feature',
    id: `${group}:${name}`,
    label: label.length > LONGEST ? `${label.slice(0, LONGEST - 1)}…` : label,
    description,
    tooltip: `${label === name ? name : `${label}\n${name}`}${strength && `\nActivation ${strength}`}${counts}${densityOf(measured)}${source}`,
    spoken: [label, name, strength && `activation ${strength}`, ...flags, pinned ? 'pinned' : '']
      .filter(Boolean)
      .join(', '),
    feature,
    pinned,
    range: measured?.range ?? null,
  };
}

/** Activation, and its share of the largest one known: this one counts too. */
function strengthOf({ activation, max }: ListedFeature): string {
  const share = max !== null && max > 0 ? ` (${percent(Math.min(1, activation / max))} of max)` : '';
  return `${number(activation)}${share}`;
}

function flagsOf({ dense, bosOnly }: ListedFeature): string[] {
  return [...(dense ? ['dense'] : []), ...(bosOnly ? ['BOS only'] : [])];
}

function densityOf(feature: ListedFeature | undefined): string {
  const { density = null } = feature ?? {};
  return density === null ? '' : `\nFires on ${percent(density)} of calibration tokens`;
}

/** Where a label comes from, with its score where it has one. */
export function sourceOf({ labelSource, labelScore }: NamedFeature): string {
  return `${labelSource ?? 'nobody'}${labelScore === null ? '' : `, score ${number(labelScore)}`}`;
}

function unexplainedNode(group: string, dictionary: string, share: number | null, l0: number): FeatureNode {
  const told = share === null ? 'unexplained share unknown' : `${percent(share)} unexplained`;
  return {
    kind: 'note',
    id: `${group}:unexplained:${dictionary}`,
    label: told,
    description: `${dictionary} · ${plural(l0, 'active feature')}`,
    tooltip: `‖y − ŷ‖² / ‖y‖² at this token, by ${dictionary}: the part of the activation that its ${plural(l0, 'active feature')} do not make up. It may exceed 100 %.`,
  };
}

function fitNode({ name, hook, fit, fvu, l0 }: Features['dictionaries'][number]): FeatureNode {
  return {
    kind: 'note',
    id: `document:unexplained:${name}`,
    label: fvu === null ? 'unexplained share unknown' : `${percent(fvu)} unexplained`,
    description: [name, l0 === null ? '' : `L0 ${number(l0)}`, fit].filter(Boolean).join(' · '),
    tooltip: `Fraction of variance unexplained over the tokens looked at, by ${name} at ${hook} (${fit}).`,
  };
}

function hiddenNote(group: string, features: Features | undefined): FeatureNode[] {
  if (!features?.hidden) return [];
  return [
    {
      kind: 'note',
      id: `${group}:hidden`,
      label: `${plural(features.hidden, 'feature')} hidden`,
      description: 'dense or BOS only',
      tooltip: 'The settings leave out dense features or those that fire on BOS alone; the view’s title shows them.',
    },
  ];
}
