import type { FillingMode, SymbolRecord } from "../../domain/records.ts";
import { Retcode } from "../../domain/retcodes.ts";
import type { Terminal } from "../../domain/terminal.ts";
import type { CloseIntent, FillingChoice, Intent, MarketIntent } from "../../protocol/v1/messages.ts";
import {
  buildCancel,
  buildCloseBy,
  buildModifyOrder,
  buildModifyPosition,
  planCancel,
  planCloseBy,
  planModifyOrder,
  planModifyPosition,
} from "./change-intents.ts";
import {
  type BuiltRequest,
  bad,
  type CommandName,
  normalPrice,
  normalVolume,
  opposite,
  overLimit,
  type Plan,
  pricesFault,
  refused,
  stepFault,
  tagOf,
  volumeFault,
} from "./intent-checks.ts";
import type { Evidence } from "./journal-entry.ts";
import { buildPending, planPending } from "./pending-intents.ts";

/** Checks an intent against the terminal and says by what its order will be known again. */
export function planIntent(
  terminal: Terminal,
  intent: Intent,
  name: CommandName,
  maxVolumeLots: number,
): Plan {
  switch (intent.kind) {
    case "market":
      return planMarket(terminal, intent, name, maxVolumeLots);
    case "close":
      return planClose(terminal, intent, name);
    case "pending":
      return planPending(terminal, intent, name, maxVolumeLots);
    case "modifyOrder":
      return planModifyOrder(terminal, intent);
    case "modifyPosition":
      return planModifyPosition(terminal, intent);
    case "cancel":
      return planCancel(terminal, intent);
    case "closeBy":
      return planCloseBy(terminal, intent);
  }
}

/** Makes the request of a planned intent, with the prices of this moment. */
export function buildRequest(terminal: Terminal, intent: Intent, evidence: Evidence): BuiltRequest {
  switch (intent.kind) {
    case "market":
    case "close":
      return buildDeal(terminal, intent, evidence);
    case "pending":
      return buildPending(terminal, intent, evidence);
    case "modifyOrder":
      return buildModifyOrder(terminal, evidence);
    case "modifyPosition":
      return buildModifyPosition(terminal, evidence);
    case "cancel":
      return buildCancel(terminal, intent);
    case "closeBy":
      return buildCloseBy(terminal, intent);
  }
}

/** Whether an intent only takes risk away: it is never refused for a limit. */
export function lessensRisk(intent: Intent): boolean {
  return intent.kind === "close" || intent.kind === "closeBy" || intent.kind === "cancel";
}

function buildDeal(terminal: Terminal, intent: MarketIntent | CloseIntent, evidence: Evidence): BuiltRequest {
  const position =
    intent.kind === "close" ? terminal.positions().find((p) => p.ticket === intent.position) : undefined;
  if (intent.kind === "close" && position === undefined) {
    return refused(Retcode.POSITION_CLOSED, `Position ${intent.position} is not open`);
  }
  const name = position?.symbol ?? evidence.symbol;
  const symbol = terminal.symbol(name);
  if (symbol === undefined) return refused(Retcode.INVALID, `Symbol ${name} does not exist`);
  const side = position === undefined ? evidence.side : opposite(position.side);
  // A symbol that is not shown in Market Watch has no quote.
  terminal.selectSymbol(name);
  const tick = terminal.tick(name);
  if (tick === undefined) return refused(Retcode.PRICE_OFF, `Symbol ${name} has no quote`);
  const price = side === "buy" ? tick.ask : tick.bid;
  const common = {
    action: "deal",
    symbol: name,
    kind: side,
    price,
    deviation: intent.deviation,
    filling: chooseFilling(intent.filling, symbol),
    magic: evidence.magic,
    comment: intent.comment + evidence.commentTag,
  } as const;
  if (intent.kind === "close" && position !== undefined) {
    const volume = intent.volume === 0 ? position.volume : normalVolume(intent.volume);
    return { ok: true, request: { ...common, volume, position: position.ticket } };
  }
  const stops = intent.kind === "market" ? intent : { stopLoss: 0, takeProfit: 0 };
  const request = {
    ...common,
    volume: evidence.volume,
    stopLoss: normalPrice(stops.stopLoss, symbol),
    takeProfit: normalPrice(stops.takeProfit, symbol),
  };
  return { ok: true, request };
}

/**
 * The filling mode of a market order: with request and instant execution always fill-or-kill; otherwise what the
 * symbol's flags allow, and return only on an exchange (MQL5 reference, "Trade orders in depth of market").
 */
export function chooseFilling(choice: FillingChoice, symbol: SymbolRecord): FillingMode {
  if (choice !== "auto") return choice;
  if (symbol.execution === "request" || symbol.execution === "instant") return "fok";
  if (symbol.filling.includes("fok")) return "fok";
  if (symbol.filling.includes("ioc")) return "ioc";
  return symbol.execution === "exchange" ? "return" : "fok";
}

function planMarket(
  terminal: Terminal,
  intent: MarketIntent,
  name: CommandName,
  maxVolumeLots: number,
): Plan {
  const symbol = terminal.symbol(intent.symbol);
  if (symbol === undefined) return bad(`symbol ${intent.symbol} does not exist`);
  const fault = volumeFault(intent.volume, symbol) ?? pricesFault(intent, ["stopLoss", "takeProfit"], symbol);
  if (fault !== undefined) return bad(fault);
  if (intent.volume > maxVolumeLots) return overLimit(intent.volume, maxVolumeLots);
  return {
    ok: true,
    traits: {
      symbol: symbol.name,
      side: intent.side,
      volume: normalVolume(intent.volume),
      position: "0",
      ...tagOf(intent, intent.magic, name),
    },
  };
}

function planClose(terminal: Terminal, intent: CloseIntent, name: CommandName): Plan {
  const position = terminal.positions().find((p) => p.ticket === intent.position);
  const symbol = position === undefined ? undefined : terminal.symbol(position.symbol);
  if (position !== undefined && symbol !== undefined && intent.volume > 0) {
    const fault = stepFault(intent.volume, symbol);
    if (fault !== undefined) return bad(fault);
  }
  // A position that is gone by now is the terminal's to refuse, with the return code that says so.
  return {
    ok: true,
    traits: {
      symbol: position?.symbol ?? "",
      side: position === undefined ? "buy" : opposite(position.side),
      volume: intent.volume === 0 ? (position?.volume ?? 0) : normalVolume(intent.volume),
      position: position?.identifier ?? intent.position,
      ...tagOf(intent, "0", name),
      ...(intent.tag === "magic" ? {} : { magic: position?.magic ?? "0" }),
    },
  };
}
