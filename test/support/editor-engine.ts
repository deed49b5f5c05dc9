/** An engine over the small fixture model and one dictionary, for tests of what editors see. */
import { createEngine, type Engine } from '../../server/src/engine/engine.ts';
import { fixturePath } from './fixtures.ts';
import type { sharedRunner } from './runner.ts';

/** Names of the fixture model, and of the folder of its dictionary. */
export const EDITOR_MODEL = 'gpt2';
export const EDITOR_DICTIONARY = 'saelens-jumprelu';

/** Opens it; `folder` is that of another checkpoint. */
export async function editorEngine(
  runner: ReturnType<typeof sharedRunner>,
  folder: string = fixturePath('models', EDITOR_MODEL),
): Promise<Engine> {
  const engine = createEngine({ runner: runner(), modelMemoryLimit: 2 ** 31, sessionMemoryLimit: 2 ** 31 });
  await engine.loadModel({ name: EDITOR_MODEL, folder });
  await engine.loadDictionary({ path: fixturePath('dictionaries', EDITOR_DICTIONARY) });
  return engine;
}
