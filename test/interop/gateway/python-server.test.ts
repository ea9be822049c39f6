import { afterEach, expect, test } from "vitest";
import { nodeContext } from "../../../src/adapters/zmtp.ts";
import { MT5LiveConnector } from "../../../src/gateway/client.ts";
import { requirePeer } from "../../kit/peers.ts";
import { runGatewayTest, startGatewayProcess, startPythonServer } from "./gateway-process.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const portOf = (endpoint: string): string => endpoint.split(":").at(-1) ?? "";

test("MT5LiveConnector talks to a python3-zmq REP server, many requests at once", async (context) => {
  const server = await startPythonServer(requirePeer(context, "python3-zmq").command);
  cleanups.push(() => server.stop());
  await using connector = new MT5LiveConnector(
    { gatewayHost: "127.0.0.1", gatewayPort: Number(portOf(server.endpoint)) },
    { context: nodeContext },
  );
  await connector.connect();
  await Promise.all(Array.from({ length: 100 }, () => connector.ping()));
  expect(await connector.getAccount()).toMatchObject({ balance: 100_000, marginLevel: 20_100.1 });
  const opened = await connector.sendOrder({
    symbol: "EURUSD",
    type: "BUY",
    volume: 0.01,
    sl: 1.05,
    tp: 1.06,
  });
  expect(opened).toMatchObject({ status: "FILLED", ticket: 12_345_678, volume: 0.01, price: 1.0523 });
  expect(await connector.getPositions("EURUSD")).toMatchObject([
    { ticketText: "12345678", type: "BUY", openPrice: 1.0523 },
  ]);
  expect(await connector.closePosition(12_345_678)).toMatchObject({ status: "FILLED", price: 1.0528 });
  expect(await connector.sendOrder({ symbol: "NOPE", type: "SELL", volume: 0.01 })).toMatchObject({
    status: "REJECTED",
    errorCode: "SYMBOL_NOT_FOUND",
  });
});

test("gateway test passes the Python server and this gateway, with trades", async (context) => {
  const python = await startPythonServer(requirePeer(context, "python3-zmq").command);
  cleanups.push(() => python.stop());
  const own = await startGatewayProcess(["--simulate", "--host", "127.0.0.1", "--port", "0"]);
  cleanups.push(() => own.stop());
  for (const { endpoint } of [python, own]) {
    const { code, output } = await runGatewayTest(["--port", portOf(endpoint), "--trade", "EURUSD"]);
    expect(output).not.toMatch(/FAIL|WARN/);
    expect(output).toContain("pass  OPEN and CLOSE 0.01 EURUSD");
    expect(code).toBe(0);
  }
});

test("gateway test fails a server that prints an int where a float belongs, and one that is not there", async (context) => {
  const server = await startPythonServer(requirePeer(context, "python3-zmq").command, "int-latency");
  cleanups.push(() => server.stop());
  const wrong = await runGatewayTest(["--port", portOf(server.endpoint)]);
  expect(wrong).toMatchObject({ code: 1, output: expect.stringContaining("FAIL  PING") });
  await server.stop();
  const absent = await runGatewayTest(["--port", portOf(server.endpoint), "--timeout", "0.5"]);
  expect(absent).toMatchObject({ code: 1, output: expect.stringContaining("Cannot reach the gateway") });
});

test("gateway test does not trade at a server that checks no signature, and warns of it", async (context) => {
  const server = await startPythonServer(requirePeer(context, "python3-zmq").command, "no-signatures");
  cleanups.push(() => server.stop());
  const { code, output } = await runGatewayTest(["--port", portOf(server.endpoint)]);
  expect(output).toMatch(
    /WARN {2}OPEN without a signature is rejected .*not for its signature: SYMBOL_NOT_FOUND/,
  );
  expect(output).toContain("pass  GET_POSITIONS");
  expect(code).toBe(0);
});
