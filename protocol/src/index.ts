/** Version of the wire protocol; a breaking change raises it. */
export const PROTOCOL_VERSION = 1;
