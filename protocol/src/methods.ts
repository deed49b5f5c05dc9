/** Every message, by name, and the types that follow from the declarations. */
import type { z } from 'zod';
import { daemonStatus, daemonStop } from './messages/daemon.ts';
import { dictionaryCheck, dictionaryList, dictionaryLoad, dictionaryUnload } from './messages/dictionary.ts';
import { featureGet, featureLabel, featureNeighbours, featureSearch } from './messages/feature.ts';
import { cancelRequest, initialize, progress, shutdown } from './messages/lifecycle.ts';
import { modelList, modelLoad, modelUnload, modelVerify } from './messages/model.ts';
import { textTokenize } from './messages/text.ts';
import { traceActivations, traceFeatures, traceLogits } from './messages/trace.ts';
import type { DeepReadonly, RequestDeclaration } from './method.ts';

/** Requests, in the order in which documents list them. */
export const REQUESTS = [
  initialize,
  shutdown,
  daemonStatus,
  daemonStop,
  modelLoad,
  modelList,
  modelVerify,
  modelUnload,
  dictionaryLoad,
  dictionaryList,
  dictionaryUnload,
  dictionaryCheck,
  textTokenize,
  traceFeatures,
  traceActivations,
  traceLogits,
  featureGet,
  featureSearch,
  featureLabel,
  featureNeighbours,
] as const;

/** Notifications. */
export const NOTIFICATIONS = [cancelRequest, progress] as const;

type Request = (typeof REQUESTS)[number];
export type RequestName = Request['name'];
export type RequestNamed<N extends RequestName> = Extract<Request, { readonly name: N }>;

/** Parameters as a client gives them: defaults may be left out. */
export type Params<N extends RequestName> = DeepReadonly<z.input<RequestNamed<N>['params']>>;
/** Parameters as a handler gets them: checked, defaults filled in. */
export type CheckedParams<N extends RequestName> = z.output<RequestNamed<N>['params']>;
export type Result<N extends RequestName> = DeepReadonly<z.input<RequestNamed<N>['result']>>;
/** One partial result; never where a request streams none. */
export type PartialResult<N extends RequestName> = RequestNamed<N>['partial'] extends z.ZodType
  ? DeepReadonly<z.input<RequestNamed<N>['partial']>>
  : never;

/** Requests by name. */
export const METHODS: ReadonlyMap<string, RequestDeclaration> = new Map(
  REQUESTS.map((request) => [request.name, request as RequestDeclaration]),
);

/** Whether a text names a request of this protocol. */
export function isRequestName(name: string): name is RequestName {
  return METHODS.has(name);
}
