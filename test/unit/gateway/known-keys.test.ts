import { expect, test } from "vitest";
import { InvalidRequestError } from "../../../src/connector/errors.ts";
import { MT5LiveConnector } from "../../../src/gateway/client.ts";
import type { LiveClose, LiveOrder, MT5LiveConnectorOptions } from "../../../src/gateway/client-options.ts";
import { testWorld } from "./kit.ts";

const { context } = testWorld();

/** As from JavaScript, or by way of a variable, where the compiler looks for no unknown keys. */
function connector(options: object = {}): MT5LiveConnector {
  const all = { gatewayHost: "127.0.0.1", ...options } as MT5LiveConnectorOptions;
  return new MT5LiveConnector(all, { context });
}

test.each([
  ["stopLoss", "sl"],
  ["takeprofit", "tp"],
  ["comnent", "comment"],
])(
  "an order with the unknown key %s is refused before anything is sent, and %s named",
  async (key, meant) => {
    const order = { symbol: "EURUSD", type: "BUY", volume: 0.1, [key]: 1.05 } as LiveOrder;
    const refused = connector().sendOrder(order);
    await expect(refused).rejects.toBeInstanceOf(InvalidRequestError);
    await expect(refused).rejects.toMatchObject({
      message: `Cannot send the order: unknown key "${key}"`,
      remedy: `Did you mean ${meant}?`,
    });
  },
);

test("a close for lots instead of volume is refused: it would close all", async () => {
  const refused = connector().closePosition(1, { lots: 0.1 } as LiveClose);
  await expect(refused).rejects.toMatchObject({ remedy: "Did you mean volume?" });
});

test("an order that is no object is refused with the keys that there are", async () => {
  const refused = connector().sendOrder(undefined as unknown as LiveOrder);
  await expect(refused).rejects.toMatchObject({
    remedy: expect.stringContaining("Known here: symbol, type"),
  });
});

test.each([
  [{ initialBalence: 100_000 }, "initialBalance"],
  [{ risk: { maxOrderLot: 1 } }, "maxOrderLots"],
  [{ circuitBreaker: { failureTreshold: 3 } }, "failureThreshold"],
  [{ curve: { serverkey: "x", clientKey: "y" } }, "serverKey"],
])("the options %j are refused: a misspelt limit is none", (options, meant) => {
  expect(() => connector(options)).toThrow(
    expect.objectContaining({ name: "InvalidRequestError", remedy: `Did you mean ${meant}?` }),
  );
});

test.each([[{ gatewayHost: "" }], [{ gatewayHost: undefined }]])(
  "no gateway's host (%j) is told as such",
  (options) => {
    expect(() => connector(options)).toThrow(/gatewayHost is not given/);
  },
);
