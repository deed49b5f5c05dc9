/** *Open Quickstart*: a prompt for the embedded model, with something to compare. */
import { window, workspace } from 'vscode';
import { PROMPT_LANGUAGE } from '../client/documents.ts';
import type { Handlers } from './register.ts';

/** Texts in the language of the embedded model; a pair to compare is the last. */
const QUICKSTART = `EN: In Basel Sam has a heavy signal.
FR: La image chez Sam est lourde. À Basel Sam a une robe petite.
EN: Sam sees the canal near Basel.
---
clean:
Nora: where is the heavy signal?
Sam: the signal is behind the small robe.
corrupt:
Nora: where is the small canal?
Sam: the canal is behind the heavy image.
`;

export function quickstartCommands(): Handlers {
  return {
    async 'sonde.openQuickstart'() {
      const document = await workspace.openTextDocument({ language: PROMPT_LANGUAGE, content: QUICKSTART });
      await window.showTextDocument(document);
    },
  };
}
