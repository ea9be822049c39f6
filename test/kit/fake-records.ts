import { x25519 } from "@noble/curves/ed25519.js";
import type { AccountRecord, SymbolRecord, TerminalRecord } from "../../src/domain/records.ts";

/** Keys of the tests; nothing else uses them. */
export const testKeys: {
  readonly serverSecret: Uint8Array;
  readonly serverPublic: Uint8Array;
  readonly clientSecret: Uint8Array;
  readonly clientPublic: Uint8Array;
} = makeKeys();

function makeKeys(): typeof testKeys {
  const serverSecret = new Uint8Array(32).fill(7);
  const clientSecret = new Uint8Array(32).fill(9);
  return {
    serverSecret,
    clientSecret,
    serverPublic: x25519.getPublicKey(serverSecret),
    clientPublic: x25519.getPublicKey(clientSecret),
  };
}

/** A symbol specification like a retail broker's EURUSD. */
export function symbolRecord(name: string, change: Partial<SymbolRecord> = {}): SymbolRecord {
  return {
    name,
    description: name,
    path: `Forex\\${name}`,
    currencyBase: "EUR",
    currencyProfit: "USD",
    currencyMargin: "EUR",
    digits: 5,
    point: 0.00001,
    tickSize: 0.00001,
    tickValue: 1,
    contractSize: 100_000,
    volumeMin: 0.01,
    volumeMax: 50,
    volumeStep: 0.01,
    volumeLimit: 0,
    spread: 10,
    stopsLevel: 0,
    freezeLevel: 0,
    tradeMode: "full",
    execution: "market",
    filling: ["fok", "ioc"],
    timeInForce: ["gtc"],
    calcMode: "forex",
    marginInitial: 0,
    marginPerLot: 1000,
    swapLong: 0,
    swapShort: 0,
    selected: true,
    quoteSessions: [],
    tradeSessions: [],
    ...change,
  };
}

/** A terminal that may trade. */
export const fakeTerminal: TerminalRecord = {
  build: 4_000,
  name: "Fake",
  company: "Fake",
  connected: true,
  terminalTradeAllowed: true,
  expertTradeAllowed: true,
  accountTradeAllowed: true,
  accountExpertAllowed: true,
  dllsAllowed: true,
};

/** A hedging account in USD. */
export const fakeAccount: AccountRecord = {
  login: "1001",
  name: "Test",
  server: "Fake-Demo",
  company: "Fake",
  currency: "USD",
  currencyDigits: 2,
  leverage: 100,
  marginMode: "hedging",
  tradeMode: "demo",
  balance: 10_000,
  credit: 0,
  profit: 0,
  equity: 10_000,
  margin: 0,
  freeMargin: 10_000,
  marginLevel: 0,
  stopOutMode: "percent",
  marginCall: 50,
  stopOut: 30,
  tradeAllowed: true,
  expertAllowed: true,
};
