/** Writes server/config.schema.json from the built declaration. */
import { writeFileSync } from 'node:fs';
import { configSchema } from '../dist/daemon/config.js';

const path = new URL('../config.schema.json', import.meta.url);
writeFileSync(path, `${JSON.stringify(configSchema(), null, 2)}\n`);
