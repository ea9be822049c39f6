/**
 * ZeroMQ sockets over TCP: ZMTP 3.1 with NULL, PLAIN and CURVE in TypeScript, for Node, Bun and Deno. No native code.
 *
 * @example
 * ```ts
 * import { Pull, Push } from "@trading-org/mt5-connector/zmtp";
 *
 * await using pull = new Pull();
 * const endpoint = await pull.bind("tcp://127.0.0.1:*");
 * await using push = new Push();
 * push.connect(endpoint);
 * await push.send("hello");
 * const [frame] = await pull.receive();
 * ```
 *
 * @module
 */
import { systemClock } from "../transport/clock.ts";
import { nextTurn } from "../transport/turn.ts";
import type { KeyPair } from "../zmtp/crypto/types.ts";
import type { Context } from "../zmtp/environment.ts";
import * as neutral from "../zmtp/mod.ts";
import { nodeCrypto } from "./node-crypto.ts";
import { nodeNetwork } from "./node-network.ts";

/** TCP by `node:net`, the machine's clock, and the fastest cryptography that runs everywhere. */
export const nodeContext: Context = {
  network: nodeNetwork,
  clock: systemClock,
  crypto: nodeCrypto,
  nextTurn,
};

/** A fresh CURVE key pair, as bytes; `keyPairToZ85` and `keyPairToBase64` write it as text. */
export function generateKeyPair(): KeyPair {
  return neutral.generateKeyPair(nodeCrypto);
}

/** PUSH over TCP. */
export class Push extends neutral.Push {
  /** Neither bound nor connected yet. */
  constructor(options?: neutral.SocketOptions) {
    super(nodeContext, options);
  }
}

/** PULL over TCP. */
export class Pull extends neutral.Pull {
  /** Neither bound nor connected yet. */
  constructor(options?: neutral.SocketOptions) {
    super(nodeContext, options);
  }
}

/** PUB over TCP. */
export class Publisher extends neutral.Publisher {
  /** Neither bound nor connected yet. */
  constructor(options?: neutral.SocketOptions) {
    super(nodeContext, options);
  }
}

/** SUB over TCP. */
export class Subscriber extends neutral.Subscriber {
  /** Neither bound nor connected yet, and without a subscription. */
  constructor(options?: neutral.SocketOptions) {
    super(nodeContext, options);
  }
}

/** XPUB over TCP. */
export class XPublisher extends neutral.XPublisher {
  /** Neither bound nor connected yet. */
  constructor(options?: neutral.XPublisherOptions) {
    super(nodeContext, options);
  }
}

/** XSUB over TCP. */
export class XSubscriber extends neutral.XSubscriber {
  /** Neither bound nor connected yet, and without a subscription. */
  constructor(options?: neutral.SocketOptions) {
    super(nodeContext, options);
  }
}

/** REQ over TCP. */
export class Request extends neutral.Request {
  /** Neither bound nor connected yet. */
  constructor(options?: neutral.RequestOptions) {
    super(nodeContext, options);
  }
}

/** REP over TCP. */
export class Reply extends neutral.Reply {
  /** Neither bound nor connected yet. */
  constructor(options?: neutral.SocketOptions) {
    super(nodeContext, options);
  }
}

/** DEALER over TCP. */
export class Dealer extends neutral.Dealer {
  /** Neither bound nor connected yet. */
  constructor(options?: neutral.IdentityOptions) {
    super(nodeContext, options);
  }
}

/** ROUTER over TCP. */
export class Router extends neutral.Router {
  /** Neither bound nor connected yet. */
  constructor(options?: neutral.RouterOptions) {
    super(nodeContext, options);
  }
}

/** PAIR over TCP. */
export class Pair extends neutral.Pair {
  /** Neither bound nor connected yet. */
  constructor(options?: neutral.SocketOptions) {
    super(nodeContext, options);
  }
}

export {
  type AuthenticationRequest,
  type AuthenticationVerdict,
  type Authenticator,
  type CloseOptions,
  type Context,
  type CurveSecurity,
  type FaultCode,
  type Frame,
  type IdentityOptions,
  type Key,
  type KeyPair,
  type KeyPairText,
  keyPairToBase64,
  keyPairToZ85,
  type Message,
  type Monitor,
  type NullSecurity,
  type PeerInfo,
  type PlainSecurity,
  type RequestOptions,
  type RouterOptions,
  readKey,
  type SecurityOptions,
  Socket,
  SocketError,
  type SocketErrorCode,
  type SocketEvent,
  type SocketOptions,
  type SocketType,
  type WaitOptions,
  type XPublisherOptions,
  ZmtpFault,
} from "../zmtp/mod.ts";
