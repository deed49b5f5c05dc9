/**
 * One editor's session: its documents, settings and what it knows of features. Every request is a function of a session
 * in a file of its own. Invariants: a document's snapshot is taken once per request; what one editor does, another does
 * not see, but for models and dictionaries, which are the daemon's.
 */
import { SondeError } from '../core/errors.ts';
import type { Position, Range } from '../prompt/lines.ts';
import type { Unit } from '../prompt/unit.ts';
import { type Chooser, createChooser } from './choice.ts';
import { createDocuments, type Document, type Documents } from './documents.ts';
import { createHintMemory, type HintMemory } from './hint-memory.ts';
import { createKnowledge, type Knowledge } from './knowledge.ts';
import { prepared } from './prepare.ts';
import type { EditorServices } from './services.ts';
import type { Settings } from './settings.ts';
import { type UnitView, type ViewOptions, type ViewToken, viewUnit } from './unit-view.ts';
import { contains, unitAt } from './units.ts';

export interface Session {
  readonly services: EditorServices;
  readonly documents: Documents;
  readonly chooser: Chooser;
  readonly knowledge: Knowledge;
  /** Hints that were last shown, moved through every edit since. */
  readonly hintMemory: HintMemory;
  settings(): Settings;
  configure(settings: Settings): void;
}

export function createSession(services: EditorServices, initial: Settings): Session {
  let settings = initial;
  const hintMemory = createHintMemory();
  const documents = createDocuments(hintMemory.edited);
  documents.setField(initial.textField);
  const knowledge = createKnowledge(services);
  const chooser = createChooser(services, () => settings);
  return {
    services,
    documents,
    chooser,
    knowledge,
    hintMemory,
    settings: () => settings,
    configure(next) {
      settings = next;
      documents.setField(next.textField);
      chooser.reset();
      services.changed(['traces']);
    },
  };
}

/** The open document. @throws invalid-params naming what is not open. */
export function documentOf({ documents }: Session, uri: string): Document {
  const document = documents.get(uri);
  if (document) return document;
  throw new SondeError('invalid-params', `${uri} is not open in this session; open it first.`, { found: uri });
}

/** Traces a unit with what it chooses, and learns from it. */
export async function view(
  session: Session,
  document: Document,
  unit: Unit,
  options: ViewOptions,
  signal?: AbortSignal,
): Promise<UnitView> {
  const choice = await session.chooser.choose(unit.settings, document.uri);
  const result = await viewUnit(session.services.engine, unit, choice, options, signal);
  session.knowledge.learn(result.trace);
  return result;
}

/** A token with the view that it lies in. */
export interface Found {
  readonly document: Document;
  readonly view: UnitView;
  readonly token: ViewToken;
}

/** The token at a place, traced in the interactive lane; null where no readable text is. */
export async function tokenAt(
  session: Session,
  uri: string,
  position: Position,
  signal?: AbortSignal,
  predictions = false,
): Promise<Found | null> {
  const document = await prepared(session.documents, uri);
  const unit = document && unitAt(document, position);
  if (!document || !unit?.readable) return null;
  const found = await view(session, document, unit, { lane: 'interactive', predictions }, signal);
  const token = tokenIn(found, position);
  return token && { document, view: found, token };
}

/** The token written at a place: the one that begins there, else the one that ends there. */
export function tokenIn({ tokens }: UnitView, position: Position): ViewToken | null {
  const at = tokens.filter(({ range }) => range !== null && contains(range, position) && !isEmpty(range));
  return at.find(({ range }) => !isAtEnd(range!, position)) ?? at[0] ?? null;
}

function isEmpty({ start, end }: Range): boolean {
  return start.line === end.line && start.character === end.character;
}

function isAtEnd({ end }: Range, { line, character }: Position): boolean {
  return end.line === line && end.character === character;
}
