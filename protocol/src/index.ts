/** The contract between Sonde's daemon and its clients. */
export * from './client.ts';
export * from './codec.ts';
export * from './codec-limits.ts';
export * from './errors.ts';
export * from './framing.ts';
export * from './messages/common.ts';
export * from './messages/daemon.ts';
export * from './messages/lifecycle.ts';
export * from './method.ts';
export * from './methods.ts';
export * from './openrpc.ts';
export * from './tensor.ts';
export * from './transports.ts';
export * from './version.ts';
