/** The features that a person has pinned in this workspace; the server learns them anew on each connection. */
import { type Disposable, type Event, EventEmitter, type Memento } from 'vscode';
import { type FeatureRef, type NamedFeature, nameOf, refOf, sameFeature } from './feature-ref.ts';

export interface Pins extends Disposable {
  readonly features: readonly NamedFeature[];
  readonly onDidChange: Event<void>;
  has(feature: FeatureRef): boolean;
  set(feature: FeatureRef, pinned: boolean): Promise<void>;
  /** Tells the server, and learns its labels. */
  send(): Promise<void>;
}

const KEY = 'pins';
/** The server takes no more. */
const MOST = 100;

export function keepPins(
  memento: Memento,
  tell: (features: readonly FeatureRef[]) => Promise<readonly NamedFeature[]>,
): Pins {
  const emitter = new EventEmitter<void>();
  let pins: readonly NamedFeature[] = memento
    .get<FeatureRef[]>(KEY, [])
    .map((feature) => ({ ...feature, label: null, labelSource: null, labelScore: null }));

  const send = async (): Promise<void> => {
    pins = await tell(pins.map(refOf));
    emitter.fire();
  };
  return {
    get features() {
      return pins;
    },
    onDidChange: emitter.event,
    has: (feature) => pins.some((pin) => sameFeature(pin, feature)),
    async set(feature, pinned) {
      const others = pins.filter((pin) => !sameFeature(pin, feature));
      if (pinned && others.length >= MOST) {
        throw new Error(`${MOST} features are pinned; unpin one before you pin ${nameOf(feature)}.`);
      }
      const bare = { ...refOf(feature), label: null, labelSource: null, labelScore: null };
      pins = pinned ? [...others, bare] : others;
      await memento.update(KEY, pins.map(refOf));
      emitter.fire();
      await send();
    },
    send,
    dispose: () => emitter.dispose(),
  };
}
