/** The rules of CONVENTIONS about files and imports, as a function of source text, so that a test can plant violations. */
import { posix } from 'node:path';

/** Rooms of server/src and the rooms that each may import besides itself; types count as much as values. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  formats: ['core'],
  prompt: ['core'],
  files: ['core', 'formats'],
  store: ['core'],
  runtime: ['core'],
  model: ['core', 'formats', 'files'],
  graph: ['core', 'formats', 'model'],
  dictionary: ['core', 'formats', 'files', 'graph'],
  methods: ['core', 'model', 'graph', 'dictionary'],
  engine: ['core', 'prompt', 'files', 'model', 'graph', 'dictionary', 'methods'],
  editor: ['core', 'prompt', 'engine'],
  rpc: ['core', 'engine', 'protocol'],
  lsp: ['core', 'prompt', 'engine', 'editor', 'protocol'],
  daemon: ['core', 'engine', 'rpc', 'files', 'protocol'],
  training: ['core', 'formats', 'files', 'model', 'graph', 'dictionary', 'methods'],
  tinyworld: ['core', 'formats', 'files', 'model', 'graph', 'dictionary', 'methods', 'training'],
};

/** These see every room. */
const TOP = ['cli', 'main.ts'];

/** Packages and the only rooms that may import them; a name covers its subpaths. */
const CONFINED: Readonly<Record<string, readonly string[]>> = {
  // The runtime reads what the system says about itself under /proc and /sys.
  'node:fs': ['files', 'store', 'runtime', 'daemon', 'tinyworld', ...TOP],
  // `sonde lsp` starts the daemon.
  'node:child_process': ['runtime', 'cli'],
  'onnxruntime-node': ['runtime'],
  tokenizers: ['model', 'tinyworld'],
  yaml: ['formats', 'prompt'],
  '@huggingface/jinja': ['model'],
  ws: ['rpc'],
  msgpackr: ['rpc'],
  'vscode-languageserver': ['lsp'],
  'vscode-languageserver-protocol': ['lsp'],
  commander: ['cli'],
  chalk: ['cli'],
  'cli-progress': ['cli'],
};

const MAX_LINES = 400;
const SERVER = 'server/src/';
const PROTOCOL = 'protocol/src/';
const CLIENT = 'client-vscode/src/';

/** Source files by path from the repository's root, with `/`. */
export type Sources = ReadonlyMap<string, string>;

/** Every broken rule, one sentence each, in the order of paths. */
export function violations(sources: Sources): string[] {
  const found = [...sources].flatMap(([path, text]) => [
    ...layout(path, text),
    ...importsOf(text).flatMap((target) => importRules(path, target, sources)),
  ]);
  return [...found, ...cycles(sources)];
}

/** What a file imports or exports from, static, dynamic or by `require`; `?` where it is no literal. */
export function importsOf(text: string): string[] {
  const code = text.replace(/^\s*(\/\*[\s\S]*?\*\/|\/\/.*$)/gm, '');
  const found = [...code.matchAll(IMPORT)].map(([, from, bare, called]) => from ?? bare ?? called ?? '?');
  return [...found, ...[...code.matchAll(/\b(?:import|require)\(\s*[^'"\s)]/g)].map(() => '?')];
}

const IMPORT =
  /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]|\b(?:import|require)\(\s*['"]([^'"]+)['"]/gm;

function layout(path: string, text: string): string[] {
  const found: string[] = [];
  const lines = text.split('\n').length - 1;
  if (lines > MAX_LINES) found.push(`${path} has ${lines} lines; at most ${MAX_LINES}.`);
  if (/^\s*export\s+default\b|\bas\s+default\b/m.test(text)) found.push(`${path} has a default export.`);
  if (!path.startsWith(SERVER)) return found;
  if (posix.basename(path) === 'index.ts') found.push(`${path} is a barrel; import the file that is meant.`);
  const room = roomOf(path);
  if (!(room in ROOMS) && !TOP.includes(room)) found.push(`${path} lies in ${room}, which is no room.`);
  return found;
}

function importRules(path: string, target: string, sources: Sources): string[] {
  if (target === '?') return [`${path} imports what no reader can know.`];
  if (path.startsWith(PROTOCOL)) {
    const free = target.startsWith('.') || target === 'zod' || target === 'msgpackr';
    return free ? [] : [`${path} imports ${target}; protocol has only zod and msgpackr.`];
  }
  if (path.startsWith(CLIENT)) {
    const free = target.startsWith('.') || target === '@sonde/protocol' || /^vscode(-|\/|$)/.test(target);
    return free ? [] : [`${path} imports ${target}; the client has only protocol and vscode.`];
  }
  if (!path.startsWith(SERVER)) return [];
  return target.startsWith('.') ? relativeRules(path, target, sources) : packageRules(path, target);
}

function relativeRules(path: string, target: string, sources: Sources): string[] {
  const imported = posix.join(posix.dirname(path), target);
  if (!sources.has(imported)) return [`${path} imports ${target}, which is no source file.`];
  const room = roomOf(path);
  const other = roomOf(imported);
  if (room === other || TOP.includes(room) || ROOMS[room]?.includes(other)) return [];
  return [`${path} imports ${target}: ${room} may not see ${other}.`];
}

function packageRules(path: string, target: string): string[] {
  const room = roomOf(path);
  if (target === '@sonde/protocol') {
    const free = TOP.includes(room) || ROOMS[room]?.includes('protocol');
    return free ? [] : [`${path} imports ${target}: ${room} may not see protocol.`];
  }
  const confined = Object.keys(CONFINED).find((name) => target === name || target.startsWith(`${name}/`));
  if (!confined || CONFINED[confined]!.includes(room)) return [];
  return [`${path} imports ${target}, which is confined to ${CONFINED[confined]!.join(', ')}.`];
}

/** The folder under server/src, or the file's name where it lies in none. */
function roomOf(path: string): string {
  return path.slice(SERVER.length).split('/')[0]!;
}

/** Each cycle of imports once, by the file at which it was entered. */
function cycles(sources: Sources): string[] {
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      found.push(`Imports go round: ${[...trail.slice(trail.indexOf(path)), path].join(' → ')}.`);
      return;
    }
    if (done.has(path)) return;
    for (const target of importsOf(sources.get(path)!)) {
      const imported = posix.join(posix.dirname(path), target);
      if (target.startsWith('.') && sources.has(imported)) visit(imported, [...trail, path]);
    }
    done.add(path);
  };
  for (const path of sources.keys()) visit(path, []);
  return found;
}
