/** The editor's settings as the rooms below the door use them; the protocol declares what a client may send. */

export interface Settings {
  readonly model: string;
  readonly dictionaries: readonly string[];
  readonly layer: number | null;
  readonly hints: boolean;
  readonly density: 'sparse' | 'normal' | 'dense';
  readonly topK: number;
  readonly threshold: number;
  readonly predictions: boolean;
  readonly hideDense: boolean;
  readonly hideBosOnly: boolean;
  readonly unlabelled: boolean;
  readonly textField: string;
}
