import type { TerminalEvents } from "../../domain/terminal.ts";
import type { LedgerPayload, Outcome } from "../../protocol/v1/messages.ts";
import type { Peer } from "../../transport/transport.ts";
import type { AgentLimits, AgentOptions } from "./agent-options.ts";
import { Commands } from "./commands.ts";
import { Depth } from "./depth.ts";
import type { Journal } from "./journal.ts";
import { Ledger } from "./ledger.ts";
import { historyOperations } from "./operations/history-operations.ts";
import { outcomeOperations } from "./operations/outcome-operations.ts";
import { sessionOperations } from "./operations/session-operations.ts";
import { stateOperations } from "./operations/state-operations.ts";
import { streamOperations } from "./operations/stream-operations.ts";
import { tradeOperations } from "./operations/trade-operations.ts";
import { Outcomes } from "./outcomes.ts";
import { Pager } from "./pager.ts";
import { Pulse } from "./pulse.ts";
import type { Readiness } from "./readiness.ts";
import type { Refusals } from "./refusals.ts";
import { Requests } from "./requests.ts";
import { Resolver } from "./resolver.ts";
import { Scheduler } from "./scheduler.ts";
import { Sessions } from "./sessions.ts";
import { Shadow } from "./shadow.ts";
import { Ticks } from "./ticks.ts";
import type { World } from "./world.ts";

/** What an agent's parts are put together from. */
export interface Parts {
  readonly options: AgentOptions;
  readonly limits: AgentLimits;
  readonly world: World;
  readonly journal: Journal;
  readonly refusals: Refusals;
  readonly readiness: Readiness;
  /** Publishes. */
  readonly transmit: (frames: readonly Uint8Array[], droppable: boolean) => void;
  /** Sends to one peer of `sync`; false if it is gone. */
  readonly reply: (peer: Peer, frames: readonly Uint8Array[]) => boolean;
}

/** The parts of a serving agent. */
export interface Running {
  readonly journal: Journal;
  readonly ledger: Ledger;
  readonly sessions: Sessions;
  readonly outcomes: Outcomes;
  readonly resolver: Resolver;
  readonly pager: Pager;
  readonly ticks: Ticks;
  readonly pulse: Pulse;
  readonly requests: Requests;
  readonly commands: Commands;
  /** Looks at the terminal's tables, publishes what is new, and settles what that makes certain. */
  readonly scan: (reach: "new" | "late") => void;
  readonly hear: TerminalEvents;
}

/** So many of the newest deals are remembered as shown when the agent starts. */
const shownAtStart = 8;

/** Puts the parts of an agent together. */
export function assemble(parts: Parts): Running {
  const { options, world, journal, limits, refusals, readiness, transmit, reply } = parts;
  const { terminal, randomBytes, name, version, brokerZone } = options;
  const { epoch } = journal;
  const now = (): number => world.now();
  const publish = (frames: readonly Uint8Array[]): void => transmit(frames, false);
  const publishDroppable = (frames: readonly Uint8Array[]): void => transmit(frames, true);
  const ledger = new Ledger({ epoch, ringEvents: limits.ledgerRingEvents, now, publish });
  const seq = (): number => ledger.seq;
  const tell = (payload: LedgerPayload): void => {
    try {
      ledger.append(payload);
    } catch (fault) {
      // One record that cannot be written must not hold up all that follow it.
      world.fault(fault, `ledger event ${payload.type}`);
    }
  };
  const tellOutcome = (client: string, outcome: Outcome): void => {
    tell({ type: "outcome", client, outcome });
  };
  const claimant = journal.claimant.bind(journal);
  const resolver = new Resolver({ terminal, now, dealsWaitMs: limits.dealsWaitMs, claimant });
  for (const { ticket } of terminal.historyDeals("0").slice(-shownAtStart)) readiness.know(ticket);
  const shadow = new Shadow({
    terminal,
    now,
    lateTicketMs: limits.lateTicketMs,
    closingDealWaitMs: limits.closingDealWaitMs,
    rememberedDeals: limits.rememberedDeals,
    publish: tell,
    onOrder: (order, finished) => resolver.observeOrder(order, finished),
    onPosition: (ticket) => resolver.observePosition(ticket),
    onDeal: (deal) => {
      readiness.know(deal.ticket);
      resolver.observeDeal(deal);
    },
  });
  const scan = (reach: "new" | "late"): void => {
    if (!readiness.ready) return;
    shadow.scan(reach);
    outcomes.afterScan();
  };
  const scanner = new Scheduler(world, "scan", limits.scanGapMs, () => scan("new"));
  const outcomes = new Outcomes({
    world,
    terminal,
    limits,
    journal,
    resolver,
    askScan: () => scanner.ask(),
    publish: tellOutcome,
  });
  journal.onDrop = (entry): void => outcomes.forget(entry);
  const drainer = new Scheduler(world, "ticks", limits.scanGapMs, () => ticks.drain());
  const ticks = new Ticks({
    terminal,
    epoch,
    now,
    ticksPerBatch: limits.ticksPerBatch,
    publish: publishDroppable,
    askDrain: () => drainer.ask(),
  });
  const bookDrainer = new Scheduler(world, "books", limits.bookIntervalMs, () => depth.drain());
  const depth = new Depth({
    terminal,
    epoch,
    now,
    publish: publishDroppable,
    askDrain: () => bookDrainer.ask(),
  });
  const pager = new Pager({ world, randomBytes, limits });
  const sessions = new Sessions({
    world,
    randomBytes,
    limits,
    onEnd: (session) => {
      for (const symbol of session.symbols) ticks.unsubscribe(symbol);
      for (const symbol of session.books) depth.unsubscribe(symbol);
      pager.free(session);
    },
  });
  const pulse = new Pulse({ terminal, sessions, epoch, now, seq, publish: publishDroppable });
  const scanAll = (): void => scan("late");
  const requests = new Requests({
    world,
    sessions,
    refusals,
    limits,
    epoch,
    seq,
    unready: () => readiness.fault(),
    reply,
    operations: {
      ...sessionOperations({
        terminal,
        sessions,
        journal,
        ledger,
        limits,
        name,
        version,
        brokerZone,
        scan: scanAll,
      }),
      ...stateOperations({ terminal, shadow, pager, seq, scan: scanAll }),
      ...historyOperations({ terminal, pager, seq, scan: scanAll }),
      ...tradeOperations({ terminal, maxVolumeLots: limits.maxVolumeLots }),
      ...streamOperations({ terminal, ticks, depth, ledger, limits }),
      ...outcomeOperations({ world, journal, sessions, pager, seq }),
    },
  });
  const commands = new Commands({
    world,
    terminal,
    limits,
    readiness,
    sessions,
    journal,
    shadow,
    outcomes,
    refusals,
    publish: tellOutcome,
    hint: (client, outcome) => pulse.hint(client, outcome),
  });
  return {
    journal,
    ledger,
    sessions,
    outcomes,
    pager,
    ticks,
    requests,
    commands,
    pulse,
    resolver,
    scan,
    hear: {
      tick: (symbol) => world.enter("tick", () => ticks.hint(symbol)),
      book: (symbol) => world.enter("book", () => depth.hint(symbol)),
      transaction: (transaction) =>
        world.enter("transaction", () => {
          shadow.hint(transaction);
          const { type, deal } = transaction;
          if (type === "dealDelete" && deal !== undefined) readiness.forget(deal);
          if (transaction.type === "request") outcomes.transaction(transaction);
          scanner.ask();
        }),
    },
  };
}
