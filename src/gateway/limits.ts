/** Largest message that is still answered with an error. Anything longer ends its connection, before it is held in memory. */
export const maxMessageBytes: number = 16 * 1024 * 1024;

/** Frames of one message, the envelope of intermediaries included. */
export const maxFrames = 64;

/** Largest request that is read. The longest that v4.3 knows takes less than 1 KiB. */
export const maxRequestBytes: number = 64 * 1024;

/** Nesting of a request; v4.3 needs 1. */
export const maxJsonDepth = 16;

/** Letters of a number literal. */
export const maxNumberLetters = 320;

/** Letters of a uuid. */
export const maxUuidLetters = 128;

/** Letters of a symbol (SYMBOL names are shorter; MetaTrader refuses more). */
export const maxSymbolLetters = 64;

/** Letters of a comment that is handed on. MetaTrader takes 31, and the agent refuses more. */
export const maxCommentLetters = 256;

/** Letters of a risk signature and of its checksum. */
export const maxSignatureLetters = 512;

/** Fewest letters of a checksum (rule 4). */
export const minChecksumLetters = 8;

/** Requests of one connection that may be in work at once. */
export const maxInFlightPerPeer = 256;

/** Requests of all connections from one address that may be in work at once. */
export const maxInFlightPerAddress = 1_024;

/** Requests of all connections that may be in work at once. */
export const maxInFlight = 4_096;

/** Connections at once. */
export const maxConnections = 1_024;

/** Connections at once from one address, unless told otherwise: one machine must not keep all others out. */
export const maxConnectionsPerAddress = 512;

/** Orders whose outcome is remembered in memory; the oldest settled ones make room. */
export const maxRememberedOrders = 100_000;

/** Orders refused before they were sent anywhere that are remembered in memory; a flood of them evicts nothing else. */
export const maxRememberedRefusals = 20_000;
