import { fromVolumeUnits, roundTo, toVolumeUnits } from "../../domain/decimal.ts";
import type { FillingMode, PositionSide, SymbolRecord } from "../../domain/records.ts";
import { Retcode } from "../../domain/retcodes.ts";
import type { Terminal, TradeRequest } from "../../domain/terminal.ts";
import type { CloseIntent, FillingChoice, MarketIntent } from "../../protocol/v1/messages.ts";
import type { ServedIntent } from "../../protocol/v1/request-schemas.ts";
import { commandMagic, commandTag } from "../../protocol/v1/signing.ts";
import type { Evidence, Traits } from "./journal-entry.ts";

/** Characters of a comment in MqlTradeRequest. */
const maxCommentLength = 31;
/** How far a price may be from a whole number of ticks, in ticks: what binary fractions make of decimals. */
const tickSlack = 1e-3;

/** Whose command it is. */
export interface CommandName {
  readonly clientPublicKey: Uint8Array;
  readonly id: string;
}

/** A command that may be written to the journal, or why not. */
export type Plan =
  | { readonly ok: true; readonly traits: Traits }
  | { readonly ok: false; readonly code: "BAD_REQUEST" | "LIMIT"; readonly reason: string };

/** A request for the trade server, or the return code with which the terminal itself refuses. */
export type BuiltRequest =
  | { readonly ok: true; readonly request: TradeRequest }
  | { readonly ok: false; readonly retcode: number; readonly comment: string };

/** Checks an intent against the terminal and says by what its order will be known again. */
export function planIntent(
  terminal: Terminal,
  intent: ServedIntent,
  name: CommandName,
  maxVolumeLots: number,
): Plan {
  return intent.kind === "market"
    ? planMarket(terminal, intent, name, maxVolumeLots)
    : planClose(terminal, intent, name);
}

/** Makes the request of a planned intent, with the prices of this moment. */
export function buildRequest(terminal: Terminal, intent: ServedIntent, evidence: Evidence): BuiltRequest {
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
  const volume = volumeFault(intent.volume, symbol);
  if (volume !== undefined) return bad(volume);
  for (const stop of ["stopLoss", "takeProfit"] as const) {
    const fault = priceFault(stop, intent[stop], symbol);
    if (fault !== undefined) return bad(fault);
  }
  if (intent.volume > maxVolumeLots) {
    return {
      ok: false,
      code: "LIMIT",
      reason: `Cannot trade ${intent.volume} lots: the limit is ${maxVolumeLots}`,
    };
  }
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

function tagOf(
  intent: Pick<ServedIntent, "tag" | "comment">,
  magic: string,
  name: CommandName,
): Pick<Traits, "commentTag" | "magicTag" | "magic"> {
  if (intent.tag === "comment") {
    const tag = commandTag(name.clientPublicKey, name.id);
    const fits = intent.comment.length + tag.length <= maxCommentLength;
    return { commentTag: fits ? tag : "", magicTag: false, magic };
  }
  if (intent.tag === "magic" && magic === "0") {
    return { commentTag: "", magicTag: true, magic: commandMagic(name.clientPublicKey, name.id) };
  }
  return { commentTag: "", magicTag: false, magic };
}

function volumeFault(lots: number, symbol: SymbolRecord): string | undefined {
  if (lots < symbol.volumeMin || lots > symbol.volumeMax) {
    return `volume ${lots} is not between ${symbol.volumeMin} and ${symbol.volumeMax} lots`;
  }
  return stepFault(lots, symbol);
}

function stepFault(lots: number, symbol: SymbolRecord): string | undefined {
  const step = toVolumeUnits(symbol.volumeStep);
  if (step === 0 || toVolumeUnits(lots) % step === 0) return undefined;
  return `volume ${lots} is no multiple of ${symbol.volumeStep} lots`;
}

function priceFault(what: string, price: number, symbol: SymbolRecord): string | undefined {
  const size = symbol.tickSize > 0 ? symbol.tickSize : symbol.point;
  const ticks = price / size;
  if (size === 0 || Math.abs(ticks - Math.round(ticks)) <= tickSlack) return undefined;
  return `${what} ${price} is no multiple of the tick size ${size}`;
}

function normalVolume(lots: number): number {
  return fromVolumeUnits(toVolumeUnits(lots));
}

function normalPrice(price: number, symbol: SymbolRecord): number {
  const size = symbol.tickSize > 0 ? symbol.tickSize : symbol.point;
  return size === 0 ? price : roundTo(Math.round(price / size) * size, symbol.digits);
}

function opposite(side: PositionSide): PositionSide {
  return side === "buy" ? "sell" : "buy";
}

function bad(reason: string): Plan {
  return { ok: false, code: "BAD_REQUEST", reason: `Cannot trade: ${reason}` };
}

function refused(retcode: number, comment: string): BuiltRequest {
  return { ok: false, retcode, comment };
}
