import { toError } from "../connector/errors.ts";
import type { ConnectionStatus } from "../connector/status.ts";
import type { Clock, Timer } from "../transport/clock.ts";
import type { GatewayLog } from "./gateway-log.ts";

/** An agent that is to stay connected; `MT5Agent` is one. */
export interface KeptAgent {
  /** Its name in the configuration. */
  readonly id: string;
  /** Whether it is connected. */
  readonly connectionStatus: ConnectionStatus;
  /** Connects, or rejects with the reason. */
  connect(): Promise<void>;
}

/** Ends the keeping. */
export interface Keeper {
  /** No connect is begun any more. Resolves when none is under way. */
  stop(): Promise<void>;
}

const lookMs = 1_000;
const longestWaitMs = 15_000;

/**
 * Connects an agent and keeps it so: the SDK mends what breaks, and what it gives up (a terminal that is not started
 * yet, a refused key that is listed later) is tried again for ever. Meanwhile the gateway answers with an error.
 */
export function keepConnected(
  agent: KeptAgent,
  options: { readonly clock: Clock; readonly log: GatewayLog; readonly connected?: () => void },
): Keeper {
  const { clock, log } = options;
  let stopped = false;
  let wake: () => void = () => undefined;
  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      let timer: Timer | undefined;
      wake = (): void => {
        timer?.cancel();
        resolve();
      };
      timer = clock.setTimer(resolve, ms);
    });
  const keep = async (): Promise<void> => {
    let waitMs = lookMs;
    let told = "";
    while (!stopped) {
      if (agent.connectionStatus.state !== "disconnected") {
        await wait(lookMs);
        continue;
      }
      try {
        await agent.connect();
        log.info("MetaTrader account connected", { account: agent.id });
        options.connected?.();
        waitMs = lookMs;
        told = "";
      } catch (error) {
        if (stopped) return;
        const { message } = toError(error);
        // Once for each reason, and not every few seconds all night.
        if (message !== told)
          log.warning("MetaTrader account cannot be connected; trying again", {
            account: agent.id,
            reason: message,
          });
        told = message;
        await wait(waitMs);
        waitMs = Math.min(longestWaitMs, waitMs * 2);
      }
    }
  };
  const keeping = keep();
  return {
    stop(): Promise<void> {
      stopped = true;
      wake();
      return keeping;
    },
  };
}
