import { expect, test } from "vitest";
import { type ConnectorWorld, connectedWorld, connectorWorld } from "../../kit/connector-world.ts";

interface Heard {
  readonly positions: string[];
  readonly fills: string[];
  readonly recovered: boolean[];
}

function listen(world: ConnectorWorld): Heard {
  const heard: Heard = { positions: [], fills: [], recovered: [] };
  world.agent.on("positionUpdate", (update) => {
    heard.positions.push(`${update.change} ${update.ticketText}`);
    heard.recovered.push(update.recovered);
  });
  world.agent.on("orderFilled", (fill) => heard.fills.push(`${fill.side} ${fill.volume} at ${fill.price}`));
  return heard;
}

function tickets(world: ConnectorWorld): string[] {
  return world.agent.mirror.positions.map((position) => position.ticketText);
}

test("a lost ledger event is filled from the ledger before what follows is applied", async () => {
  const world = await connectedWorld();
  const heard = listen(world);
  let lose = true;
  world.fake.loseToConnector = (_, topic): boolean => topic === "ledger" && lose;
  const first = world.fake.openPosition();
  lose = false;
  const second = world.fake.openPosition("EURUSD", "sell");
  await world.clock.advance(50);
  expect(heard.positions).toEqual([`opened ${first.ticket}`, `opened ${second.ticket}`]);
  expect(heard.fills).toEqual(["buy 0.1 at 1.1001", "sell 0.1 at 1.1"]);
  expect(heard.recovered).toEqual([false, false]);
});

test("a lost tail of the ledger is found by the next pulse", async () => {
  const world = await connectedWorld();
  const heard = listen(world);
  world.fake.loseToConnector = (_, topic): boolean => topic === "ledger";
  const position = world.fake.openPosition();
  world.fake.loseToConnector = (): boolean => false;
  expect(heard.positions).toEqual([]);
  await world.clock.advance(1_100);
  expect(heard.positions).toEqual([`opened ${position.ticket}`]);
});

test("events that come twice are applied once", async () => {
  const world = await connectedWorld();
  const heard = listen(world);
  const position = world.fake.openPosition();
  await world.clock.advance(5);
  world.fake.cut("events");
  await world.clock.advance(2_000);
  expect(world.agent.connectionStatus.state).toBe("connected");
  expect(heard.positions).toEqual([`opened ${position.ticket}`]);
});

test("the barrier is asked again when it is lost, and connect waits for it", async () => {
  const world = connectorWorld();
  let lost = 0;
  world.fake.loseToConnector = (_, topic, body): boolean =>
    topic === "ledger" && body["type"] === "barrier" && lost++ === 0;
  const connected = world.mt5.connect();
  await world.clock.advance(40);
  expect(world.agent.connectionStatus.state).toBe("connecting");
  await world.settle(connected);
  expect(lost).toBeGreaterThan(1);
  const tokens = world.fake.requests
    .filter((request) => request.op === "barrier")
    .map((request) => request.args);
  expect(new Set(tokens.map((args) => JSON.stringify(args))).size).toBe(tokens.length);
});

test("what happened while events were down is heard after the reconnect", async () => {
  const world = await connectedWorld();
  const heard = listen(world);
  world.fake.cut("events");
  const position = world.fake.openPosition();
  await world.clock.advance(3_000);
  expect(heard.positions).toEqual([`opened ${position.ticket}`]);
  expect(heard.recovered).toEqual([false]);
  expect(tickets(world)).toEqual([position.ticket]);
});

test("past the ring, a snapshot tells the differences as recovered: also what was opened and closed meanwhile", async () => {
  const world = await connectedWorld();
  const kept = world.fake.openPosition();
  const gone = world.fake.openPosition();
  await world.clock.advance(10);
  const heard = listen(world);
  world.fake.cut("events");
  world.fake.closePosition(gone.ticket);
  const passing = world.fake.openPosition("EURUSD", "sell", 0.3);
  world.fake.closePosition(passing.ticket);
  const fresh = world.fake.openPosition("EURUSD", "sell", 0.2);
  world.fake.forgetLedger();
  await world.clock.advance(3_000);
  expect(heard.positions).toEqual([
    `opened ${passing.ticket}`,
    `closed ${passing.ticket}`,
    `closed ${gone.ticket}`,
    `opened ${fresh.ticket}`,
  ]);
  expect(heard.recovered).toEqual([true, true, true, true]);
  expect(heard.fills).toHaveLength(4);
  expect(tickets(world)).toEqual([kept.ticket, fresh.ticket]);
  expect(world.agent.connectionStatus.state).toBe("connected");
});

