import type { DealRecord } from "../../../src/domain/records.ts";
import type { Terminal, TerminalEvents, TradeRequest } from "../../../src/domain/terminal.ts";
import { alwaysOpen, SimulatedTerminal, symbolSpec } from "../../../src/simulator/broker/mod.ts";
import type { Clock } from "../../../src/transport/clock.ts";
import type { BrokerView } from "./world.ts";

/** A broker whose executions are counted outside of the agent, and that a case can tell what to do. */
export interface WatchedBroker {
  readonly simulated: SimulatedTerminal;
  /** What the agent sees of it. */
  readonly terminal: Terminal;
  readonly view: BrokerView;
}

/** A broker with 10,000 US dollars on a hedging account, and a quote of each symbol but XAUUSD. */
export function watchedBroker(clock: Clock): WatchedBroker {
  let liquidityLots = Number.POSITIVE_INFINITY;
  const simulated = new SimulatedTerminal({
    clock,
    symbols: ["EURUSD", "GBPUSD", "XAUUSD"].map((name) =>
      symbolSpec(name, { tradeSessions: alwaysOpen, quoteSessions: alwaysOpen }),
    ),
    account: { balance: 10_000 },
    latencyMs: 20,
    execution: { liquidityLots: () => liquidityLots },
  });
  const executed: TradeRequest[] = [];
  let next: { when: "before" | "after"; answer: { readonly retcode: number } | "silence" } | undefined;
  const take = (when: "before" | "after"): { readonly retcode: number } | "silence" | undefined => {
    if (next?.when !== when) return undefined;
    const { answer } = next;
    next = undefined;
    return answer;
  };
  simulated.setHooks({
    before: () => take("before"),
    after(request, _id, result) {
      if (result.retcode === 10009 || result.retcode === 10010) executed.push(request);
      return take("after");
    },
  });
  simulated.quote("EURUSD", 1.1, 1.1002);
  simulated.quote("GBPUSD", 1.25, 1.2503);

  const corrections = new Map<string, Partial<DealRecord> | undefined>();
  let events: TerminalEvents | undefined;
  const terminal: Terminal = {
    info: () => simulated.info(),
    account: () => simulated.account(),
    positions: () => simulated.positions(),
    orders: () => simulated.orders(),
    historyOrders: (after) => simulated.historyOrders(after),
    historyDeals: (after) =>
      simulated.historyDeals(after).flatMap((deal) => {
        if (!corrections.has(deal.ticket)) return deal;
        const correction = corrections.get(deal.ticket);
        return correction === undefined ? [] : { ...deal, ...correction };
      }),
    symbols: () => simulated.symbols(),
    symbol: (name) => simulated.symbol(name),
    selectSymbol: (name) => simulated.selectSymbol(name),
    tick: (symbol) => simulated.tick(symbol),
    copyTicks: (...args) => simulated.copyTicks(...args),
    addBook: (symbol) => simulated.addBook(symbol),
    releaseBook: (symbol) => simulated.releaseBook(symbol),
    marketBook: (symbol) => simulated.marketBook(symbol),
    brokerMs: () => simulated.brokerMs(),
    utcMs: () => simulated.utcMs(),
    orderSendAsync: (request) => simulated.orderSendAsync(request),
    orderCheck: (request) => simulated.orderCheck(request),
    calcMargin: (...args) => simulated.calcMargin(...args),
    calcProfit: (...args) => simulated.calcProfit(...args),
    copyRates: (...args) => simulated.copyRates(...args),
    copyTicksRange: (...args) => simulated.copyTicksRange(...args),
    calendar: (...args) => simulated.calendar(...args),
    listen(heard): void {
      events = heard;
      simulated.listen(heard);
    },
  };
  const view: BrokerView = {
    executed,
    positions: () => simulated.positions().map((position) => position.ticket),
    balance: () => simulated.account().balance,
    quote: (symbol, bid, ask) => simulated.quote(symbol, bid, ask),
    answerNext(when, answer): void {
      next = { when, answer };
    },
    setConnected: (connected) => simulated.setConnected(connected),
    setLiquidity(lots): void {
      liquidityLots = lots;
    },
    deposit: (amount) => void simulated.server.cash(amount),
    correctDeal(ticket, correction): void {
      corrections.set(ticket, correction);
      events?.transaction({ type: correction === undefined ? "dealDelete" : "dealUpdate", deal: ticket });
    },
  };
  return { simulated, terminal, view };
}
