import { Reply } from "zeromq";

/** A REP server on zeromq.js that does the JSON work of v4.3's PING, OPEN and CLOSE, and nothing else. */
const now = (): string => `${new Date().toISOString().slice(0, -1)}000Z`;
let ticket = 12_345_678;

function answer(request: Record<string, unknown>): object {
  const { uuid, action, symbol, volume } = request;
  if (action === "PING") return { uuid, status: "ok", server_time: now(), latency_ms: 0.1 };
  if (action === "OPEN") {
    const [, checksum = "", ...stamp] = String(request["risk_signature"]).split(":");
    if (checksum.length < 8 || Date.now() - Date.parse(stamp.join(":")) > 5_000)
      return { uuid, status: "REJECTED" };
    return {
      uuid,
      status: "FILLED",
      ticket: ticket++,
      symbol,
      volume,
      price: 1.0523,
      execution_time: now(),
      latency_ms: 0.1,
    };
  }
  return { uuid, status: "FILLED", ticket: 1, close_price: 1.0528, execution_time: now(), latency_ms: 0.1 };
}

const socket = new Reply({ linger: 0 });
await socket.bind("tcp://127.0.0.1:*");
console.log(`ready on ${socket.lastEndpoint}`);
process.stdin.once("end", () => socket.close());
process.stdin.resume();
for await (const [frame] of socket) {
  await socket.send(JSON.stringify(answer(JSON.parse(String(frame)) as Record<string, unknown>)));
}
