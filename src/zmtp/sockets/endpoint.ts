import type { Endpoint } from "../../transport/network.ts";

/**
 * Reads `tcp://host:port`. For binding, the host may be `*` (all IPv4 interfaces) and the port `*` or 0 (any free one).
 * An IPv6 address stands in brackets.
 */
export function parseEndpoint(text: string, use: "bind" | "connect"): Endpoint {
  const match = /^tcp:\/\/(\[[0-9A-Fa-f:.]+\]|[^\s:/[\]]+):(\*|[0-9]{1,5})$/.exec(text);
  if (match === null) throw new TypeError(`Cannot ${use}: "${text}" is not of the form tcp://host:port`);
  const [, rawHost = "", rawPort = ""] = match;
  const host = rawHost.startsWith("[") ? rawHost.slice(1, -1) : rawHost;
  const port = rawPort === "*" ? 0 : Number(rawPort);
  if (port > 65_535) throw new RangeError(`Cannot ${use}: port ${port} is above 65535`);
  if (use === "connect" && (host === "*" || port === 0)) {
    throw new TypeError(`Cannot connect: "${text}" names no host or no port`);
  }
  return { host: host === "*" ? "0.0.0.0" : host, port };
}

/** The text of an endpoint. */
export function formatEndpoint({ host, port }: Endpoint): string {
  return `tcp://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
