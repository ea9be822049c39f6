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
import { type Clock, systemClock } from "../transport/clock.ts";
import type { Network } from "../transport/network.ts";
import type { Transport } from "../transport/transport.ts";
import { nextTurn } from "../transport/turn.ts";
import type { KeyPair } from "../zmtp/crypto/types.ts";
import type { Context } from "../zmtp/environment.ts";
// Singly and not through mod.ts, which has noble's curves besides: their tables take 7 MiB that nobody here uses.
import { generateKeyPair as generateNeutralKeyPair } from "../zmtp/keys.ts";
import { checkKnownKeys, type KeysOf } from "../zmtp/known-keys.ts";
import { type IdentityOptions, Dealer as NeutralDealer } from "../zmtp/sockets/dealer.ts";
import type { SocketOptions } from "../zmtp/sockets/options.ts";
import { Pair as NeutralPair } from "../zmtp/sockets/pair.ts";
import {
  Publisher as NeutralPublisher,
  XPublisher as NeutralXPublisher,
  type XPublisherOptions,
} from "../zmtp/sockets/pub.ts";
import { Pull as NeutralPull, Push as NeutralPush } from "../zmtp/sockets/push-pull.ts";
import { Reply as NeutralReply } from "../zmtp/sockets/rep.ts";
import { Request as NeutralRequest, type RequestOptions } from "../zmtp/sockets/req.ts";
import { Router as NeutralRouter, type RouterOptions } from "../zmtp/sockets/router.ts";
import { Subscriber as NeutralSubscriber, XSubscriber as NeutralXSubscriber } from "../zmtp/sockets/sub.ts";
import { nodeCrypto } from "./node-crypto.ts";
import { nodeNetwork } from "./node-network.ts";
import { zmtpTransport } from "./zmtp-transport.ts";

/** TCP by `node:net`, the machine's clock, and the fastest cryptography that runs everywhere. */
export const nodeContext: Context = {
  network: nodeNetwork,
  clock: systemClock,
  crypto: nodeCrypto,
  nextTurn,
};

/** A fresh CURVE key pair, as bytes; `keyPairToZ85` and `keyPairToBase64` write it as text. */
export function generateKeyPair(): KeyPair {
  return generateNeutralKeyPair(nodeCrypto);
}

/** Where a transport lives. */
export interface AgentTransportOptions {
  /** @default TCP */
  readonly network?: Network;
  /** @default the machine's */
  readonly clock?: Clock;
}

const transportKeys: KeysOf<AgentTransportOptions> = { network: true, clock: true };

/**
 * The transport between connectors and agents: for an agent of the simulator in one's own process, and, with a network
 * in memory and a virtual clock, for both sides of a test that runs faster than real time.
 */
export function agentTransport(options: AgentTransportOptions = {}): Transport {
  checkKnownKeys("the options of agentTransport", options, transportKeys);
  const { network = nodeNetwork, clock = systemClock } = options;
  return zmtpTransport({ network, clock, crypto: nodeCrypto });
}

/** PUSH over TCP. */
export class Push extends NeutralPush {
  /** Neither bound nor connected yet. */
  constructor(options?: SocketOptions) {
    super(nodeContext, options);
  }
}

/** PULL over TCP. */
export class Pull extends NeutralPull {
  /** Neither bound nor connected yet. */
  constructor(options?: SocketOptions) {
    super(nodeContext, options);
  }
}

/** PUB over TCP. */
export class Publisher extends NeutralPublisher {
  /** Neither bound nor connected yet. */
  constructor(options?: SocketOptions) {
    super(nodeContext, options);
  }
}

/** SUB over TCP. */
export class Subscriber extends NeutralSubscriber {
  /** Neither bound nor connected yet, and without a subscription. */
  constructor(options?: SocketOptions) {
    super(nodeContext, options);
  }
}

/** XPUB over TCP. */
export class XPublisher extends NeutralXPublisher {
  /** Neither bound nor connected yet. */
  constructor(options?: XPublisherOptions) {
    super(nodeContext, options);
  }
}

/** XSUB over TCP. */
export class XSubscriber extends NeutralXSubscriber {
  /** Neither bound nor connected yet, and without a subscription. */
  constructor(options?: SocketOptions) {
    super(nodeContext, options);
  }
}

/** REQ over TCP. */
export class Request extends NeutralRequest {
  /** Neither bound nor connected yet. */
  constructor(options?: RequestOptions) {
    super(nodeContext, options);
  }
}

/** REP over TCP. */
export class Reply extends NeutralReply {
  /** Neither bound nor connected yet. */
  constructor(options?: SocketOptions) {
    super(nodeContext, options);
  }
}

/** DEALER over TCP. */
export class Dealer extends NeutralDealer {
  /** Neither bound nor connected yet. */
  constructor(options?: IdentityOptions) {
    super(nodeContext, options);
  }
}

/** ROUTER over TCP. */
export class Router extends NeutralRouter {
  /** Neither bound nor connected yet. */
  constructor(options?: RouterOptions) {
    super(nodeContext, options);
  }
}

/** PAIR over TCP. */
export class Pair extends NeutralPair {
  /** Neither bound nor connected yet. */
  constructor(options?: SocketOptions) {
    super(nodeContext, options);
  }
}

export { type FaultCode, ZmtpFault } from "../zmtp/fault.ts";
export { type Key, type KeyPairText, keyPairToBase64, keyPairToZ85, readKey } from "../zmtp/keys.ts";
export type {
  AuthenticationRequest,
  AuthenticationVerdict,
  Authenticator,
  CloseOptions,
  CurveSecurity,
  Frame,
  Message,
  Monitor,
  NullSecurity,
  PeerInfo,
  PlainSecurity,
  SecurityOptions,
  SocketEvent,
  SocketType,
  WaitOptions,
} from "../zmtp/mod.ts";
export { Socket } from "../zmtp/sockets/base.ts";
export { SocketError, type SocketErrorCode } from "../zmtp/sockets/errors.ts";
export type {
  Context,
  IdentityOptions,
  KeyPair,
  RequestOptions,
  RouterOptions,
  SocketOptions,
  XPublisherOptions,
};
