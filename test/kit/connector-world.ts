import {
  type AgentLimits,
  type GlobalOptions,
  type MT5Agent,
  MT5Connector,
  type MT5ConnectorConfig,
} from "../../src/connector/mod.ts";
import { encodeKey } from "../../src/security/keys.ts";
import type { Clock, Timer } from "../../src/transport/clock.ts";
import { VirtualClock } from "../../src/transport/virtual-clock.ts";
import { FakeAgent, testKeys } from "./fake-agent.ts";

/** A clock that counts the timers that are pending, to prove that none is left. */
export class CountingClock implements Clock {
  readonly #clock: Clock;
  pending = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  wallMs(): number {
    return this.#clock.wallMs();
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    this.pending++;
    let done = false;
    const finish = (): void => {
      if (!done) this.pending--;
      done = true;
    };
    const timer = this.#clock.setTimer(() => {
      finish();
      callback();
    }, delayMs);
    return {
      cancel: (): void => {
        finish();
        timer.cancel();
      },
    };
  }
}

/** A connector and a fake agent in virtual time. */
export interface ConnectorWorld {
  readonly clock: VirtualClock;
  readonly timers: CountingClock;
  readonly fake: FakeAgent;
  readonly mt5: MT5Connector;
  readonly agent: MT5Agent;
  /** Errors that reached the connector's `error` event. */
  readonly errors: Error[];
  /** Lets time pass until the promise has settled. */
  settle<T>(promise: Promise<T>, limitMs?: number): Promise<T>;
  /** The error that the promise is rejected with. */
  failure(promise: Promise<unknown>, limitMs?: number): Promise<unknown>;
}

/** What a test may change about the world. */
export interface WorldOptions {
  readonly options?: GlobalOptions;
  readonly limits?: AgentLimits;
  readonly serverKey?: Uint8Array;
  readonly accountNumber?: number;
  readonly fake?: FakeAgent;
  readonly clock?: VirtualClock;
  readonly seed?: number;
}

/** Pseudo-random bytes that replay. */
export function seededBytes(seed: number): (length: number) => Uint8Array {
  let state = seed >>> 0;
  return (length): Uint8Array =>
    Uint8Array.from({ length }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    });
}

/** Makes a world; nothing is connected yet. */
export function connectorWorld(world: WorldOptions = {}): ConnectorWorld {
  const clock = world.clock ?? new VirtualClock({ wallStartMs: Date.UTC(2024, 0, 10, 8) });
  const timers = new CountingClock(clock);
  const fake = world.fake ?? new FakeAgent(clock);
  const config: MT5ConnectorConfig = {
    agents: [
      {
        id: "main",
        connection: { host: "agent.test", ports: { command: 1, events: 2, sync: 3 } },
        credentials: {
          serverKey: encodeKey(world.serverKey ?? testKeys.serverPublic),
          clientKey: encodeKey(testKeys.clientSecret),
        },
        ...(world.limits === undefined ? {} : { limits: world.limits }),
        ...(world.accountNumber === undefined ? {} : { metadata: { accountNumber: world.accountNumber } }),
      },
    ],
    ...(world.options === undefined ? {} : { options: world.options }),
  };
  const randomBytes = seededBytes(world.seed ?? 1);
  const mt5 = new MT5Connector(config, { transport: fake.transport, clock: timers, randomBytes });
  const errors: Error[] = [];
  mt5.on("error", (error) => errors.push(error));
  return {
    clock,
    timers,
    fake,
    mt5,
    agent: mt5.getAgent("main"),
    errors,
    settle: async <T>(promise: Promise<T>, limitMs = 30_000): Promise<T> => {
      await clock.runUntil(
        promise.then(
          () => undefined,
          () => undefined,
        ),
        limitMs,
      );
      return await promise;
    },
    failure: async (promise, limitMs = 30_000): Promise<unknown> => {
      const settled = promise.then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      );
      const result = await clock.runUntil(settled, limitMs);
      if (result !== undefined && "error" in result) return result.error;
      throw new Error("Expected a rejection");
    },
  };
}

/** Makes a world and connects. */
export async function connectedWorld(world: WorldOptions = {}): Promise<ConnectorWorld> {
  const made = connectorWorld(world);
  await made.settle(made.mt5.connect());
  return made;
}
