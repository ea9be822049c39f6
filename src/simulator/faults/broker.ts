import type { TradeRequest, TradeRequestResult, TradeTransaction } from "../../domain/terminal.ts";
import type { Delivery, InjectedAnswer, Silence, TerminalHooks } from "../broker/hooks.ts";
import { Prng } from "../market/prng.ts";
import { type FaultHandle, type FaultOptions, FaultSet } from "./fault.ts";

/** What is done to the terminal's transactions on their way to the agent. */
export type TransactionAction =
  | { readonly kind: "drop" }
  | { readonly kind: "duplicate" }
  | { readonly kind: "delay"; readonly delayMs: number }
  /** Any order, drawn from the seed. */
  | { readonly kind: "shuffle"; readonly seed: number | string }
  /** One after the other, so far apart. */
  | { readonly kind: "split"; readonly gapMs: number };

/** What can be done between the terminal and its trade server. */
export interface BrokerFaults {
  /** Requests that the trade server has executed, wholly or in part, in order: the truth. */
  readonly executed: readonly TradeRequest[];
  /**
   * Answers in place of the trade server: with `before` the request is not executed, with `after` it is executed and
   * the answer is replaced. Any retcode, or silence.
   */
  answer(
    when: "before" | "after",
    answer: InjectedAnswer | Silence,
    options?: FaultOptions & { readonly match?: (request: TradeRequest) => boolean },
  ): FaultHandle;
  /** Drops, doubles, delays, shuffles or splits transactions. */
  transactions(
    action: TransactionAction,
    options?: FaultOptions & { readonly match?: (transaction: TradeTransaction) => boolean },
  ): FaultHandle;
  /**
   * The expert is busy while it stands and its queue of transactions overflows: what happens meanwhile is never told.
   */
  overflow(): FaultHandle;
  /** The terminal is not connected to its trade server while it stands; the trade server goes on. */
  disconnect(): FaultHandle;
}

/** The side of a simulated terminal on which faults are injected. */
export interface InjectableTerminal {
  setHooks(hooks: TerminalHooks): void;
  setBusy(busy: boolean): void;
  setConnected(connected: boolean): void;
}

/** More transactions than the queue of a terminal holds. */
const floodTransactions = 1_024;

interface AnswerRule {
  readonly when: "before" | "after";
  readonly answer: InjectedAnswer | Silence;
  readonly match: ((request: TradeRequest) => boolean) | undefined;
}

interface TransactionRule {
  readonly action: TransactionAction;
  readonly match: ((transaction: TradeTransaction) => boolean) | undefined;
  readonly random: Prng;
}

/** Injects faults between a simulated terminal and its trade server. Takes the terminal's hooks. */
export function brokerFaults(terminal: InjectableTerminal): BrokerFaults {
  const executed: TradeRequest[] = [];
  const answers = new FaultSet<AnswerRule>();
  const transactions = new FaultSet<TransactionRule>();
  const floods = new FaultSet<"flood">();
  let down = 0;

  const answer = (when: "before" | "after", request: TradeRequest): InjectedAnswer | Silence | undefined =>
    answers.strike((rule) => rule.when === when && (rule.match?.(request) ?? true))?.answer;

  terminal.setHooks({
    before: (request) => answer("before", request),
    after(request, _id, result): InjectedAnswer | Silence | undefined {
      if (wasExecuted(result)) executed.push(request);
      return answer("after", request);
    },
    deliver(batch): readonly Delivery[] {
      const deliveries = disturb(batch, transactions);
      if (floods.strike(() => true) === undefined) return deliveries;
      const dummy: Delivery = { transaction: { type: "orderUpdate" }, delayMs: 0 };
      return [...deliveries, ...Array.from({ length: floodTransactions }, () => dummy)];
    },
  });

  return {
    executed,
    answer: (when, what, { match, ...options } = {}) =>
      answers.add({ when, answer: what, match }, { times: 1, ...options }),
    transactions: (action, { match, ...options } = {}) => {
      const random = new Prng(action.kind === "shuffle" ? action.seed : 0);
      return transactions.add({ action, match, random }, options);
    },
    overflow(): FaultHandle {
      terminal.setBusy(true);
      return floods.add("flood", {}, () => {
        if (floods.size === 0) terminal.setBusy(false);
      });
    },
    disconnect(): FaultHandle {
      down++;
      terminal.setConnected(false);
      let healed = false;
      return {
        fired: 1,
        heal(): void {
          if (healed) return;
          healed = true;
          if (--down === 0) terminal.setConnected(true);
        },
      };
    },
  };
}

function wasExecuted(result: TradeRequestResult): boolean {
  return result.retcode === 10009 || result.retcode === 10010;
}

function disturb(batch: readonly TradeTransaction[], rules: FaultSet<TransactionRule>): Delivery[] {
  const deliveries: Delivery[] = [];
  let shuffle: Prng | undefined;
  let spreadMs = 0;
  for (const transaction of batch) {
    const rule = rules.strike((what) => what.match?.(transaction) ?? true);
    const action = rule?.action;
    switch (action?.kind) {
      case "drop":
        break;
      case "duplicate":
        deliveries.push({ transaction, delayMs: 0 }, { transaction, delayMs: 0 });
        break;
      case "delay":
        deliveries.push({ transaction, delayMs: action.delayMs });
        break;
      case "split":
        spreadMs += action.gapMs;
        deliveries.push({ transaction, delayMs: spreadMs });
        break;
      case "shuffle":
        shuffle = rule?.random;
        deliveries.push({ transaction, delayMs: 0 });
        break;
      case undefined:
        deliveries.push({ transaction, delayMs: 0 });
    }
  }
  return shuffle === undefined ? deliveries : shuffled(deliveries, shuffle);
}

function shuffled<T>(items: readonly T[], random: Prng): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = random.integer(0, i);
    const a = result[i] as T;
    result[i] = result[j] as T;
    result[j] = a;
  }
  return result;
}
