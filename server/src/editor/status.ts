/** What the daemon is doing, as a status bar shows it. Answers at once, whatever runs. */
import { NO_SETTINGS } from '../prompt/unit.ts';
import type { Session } from './session.ts';

export async function statusOf(session: Session, version: string, uri: string | undefined) {
  const { engine } = session.services;
  const { device, models, waiting, runtime } = await engine.status();
  return {
    version,
    pid: process.pid,
    device,
    waiting,
    restarts: runtime.restarts,
    memoryBytes: runtime.rss,
    models: models.map(({ name, architecture, n_layers }) => ({
      name,
      architecture,
      n_layers,
      dictionaries: engine.dictionaries({ model: name }).map((info) => ({
        name: info.name,
        hook: info.hook_in,
        d_sae: info.d_sae,
        fit: info.fit.status,
        cause: info.fit.cause,
      })),
    })),
    document: uri === undefined ? null : await choiceOf(session, uri),
  };
}

async function choiceOf({ chooser }: Session, uri: string) {
  const known = chooser.known(NO_SETTINGS, uri);
  if (known) return { model: known.model, dictionaries: known.dictionaries.map(({ name }) => name), problem: null };
  const problem = await Promise.race([
    chooser.choose(NO_SETTINGS, uri).then(
      () => null,
      (error: Error) => error.message,
    ),
    new Promise<string>((resolve) => setImmediate(() => resolve('The model is being loaded.'))),
  ]);
  return { model: null, dictionaries: [], problem };
}
