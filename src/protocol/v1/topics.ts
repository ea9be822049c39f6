const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A topic: its text and the zero byte that keeps `EURUSD` from hearing `EURUSDm`. */
function topic(text: string): Uint8Array {
  return encoder.encode(`${text}\0`);
}

/** Topic of the ledger. */
export function ledgerTopic(): Uint8Array {
  return topic("ledger");
}

/** Topic of the pulse. */
export function pulseTopic(): Uint8Array {
  return topic("pulse");
}

/** Topic of the account stream. */
export function accountTopic(): Uint8Array {
  return topic("account");
}

/** Topic of one client's hints; the key in lower-case hex. */
export function clientTopic(clientPublicKeyHex: string): Uint8Array {
  return topic(`client.${clientPublicKeyHex}`);
}

/** Topic of one symbol's ticks. */
export function tickTopic(symbol: string): Uint8Array {
  return topic(`tick.${symbol}`);
}

/** Topic of one symbol's market depth. */
export function bookTopic(symbol: string): Uint8Array {
  return topic(`book.${symbol}`);
}

/** What a topic frame names, or undefined if it is none of this protocol's. */
export function parseTopic(
  frame: Uint8Array,
):
  | { readonly kind: "ledger" | "pulse" | "account" }
  | { readonly kind: "client"; readonly client: string }
  | { readonly kind: "tick" | "book"; readonly symbol: string }
  | undefined {
  if (frame.length < 2 || frame[frame.length - 1] !== 0) return undefined;
  let text: string;
  try {
    text = decoder.decode(frame.subarray(0, -1));
  } catch {
    return undefined;
  }
  if (text === "ledger" || text === "pulse" || text === "account") return { kind: text };
  if (/^client\.[0-9a-f]{64}$/.test(text)) return { kind: "client", client: text.slice(7) };
  if (text.startsWith("tick.") && text.length > 5) return { kind: "tick", symbol: text.slice(5) };
  if (text.startsWith("book.") && text.length > 5) return { kind: "book", symbol: text.slice(5) };
  return undefined;
}
