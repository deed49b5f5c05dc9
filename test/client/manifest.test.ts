import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { editorSettings } from '@sonde/protocol';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { LINK_COMMANDS } from '../../client-vscode/src/commands/names.ts';

const ROOT = join(import.meta.dirname, '../../client-vscode');
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const { contributes } = manifest;
const commands: string[] = contributes.commands.map(({ command }: { command: string }) => command);

/** The text of every source file. */
const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(join(ROOT, 'src', name), 'utf8'))
  .join('\n');

interface Property {
  readonly type?: string | string[];
  readonly default?: unknown;
  readonly enum?: unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: unknown;
  readonly anyOf?: readonly Property[];
}

/** What of a setting must agree; JSON schema spells a nullable type as alternatives, and bounds every integer. */
function essence({ anyOf, ...property }: Property): Property {
  const { type, default: fallback, enum: choices, minimum, maximum, items } = { ...anyOf?.[0], ...property };
  return {
    type: anyOf ? anyOf.map((one) => one.type as string) : type!,
    default: fallback,
    ...(choices ? { enum: choices } : {}),
    ...(minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? {} : { minimum }),
    ...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? {} : { maximum }),
    ...(items ? { items } : {}),
  };
}

test('the settings mirror the protocol’s schema: keys, types, bounds, defaults', () => {
  const schema = z.toJSONSchema(editorSettings, { io: 'input' }).properties as Record<string, Property>;
  const own = /^sonde\.(daemon|trace)\./;
  const properties = Object.entries(contributes.configuration.properties as Record<string, Property>)
    .filter(([key]) => !own.test(key))
    .map(([key, property]) => [key.replace('sonde.', ''), essence(property)]);
  const expected = Object.entries(schema).map(([key, property]) => [key, essence(property)]);
  expect(Object.fromEntries(properties)).toEqual(Object.fromEntries(expected));
});

test('every setting is described', () => {
  for (const property of Object.values<{ markdownDescription?: string }>(contributes.configuration.properties)) {
    expect(property.markdownDescription).toMatch(/[.*]$/);
  }
});

test('every command of the manifest has a handler, and every handler a title', () => {
  const handlers = [...sources.matchAll(/^\s*(?:async )?'(sonde\.\w+)'(?:\(|:)/gm)].map(([, name]) => name!);
  expect([...new Set(handlers)].sort()).toEqual([...commands].sort());
});

test('commands that the server may call exist', () => {
  expect(commands).toEqual(expect.arrayContaining(LINK_COMMANDS));
});

test('menus and keys name commands that exist', () => {
  const menus = Object.values<{ command: string }[]>(contributes.menus).flat();
  const named = [...menus, ...contributes.keybindings].map(({ command }: { command: string }) => command);
  const views = Object.values<{ id: string }[]>(contributes.views)
    .flat()
    .map(({ id }) => `${id}.focus`);
  expect(named.filter((command) => !commands.includes(command) && !views.includes(command))).toEqual([]);
});

test('a workspace can name neither a daemon’s address nor, before it is trusted, a model', () => {
  expect(contributes.configuration.properties['sonde.daemon.url'].scope).toBe('machine');
  expect(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations).toEqual(
    expect.arrayContaining(['sonde.model', 'sonde.dictionaries']),
  );
});

test('each shade has a colour in each kind of theme, and high contrast a border', () => {
  const colours: { id: string; defaults: Record<string, string> }[] = contributes.colors;
  for (const { defaults } of colours) {
    expect(Object.keys(defaults).sort()).toEqual(['dark', 'highContrast', 'highContrastLight', 'light']);
  }
  expect(colours.filter(({ id }) => /^sonde\.heat\d$/.test(id))).toHaveLength(8);
  expect(colours.find(({ id }) => id === 'sonde.heatBorder')!.defaults).toMatchObject({
    dark: '#00000000',
    light: '#00000000',
    highContrast: 'contrastActiveBorder',
  });
});

test('every file that the manifest names exists', () => {
  const named = [...JSON.stringify(contributes).matchAll(/"(?:\.\/)?((?:media|language)\/[^"]+)"/g)];
  const paths = [...named.map(([, path]) => path!), manifest.icon];
  expect(paths.length).toBeGreaterThan(8);
  for (const path of paths) expect(() => readFileSync(join(ROOT, path))).not.toThrow();
});
