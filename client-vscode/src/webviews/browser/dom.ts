/** Builds nodes: whatever text comes in stays text. */
import type { Wish } from '../messages.ts';

interface Host {
  postMessage(message: Wish): void;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): Host;

const host = acquireVsCodeApi();

export function wish(message: Wish): void {
  host.postMessage(message);
}

/** Hears every state, and asks for the first; `keep` is what a reloaded window makes the page from again. */
export function hear<S>(render: (state: S) => void): void {
  window.addEventListener('message', ({ data }: MessageEvent<{ state: S; keep?: unknown }>) => {
    if (data.keep !== undefined) host.setState(data.keep);
    render(data.state);
  });
  wish({ kind: 'ready' });
}

export type Child = Node | string | null | false;
type Attributes = Readonly<Record<string, string | number | boolean | ((event: Event) => void)>>;

/** An element: attributes by name, listeners as `onclick` and so on, null children left out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes,
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  return filled(document.createElement(tag), attributes, children);
}

export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes,
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  return filled(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

function filled<E extends Element>(element: E, attributes: Attributes, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child): child is Node | string => child !== null && child !== false));
  return element;
}

/** Replaces what the page shows; the focus stays on the element that has the same `data-key`. */
export function show(...children: readonly Child[]): void {
  const root = document.getElementById('root')!;
  const key = (document.activeElement as HTMLElement | null)?.dataset?.key;
  root.replaceChildren(...children.filter((child): child is Node | string => child !== null && child !== false));
  if (key === undefined) return;
  for (const element of root.querySelectorAll<HTMLElement>('[data-key]')) {
    if (element.dataset.key === key) element.focus({ preventScroll: true });
  }
}
