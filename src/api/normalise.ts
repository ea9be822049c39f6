import { InvalidRequestError } from "../connector/errors.ts";
import type { BrokerTimeZone } from "../domain/broker-time.ts";
import type { SymbolRecord } from "../domain/records.ts";
import type { Ticket } from "./types.ts";

/** How far a volume may be off its step, in steps: the noise of sums like 0.1 + 0.2, and nothing that anyone means. */
const stepNoise = 1e-6;
const dayMs = 86_400_000;
/** DEAL_MAGIC is a `long`. */
const maxMagic = 2n ** 63n - 1n;

/** The volume on the symbol's step. Throws if it is not a multiple of it, or not between minimum and maximum. */
export function normaliseVolume(symbol: SymbolRecord, volume: number, action: string): number {
  const { volumeMin, volumeMax, volumeStep, name } = symbol;
  if (typeof volume !== "number" || !Number.isFinite(volume) || volume <= 0) {
    throw invalid(
      action,
      `volume ${given(volume)} is not a number of lots above 0`,
      `Use ${volumeMin} to ${volumeMax} lots`,
    );
  }
  // The terminal tells 0 of what it does not know of a symbol; a grid of 0 would make every volume no number.
  if (!(volumeStep > 0)) throw incomplete(name, "volume step", action);
  const range = `${name} takes ${volumeMin} to ${volumeMax} lots in steps of ${volumeStep}`;
  const steps = Math.round(volume / volumeStep);
  if (Math.abs(volume / volumeStep - steps) > stepNoise) {
    const lower = Math.floor(volume / volumeStep);
    const below = onGrid(lower, volumeStep);
    const advice =
      below >= volumeMin ? `Use ${below} or ${onGrid(lower + 1, volumeStep)}` : `Use ${volumeMin} or more`;
    throw invalid(action, `volume ${volume} is no multiple of step ${volumeStep}`, `${advice}: ${range}`);
  }
  const normal = onGrid(steps, volumeStep);
  // A volume of 0 would close all of a position.
  if (normal < volumeMin || normal === 0)
    throw invalid(action, `volume ${volume} is below the minimum ${volumeMin}`, range);
  if (normal > volumeMax) throw invalid(action, `volume ${volume} is above the maximum ${volumeMax}`, range);
  return normal;
}

/** The price on the symbol's tick size, 0 for none. */
export function normalisePrice(
  symbol: SymbolRecord,
  price: number | undefined,
  what: string,
  action: string,
): number {
  if (price === undefined || price === 0) return 0;
  if (typeof price !== "number" || !Number.isFinite(price) || price < 0) {
    throw invalid(
      action,
      `${what} ${given(price)} is not a price`,
      `Give ${what} as a price above 0, or leave it out`,
    );
  }
  const size = symbol.tickSize > 0 ? symbol.tickSize : symbol.point;
  if (!(size > 0)) throw incomplete(symbol.name, "tick size", action);
  const normal = onGrid(Math.round(price / size), size);
  if (normal === 0) {
    throw invalid(
      action,
      `${what} ${price} is below one tick of ${size}`,
      `Give ${what} as a price, not a distance`,
    );
  }
  return normal;
}

/** Throws unless the stops lie on the two sides of the market that they must. */
export function checkStops(side: "buy" | "sell", stopLoss: number, takeProfit: number, action: string): void {
  const low = side === "buy" ? stopLoss : takeProfit;
  const high = side === "buy" ? takeProfit : stopLoss;
  const names =
    side === "buy" ? (["stopLoss", "takeProfit"] as const) : (["takeProfit", "stopLoss"] as const);
  if (low !== 0 && high !== 0 && low >= high) {
    throw invalid(
      action,
      `${names[0]} ${low} is not below ${names[1]} ${high}`,
      `For a ${side}, ${names[0]} lies below the price and ${names[1]} above it`,
    );
  }
}

/** The price on the symbol's tick size; it must be given. */
export function requiredPrice(
  symbol: SymbolRecord,
  price: number | undefined,
  what: string,
  action: string,
): number {
  const normal = normalisePrice(symbol, price, what, action);
  if (normal > 0) return normal;
  throw invalid(action, `${what} is not given`, `Give ${what} as a price above 0`);
}

/** Throws unless the stops lie on their sides of the price at which an order is executed. */
export function checkStopsAround(
  side: "buy" | "sell",
  price: number,
  stopLoss: number,
  takeProfit: number,
  action: string,
): void {
  checkStops(side, stopLoss, takeProfit, action);
  const low = side === "buy" ? stopLoss : takeProfit;
  const high = side === "buy" ? takeProfit : stopLoss;
  const [lowName, highName] = side === "buy" ? ["stopLoss", "takeProfit"] : ["takeProfit", "stopLoss"];
  if (low !== 0 && low >= price) {
    throw invalid(
      action,
      `${lowName} ${low} is not below its price ${price}`,
      `For a ${side}, ${lowName} lies below the price`,
    );
  }
  if (high !== 0 && high <= price) {
    throw invalid(
      action,
      `${highName} ${high} is not above its price ${price}`,
      `For a ${side}, ${highName} lies above the price`,
    );
  }
}

