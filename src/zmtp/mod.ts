/**
 * ZMTP 3.1 (ZeroMQ's protocol) with NULL, PLAIN and CURVE in TypeScript, for any runtime. Sockets take a `Context`: the
 * network, time and cryptography they run on. The package's `./zmtp` entry has them bound to TCP already; this one,
 * `./zmtp/core`, imports nothing of any runtime.
 *
 * @example
 * ```ts
 * import { nodeContext } from "@trading-org/mt5-connector/zmtp";
 * import { type Context, nobleCrypto, Pull, Push } from "@trading-org/mt5-connector/zmtp/core";
 *
 * // TCP and the clock as they are, cryptography in plain JavaScript
 * const context: Context = { ...nodeContext, crypto: nobleCrypto };
 * await using pull = new Pull(context);
 * const endpoint = await pull.bind("tcp://127.0.0.1:*");
 * await using push = new Push(context);
 * push.connect(endpoint);
 * await push.send("hello");
 * const [frame] = await pull.receive();
 * ```
 *
 * @module
 */

export { nobleCrypto } from "./crypto/noble.ts";
export type { Crypto, KeyAgreement, KeyPair, SecretBox, TrafficBox } from "./crypto/types.ts";
export type { Context } from "./environment.ts";
export { type FaultCode, ZmtpFault } from "./fault.ts";
export {
  generateKeyPair,
  type Key,
  type KeyPairText,
  keyPairToBase64,
  keyPairToZ85,
  readKey,
} from "./keys.ts";
export type { AuthenticationRequest, AuthenticationVerdict, Authenticator } from "./mechanism/mechanism.ts";
export type { PeerInfo } from "./peer.ts";
export type { SocketType } from "./socket-type.ts";
export { type CloseOptions, Socket } from "./sockets/base.ts";
export { Dealer, type IdentityOptions } from "./sockets/dealer.ts";
export { SocketError, type SocketErrorCode } from "./sockets/errors.ts";
export type { WaitOptions } from "./sockets/fair-queue.ts";
export type { Frame, Message } from "./sockets/message.ts";
export type { Monitor, SocketEvent } from "./sockets/monitor.ts";
export type { SocketOptions } from "./sockets/options.ts";
export { Pair } from "./sockets/pair.ts";
export { Publisher, XPublisher, type XPublisherOptions } from "./sockets/pub.ts";
export { Pull, Push } from "./sockets/push-pull.ts";
export { Reply } from "./sockets/rep.ts";
export { Request, type RequestOptions } from "./sockets/req.ts";
export { Router, type RouterOptions } from "./sockets/router.ts";
export type { CurveSecurity, NullSecurity, PlainSecurity, SecurityOptions } from "./sockets/security.ts";
export { Subscriber, XSubscriber } from "./sockets/sub.ts";
export type { Metadata } from "./wire/metadata.ts";
