/**
 * A daemon in a process of its own that tells how long its engine took for each trace: what is beyond it is the way.
 * Entry of a forked process, with the arguments state folder, model and dictionary.
 */
import { untilStopped } from '../../../server/dist/cli/commands/serve.js';
import { readConfig } from '../../../server/dist/daemon/config.js';
import { startDaemon } from '../../../server/dist/daemon/daemon.js';
import { createLog } from '../../../server/dist/daemon/log.js';
import { createRoots } from '../../../server/dist/daemon/roots.js';
import { createEngine } from '../../../server/dist/engine/engine.js';
import { startRunner } from '../../../server/dist/runtime/process-runner.js';
import { NO_LIMIT } from '../rig.js';
import { elapsed } from '../statistics.js';

const [, , stateFolder, model, dictionary] = process.argv as string[];
let took: number[] = [];
const started = await startDaemon({
  config: readConfig(null, {}, { log_level: 'error' }),
  version: 'bench',
  stateFolder: stateFolder!,
  roots: createRoots([], new Map()),
  log: createLog('error'),
  async openEngine() {
    const runner = await startRunner({ device: 'cpu' });
    const engine = createEngine({ runner, modelMemoryLimit: NO_LIMIT, sessionMemoryLimit: NO_LIMIT });
    await engine.loadModel({ name: model! });
    await engine.loadDictionary({ path: dictionary! });
    const trace: typeof engine.trace = async (request, signal) => {
      let result: Awaited<ReturnType<typeof engine.trace>>;
      took.push(await elapsed(async () => (result = await engine.trace(request, signal))));
      return result!;
    };
    return { ...engine, trace };
  },
});
if (!('daemon' in started)) throw new Error('Another daemon has the state folder.');
const { daemon } = started;
process.on('message', () => {
  process.send!(took);
  took = [];
});
process.send!(daemon.state);
await untilStopped(daemon);
// The line to the parent would keep it alive.
process.exit();
