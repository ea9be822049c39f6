import type { AgentHooks, AgentPoint, AgentPointInfo } from "../agent/agent-options.ts";
import { type FaultHandle, type FaultOptions, FaultSet } from "./fault.ts";

/** Which passing of a point a fault is for. */
export interface PointFilter extends FaultOptions {
  /** @default all */
  readonly match?: (info: AgentPointInfo) => boolean;
}

/** What can be done to an agent at the named points of its work. */
export interface AgentFaults {
  /** The hooks to give to the agent, also to the one that is started after it. */
  readonly hooks: AgentHooks;
  /**
   * Does something when the agent passes this point: kill it, add another fault. If it returns a promise, the agent
   * stands still until that is settled.
   */
  at(
    point: AgentPoint,
    action: (info: AgentPointInfo) => void | Promise<void>,
    filter?: PointFilter,
  ): FaultHandle;
  /** Stands still at this point until healed. */
  stallAt(point: AgentPoint, filter?: PointFilter): FaultHandle;
}

interface Rule {
  readonly point: AgentPoint;
  readonly match: ((info: AgentPointInfo) => boolean) | undefined;
  readonly action: (info: AgentPointInfo) => void | Promise<void>;
}

/** Faults at the named points of an agent's work. Each strikes once unless `times` says otherwise. */
export function agentFaults(seen?: (point: AgentPoint, info: AgentPointInfo) => void): AgentFaults {
  const rules = new FaultSet<Rule>();
  return {
    hooks: {
      at(point, info): void | Promise<void> {
        seen?.(point, info);
        return rules.strike((rule) => rule.point === point && (rule.match?.(info) ?? true))?.action(info);
      },
    },
    at: (point, action, { match, ...options } = {}) =>
      rules.add({ point, match, action }, { times: 1, ...options }),
    stallAt(point, { match, ...options } = {}): FaultHandle {
      let release: (() => void) | undefined;
      const healed = new Promise<void>((resolve) => {
        release = resolve;
      });
      const rule = rules.add({ point, match, action: () => healed }, { times: 1, ...options });
      return {
        get fired(): number {
          return rule.fired;
        },
        heal(): void {
          rule.heal();
          release?.();
        },
      };
    },
  };
}
