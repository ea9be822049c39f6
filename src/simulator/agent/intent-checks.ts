import { fromVolumeUnits, roundTo, toVolumeUnits } from "../../domain/decimal.ts";
import type { PositionSide, SymbolRecord } from "../../domain/records.ts";
import type { TradeRequest } from "../../domain/terminal.ts";
import type { TagMode } from "../../protocol/v1/messages.ts";
import { commandMagic, commandTag } from "../../protocol/v1/signing.ts";
import type { Traits } from "./journal-entry.ts";

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

/** By what tag an order is known again. */
export function tagOf(
  intent: { readonly tag: TagMode; readonly comment: string },
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

/** What is wrong with the volume of a new order, if anything. */
export function volumeFault(lots: number, symbol: SymbolRecord): string | undefined {
  if (lots < symbol.volumeMin || lots > symbol.volumeMax) {
    return `volume ${lots} is not between ${symbol.volumeMin} and ${symbol.volumeMax} lots`;
  }
  return stepFault(lots, symbol);
}

/** Whether a volume is off the symbol's step. */
export function stepFault(lots: number, symbol: SymbolRecord): string | undefined {
  const step = toVolumeUnits(symbol.volumeStep);
  if (step === 0 || toVolumeUnits(lots) % step === 0) return undefined;
  return `volume ${lots} is no multiple of ${symbol.volumeStep} lots`;
}

/** Whether one of the prices is off the symbol's grid; those that are missing are not looked at. */
export function pricesFault<Name extends string>(
  intent: { readonly [Key in Name]?: number },
  names: readonly Name[],
  symbol: SymbolRecord,
): string | undefined {
  const size = symbol.tickSize > 0 ? symbol.tickSize : symbol.point;
  for (const name of names) {
    const price = intent[name] ?? 0;
    const ticks = price / size;
    if (size === 0 || Math.abs(ticks - Math.round(ticks)) <= tickSlack) continue;
    return `${name} ${price} is no multiple of the tick size ${size}`;
  }
  return undefined;
}

/** A volume without what binary fractions made of it. */
export function normalVolume(lots: number): number {
  return fromVolumeUnits(toVolumeUnits(lots));
}

/** A price on the symbol's grid. */
export function normalPrice(price: number, symbol: SymbolRecord): number {
  const size = symbol.tickSize > 0 ? symbol.tickSize : symbol.point;
  return size === 0 ? price : roundTo(Math.round(price / size) * size, symbol.digits);
}

/** The other side. */
export function opposite(side: PositionSide): PositionSide {
  return side === "buy" ? "sell" : "buy";
}

/** More than the agent is allowed to trade at once. */
export function overLimit(lots: number, maxLots: number): Plan {
  return { ok: false, code: "LIMIT", reason: `Cannot trade ${lots} lots: the limit is ${maxLots}` };
}

/** A plan that is none. */
export function bad(reason: string): Plan {
  return { ok: false, code: "BAD_REQUEST", reason: `Cannot trade: ${reason}` };
}

/** A request that is not sent. */
export function refused(retcode: number, comment: string): BuiltRequest {
  return { ok: false, retcode, comment };
}