test("a new epoch is resynchronised by a snapshot, and tells nothing that was known", async () => {
  const world = await connectedWorld();
  const kept = world.fake.openPosition();
  await world.clock.advance(10);
  const heard = listen(world);
  world.fake.restart();
  const fresh = world.fake.openPosition("EURUSD", "sell");
  await world.clock.advance(5_000);
  expect(world.agent.connectionStatus.state).toBe("connected");
  expect(heard.positions).toEqual([`opened ${fresh.ticket}`]);
  expect(heard.fills).toEqual(["sell 0.1 at 1.1"]);
  expect(tickets(world)).toEqual([kept.ticket, fresh.ticket]);
});

test("what was done before the first connect is no news after a loss", async () => {
  const world = connectorWorld();
  const before = world.fake.openPosition();
  world.fake.closePosition(before.ticket);
  await world.settle(world.mt5.connect());
  const heard = listen(world);
  world.fake.cut();
  world.fake.forgetLedger();
  await world.clock.advance(5_000);
  expect(world.agent.connectionStatus.state).toBe("connected");
  expect(heard).toEqual({ positions: [], fills: [], recovered: [] });
});

test("an active order that was cancelled in a gap past the ring is told as cancelled", async () => {
  const world = await connectedWorld();
  const placed = world.fake.openPosition();
  const template = world.fake.historyOrders[0];
  if (template === undefined) throw new Error("no order");
  const order = {
    ...template,
    ticket: "90",
    kind: "buyLimit" as const,
    state: "placed" as const,
    price: 1,
    doneBrokerMs: 0,
  };
  world.fake.orders.set(order.ticket, order);
  world.fake.publish({ type: "order", change: "placed", order });
  await world.clock.advance(10);
  const events: string[] = [];
  world.agent.on("trade", (event) => events.push(`${event.type} ${event.ticketText} ${event.recovered}`));
  world.fake.cut("events");
  world.fake.orders.delete(order.ticket);
  world.fake.historyOrders.push({ ...order, state: "cancelled", doneBrokerMs: world.fake.brokerMs });
  world.fake.seq += 1;
  world.fake.forgetLedger();
  await world.clock.advance(3_000);
  expect(events).toEqual(["orderCancelled 90 true"]);
  expect(world.agent.mirror.orders).toEqual([]);
  expect(tickets(world)).toEqual([placed.ticket]);
});

test("a query's answer waits until the events that it knows of are applied", async () => {
  const world = await connectedWorld();
  const heard = listen(world);
  world.fake.loseToConnector = (_, topic): boolean => topic === "ledger";
  const position = world.fake.openPosition();
  const positions = await world.settle(world.agent.positions.getAll());
  expect(positions.map((one) => one.ticketText)).toEqual([position.ticket]);
  expect(heard.positions).toEqual([`opened ${position.ticket}`]);
});

test("a message that cannot be read is told as a ProtocolError, and its hole is filled", async () => {
  const world = await connectedWorld();
  const heard = listen(world);
  const position = { ...world.fake.openPosition("EURUSD", "buy", 0.1, false), volume: "much" };
  world.fake.positions.clear();
  world.fake.publish({ type: "position", change: "opened", position } as never);
  await world.clock.advance(5);
  expect(world.errors.map((error) => error.name)).toContain("ProtocolError");
  world.fake.ledger.pop();
  world.fake.ledger.push({
    v: 1,
    epoch: world.fake.epoch,
    seq: world.fake.seq,
    agentMs: 1,
    type: "position",
    change: "opened",
    position: { ...position, volume: 0.1 },
  } as never);
  await world.clock.advance(2_000);
  expect(heard.positions).toEqual([`opened ${position.ticket}`]);
});
