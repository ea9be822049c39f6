import type { Clock } from "../transport/clock.ts";
import { LimitExceededError, RateLimitError } from "./errors.ts";
import type { MirrorState } from "./mirror.ts";
import type { ResolvedAgent } from "./options.ts";

const secondMs = 1_000;

/** The limits of `AgentConfig.limits`, kept before anything is sent. Asked only for what may open a position. */
export class OrderLimits {
  readonly #agent: ResolvedAgent;
  readonly #clock: Clock;
  #sentMs: number[] = [];

  constructor(agent: ResolvedAgent, clock: Clock) {
    this.#agent = agent;
    this.#clock = clock;
  }

  /** Counts an order that is about to be sent. Throws if it exceeds a limit. */
  check(
    action: string,
    { lots, symbol }: { readonly lots: number; readonly symbol: string },
    mirror: MirrorState,
    sending: number,
  ): void {
    const { maxVolume, maxPositions, maxOrdersPerSecond } = this.#agent.limits;
    if (maxVolume !== undefined && lots > maxVolume) {
      throw new LimitExceededError(`Cannot ${action}: ${lots} lots exceed limits.maxVolume (${maxVolume})`, {
        code: "MAX_VOLUME",
        remedy: "Reduce the volume, or raise limits.maxVolume of the agent",
      });
    }
    // A pending order opens a position whenever the market decides, so it counts from the start.
    const onTheirWay = sending + pendingOrders(mirror);
    const open = mirror.positions.size + onTheirWay;
    if (maxPositions !== undefined && open >= maxPositions && !this.#joins(symbol, mirror)) {
      throw new LimitExceededError(
        `Cannot ${action}: ${mirror.positions.size} positions and ${onTheirWay} orders on their way reach limits.maxPositions (${maxPositions})`,
        { code: "MAX_POSITIONS", remedy: "Close positions, or raise limits.maxPositions of the agent" },
      );
    }
    if (maxOrdersPerSecond === undefined) return;
    const nowMs = this.#clock.nowMs();
    // Below one per second the window is longer than a second, so that 0.5 means one order in two seconds.
    const most = Math.max(1, Math.floor(maxOrdersPerSecond));
    const windowMs = (most / maxOrdersPerSecond) * secondMs;
    this.#sentMs = this.#sentMs.filter((at) => nowMs - at < windowMs);
    if (this.#sentMs.length >= most) {
      const waitMs = Math.ceil((this.#sentMs[0] ?? nowMs) + windowMs - nowMs);
      throw new RateLimitError(
        `Cannot ${action}: limits.maxOrdersPerSecond (${maxOrdersPerSecond}) is reached`,
        {
          code: "MAX_ORDERS_PER_SECOND",
          remedy: `Wait ${waitMs} ms, or raise limits.maxOrdersPerSecond of the agent`,
        },
      );
    }
    this.#sentMs.push(nowMs);
  }

  /** On a netting account an order of a symbol that has a position opens no other. */
  #joins(symbol: string, mirror: MirrorState): boolean {
    if (mirror.account?.marginMode === "hedging") return false;
    for (const position of mirror.positions.values()) if (position.symbol === symbol) return true;
    return false;
  }
}

function pendingOrders(mirror: MirrorState): number {
  let count = 0;
  for (const { kind, position } of mirror.orders.values()) {
    if (kind !== "buy" && kind !== "sell" && position === "0") count++;
  }
  return count;
}
