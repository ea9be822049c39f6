import { describe, expect, it } from "vitest";
import { type ZeromqTransportOptions, zeromqTransport } from "../../../src/adapters/zeromq-transport.ts";
import type { ChannelFault, ListenerEvents, ListenOptions } from "../../../src/transport/transport.ts";

const connectOptions = {
  host: "127.0.0.1",
  port: 1,
  serverPublicKey: new Uint8Array(32).fill(9),
  clientSecretKey: new Uint8Array(32).fill(7),
};
const ignore = (): void => undefined;

describe("zeromqTransport", () => {
  it.each([
    { runtime: "bun", versions: { node: "24.3.0", bun: "1.4.5" }, why: /Bun.*abort/ },
    { runtime: "deno", versions: { node: "24.2.0", deno: "2.9.5" }, why: /Deno.*hang/ },
  ])("refuses $runtime before it loads the package, and says why and what to use", ({ versions, why }) => {
    let loaded = false;
    const options: ZeromqTransportOptions = {
      versions,
      load: () => {
        loaded = true;
        return Promise.reject(new Error("loaded"));
      },
    };
    expect(() => zeromqTransport(options)).toThrow(why);
    expect(() => zeromqTransport(options)).toThrow("Use the zmtp transport");
    expect(loaded).toBe(false);
  });

  it("loads the package only when a channel is opened", async () => {
    let loads = 0;
    const transport = zeromqTransport({
      load: () => {
        loads++;
        return Promise.reject(new Error("Cannot find package 'zeromq'"));
      },
    });
    expect(loads).toBe(0);
    const fault = await new Promise<ChannelFault>((resolve) => {
      transport.connect("command", connectOptions, {
        up: ignore,
        message: ignore,
        writable: ignore,
        down: resolve,
      });
    });
    expect(loads).toBe(1);
    expect(fault).toMatchObject({
      code: "unreachable",
      message: "Cannot load the package zeromq: install it, or use the zmtp transport",
    });
  });

  it("refuses to listen, since the package names no sender of a message", async () => {
    const listening = zeromqTransport().listen({} as ListenOptions, {} as ListenerEvents);
    await expect(listening).rejects.toThrow("Use the zmtp transport for the agent's side");
  });
});