/** A ticket as text, exact. */
export function ticketText(ticket: Ticket | undefined, action: string): string {
  if (typeof ticket === "string" && /^[1-9]\d{0,19}$/.test(ticket)) return ticket;
  if (typeof ticket === "number" && Number.isSafeInteger(ticket) && ticket > 0) return String(ticket);
  throw invalid(
    action,
    `${String(ticket)} is no ticket`,
    "Give the ticket of a position or order, as a whole number, or its exact `ticketText`",
  );
}

/** A span of time in UTC as broker time, both ends included. Without an end it reaches to the present. */
export function brokerRange(
  core: { readonly zone: BrokerTimeZone; readonly utcMs: number },
  from: Date,
  to: Date | undefined,
  action: string,
): { readonly fromBrokerMs: number; readonly toBrokerMs: number } {
  const stamp = (date: Date, name: string): number => {
    const utcMs = date instanceof Date ? date.getTime() : Number.NaN;
    if (Number.isNaN(utcMs)) throw invalid(action, `${name} is no date`, "Give a Date");
    return Math.max(0, Math.floor(core.zone.toBroker(utcMs)));
  };
  const fromBrokerMs = stamp(from, "from");
  // A day ahead: what is there now is wanted, also if the clock is behind.
  const toBrokerMs = to === undefined ? Math.floor(core.zone.toBroker(core.utcMs)) + dayMs : stamp(to, "to");
  if (toBrokerMs < fromBrokerMs)
    throw invalid(action, "to is before from", "Give the earlier moment as from");
  return { fromBrokerMs, toBrokerMs };
}

/** A magic number as text. */
export function magicText(magic: number | string | undefined, action: string): string {
  if (magic === undefined) return "0";
  if (typeof magic === "number" && Number.isSafeInteger(magic) && magic >= 0) return String(magic);
  if (typeof magic === "string" && /^\d{1,19}$/.test(magic) && BigInt(magic) <= maxMagic) {
    return BigInt(magic).toString();
  }
  throw invalid(
    action,
    `magic ${String(magic)} is not a whole number from 0`,
    "Give a whole number up to 2^53, or a larger one, up to 2^63 - 1, as text",
  );
}

/** A comment that MetaTrader keeps whole. */
export function checkedComment(comment: string | undefined, action: string): string {
  if (comment === undefined) return "";
  if (typeof comment !== "string" || comment.length > 31) {
    throw invalid(
      action,
      "the comment is longer than 31 characters",
      "MetaTrader keeps 31 characters: shorten it",
    );
  }
  return comment;
}

/** Points of allowed deviation. */
export function checkedDeviation(deviation: number | undefined, standard: number, action: string): number {
  if (deviation === undefined) return standard;
  if (!Number.isSafeInteger(deviation) || deviation < 0) {
    throw invalid(
      action,
      `deviation ${given(deviation)} is not a whole number of points`,
      "Give points, from 0",
    );
  }
  return deviation;
}

/** What was given, so that text which looks like a number is seen to be text. */
function given(value: unknown): string {
  if (typeof value === "string") return `"${value}" (text)`;
  return typeof value === "object" && value !== null ? "(an object)" : String(value);
}

/** An error of an argument, before anything was sent. */
export function invalid(action: string, state: string, remedy: string): InvalidRequestError {
  return new InvalidRequestError(`Cannot ${action}: ${state}`, { code: "INVALID_REQUEST", remedy });
}

function incomplete(symbol: string, what: string, action: string): InvalidRequestError {
  return invalid(
    action,
    `the terminal does not know the ${what} of ${symbol} yet`,
    `Show ${symbol} in Market Watch, then read it with marketData.getSymbolInfo("${symbol}")`,
  );
}

/** `steps` steps of `size`, as the decimal that it reads as. */
function onGrid(steps: number, size: number): number {
  const decimals = decimalsOf(size);
  return Number((steps * size).toFixed(decimals));
}

function decimalsOf(size: number): number {
  for (let decimals = 0; decimals < 12; decimals++) {
    const scaled = size * 10 ** decimals;
    const whole = Math.round(scaled);
    // A tick of eight decimals is nearly 0 at first, and not yet a whole number.
    if (whole > 0 && Math.abs(scaled - whole) < 1e-6) return decimals;
  }
  return 12;
}
