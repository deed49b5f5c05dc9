/** How a message is declared: once, as a value that both ends use. Types, validation and documents derive from it. */
import type { z } from 'zod';

/** Plain readonly data, however deep. */
export type DeepReadonly<T> = T extends Uint8Array | string | number | boolean | null | undefined
  ? T
  : T extends readonly (infer E)[]
    ? readonly DeepReadonly<E>[]
    : T extends object
      ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
      : T;

/** Who sends it. */
export type Direction = 'client-to-daemon' | 'daemon-to-client' | 'both';

/** A message that is answered. */
export interface RequestDeclaration<
  N extends string = string,
  P extends z.ZodObject = z.ZodObject,
  R extends z.ZodType = z.ZodType,
  S extends z.ZodType | null = z.ZodType | null,
> {
  readonly kind: 'request';
  readonly name: N;
  readonly direction: Direction;
  /** One sentence, third person. */
  readonly summary: string;
  /** By name. Unknown fields are refused, so that a misspelt option is not ignored. */
  readonly params: P;
  readonly result: R;
  /** What one `$/progress` on the partial result token carries; null where the result comes whole. */
  readonly partial: S;
  /** Whether it reports progress on a work done token. */
  readonly progress: boolean;
  readonly example: { readonly params: z.input<P>; readonly result: z.input<R> };
}

/** A message that is not answered. */
export interface NotificationDeclaration<N extends string = string, P extends z.ZodObject = z.ZodObject> {
  readonly kind: 'notification';
  readonly name: N;
  readonly direction: Direction;
  readonly summary: string;
  readonly params: P;
  readonly example: { readonly params: z.input<P> };
}

export type Declaration = RequestDeclaration | NotificationDeclaration;

/** Declares a request from client to daemon. */
export function request<
  N extends string,
  P extends z.ZodObject,
  R extends z.ZodType,
  S extends z.ZodType | null = null,
>(declaration: {
  readonly name: N;
  readonly summary: string;
  readonly params: P;
  readonly result: R;
  readonly partial?: S;
  readonly progress?: boolean;
  readonly example: { readonly params: z.input<P>; readonly result: z.input<R> };
}): RequestDeclaration<N, P, R, S> {
  return {
    kind: 'request',
    direction: 'client-to-daemon',
    progress: false,
    ...declaration,
    partial: (declaration.partial ?? null) as S,
  };
}

/** Declares a notification. */
export function notification<N extends string, P extends z.ZodObject>(
  declaration: Omit<NotificationDeclaration<N, P>, 'kind'>,
): NotificationDeclaration<N, P> {
  return { kind: 'notification', ...declaration };
}
