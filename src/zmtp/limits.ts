/** Octets of a greeting (RFC 37, "Formal Grammar"). */
export const greetingBytes = 64;

/** Largest body of a handshake command: CURVE's fixed fields take 257 octets, the rest is metadata. */
export const maxHandshakeCommandBytes = 8_192;

/** Properties in one peer's metadata. */
export const maxMetadataProperties = 64;

/** Octets of an identity (RFC 37, "The Identity Property"). */
export const maxIdentityBytes = 255;

/** Octets of the reason in an ERROR command (its length has one octet). */
export const maxErrorReasonBytes = 255;

/** Octets of a PLAIN user name or password (their lengths have one octet). */
export const maxPlainFieldBytes = 255;

/** Octets of the context of PING and PONG (RFC 37, "Connection Heartbeating"). */
export const maxPingContextBytes = 16;

/** Octets of one subscription. */
export const maxSubscriptionBytes = 65_535;

/** Largest body of a command in traffic: SUBSCRIBE with the longest subscription. */
export const maxTrafficCommandBytes: number = maxSubscriptionBytes + 16;

/** Different subscriptions that one peer may hold. */
export const maxSubscriptionsPerPeer = 100_000;

/** Octets of all subscriptions that one peer may hold. */
export const maxSubscriptionBytesPerPeer = 16_777_216;

/** Octets of a message, over all its frames, unless the owner says otherwise. */
export const defaultMaxMessageBytes = 268_435_456;

/** Frames of a message, unless the owner says otherwise. */
export const defaultMaxFramesPerMessage = 8_192;

/** PINGs sent without a sign of life before no more are sent (RFC 37: "a small number"). */
export const maxUnansweredPings = 3;

/** The largest TTL that a PING can carry: 16 bits of tenths of a second. */
export const maxPingTtlMs = 6_553_500;

/** Bytes in which small frames are packed before they go to the stream. */
export const outputSlabBytes = 65_536;

/** First slab of a connection; slabs grow with the traffic, so that quiet connections stay small. */
export const firstOutputSlabBytes = 512;

/** Time that a refused peer has to read the reason before its connection is torn down. */
export const farewellMs = 1_000;

/** Messages queued per peer in each direction, unless the owner says otherwise (as libzmq). */
export const defaultHighWaterMark = 1_000;

/** Connections that one socket accepts, over all its bound endpoints, unless the owner says otherwise. */
export const defaultMaxConnections = 4_096;

/** Accepted connections of one socket whose handshake is not done, unless the owner says otherwise. */
export const defaultMaxHandshakes = 1_024;

/** Endpoints that one socket may dial. */
export const maxDialledEndpoints = 4_096;
