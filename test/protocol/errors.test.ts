import { expect, test } from 'vitest';
import { RemoteError, WIRE_ERRORS, type WireErrorKind, wireError } from '../../protocol/src/errors.ts';
import { ERROR_KINDS, type ErrorFamily, type ErrorKind } from '../../server/src/core/errors.ts';

const RANGES: Record<ErrorFamily, (code: number) => boolean> = {
  caller: (code) => code === -32602 || (code > 1000 && code < 2000),
  artifact: (code) => code > 2000 && code < 3000,
  resource: (code) => code > 3000 && code < 3100,
  access: (code) => code > 4000 && code < 5000,
  lifecycle: (code) => code === -32800 || code === -32801 || (code > 3100 && code < 3200),
  fault: (code) => code === -32603,
};

test.each(Object.entries(ERROR_KINDS) as [ErrorKind, ErrorFamily][])(
  '%s has a code of the family %s',
  (kind, family) => {
    const { code } = WIRE_ERRORS[kind as WireErrorKind];
    expect(RANGES[family](code), `${kind} has ${code}`).toBe(true);
  },
);

test('no two kinds share a code, and none lies in the range that JSON-RPC and LSP own', () => {
  const codes = Object.values(WIRE_ERRORS).map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
  expect(codes.filter((code) => code >= -32099 && code <= -32000)).toEqual([]);
});

test('an error keeps kind, code, detail and whether to retry across the wire', () => {
  const sent = JSON.parse(JSON.stringify(wireError('queue-full', 'full', { found: 33 })));
  const error = new RemoteError(sent);
  expect(error).toMatchObject({
    kind: 'queue-full',
    code: 3003,
    retryable: true,
    detail: { found: 33 },
    message: 'full',
  });
});

test('a kind that this side does not know is a fault that keeps its code', () => {
  expect(new RemoteError({ code: 9, message: 'new', data: { kind: 'of-tomorrow' } })).toMatchObject({
    kind: 'fault',
    code: 9,
    retryable: false,
  });
});
