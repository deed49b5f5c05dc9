/** The session's start and end. */
import { MAX_TEXT, PROTOCOL_VERSION } from '@sonde/protocol';
import { SondeError } from '../../core/errors.ts';
import { type Handlers, offered } from '../dispatch.ts';

export interface ServerFacts {
  readonly version: string;
  /** Bytes of one message that is taken. */
  readonly maxMessageBytes: number;
  readonly maxInFlight: number;
}

/** `others` are the handlers besides these, so that a client is told what the daemon offers. */
export function lifecycleHandlers({ version, maxMessageBytes, maxInFlight }: ServerFacts, others: Handlers): Handlers {
  return {
    initialize({ protocolVersion }) {
      if (protocolVersion !== PROTOCOL_VERSION) {
        throw new SondeError(
          'version-mismatch',
          `The client speaks protocol ${protocolVersion}, this daemon ${PROTOCOL_VERSION} (sonde ${version}). Update the older of the two.`,
          { found: protocolVersion, expected: PROTOCOL_VERSION },
        );
      }
      return {
        protocolVersion: PROTOCOL_VERSION,
        server: { name: 'sonde', version },
        methods: ['initialize', 'shutdown', ...offered(others)],
        codecs: ['json', 'messagepack'],
        limits: { message_bytes: maxMessageBytes, requests_in_flight: maxInFlight, text_length: MAX_TEXT },
      };
    },
    // The session ends itself once this is answered.
    shutdown: () => null,
  };
}
