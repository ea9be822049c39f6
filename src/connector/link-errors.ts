import { type Channel, type ChannelFault, channels } from "../transport/transport.ts";
import type { ChannelSlot } from "./channel-slot.ts";
import { AuthenticationError, ConnectionError, ProtocolError, TimeoutError } from "./errors.ts";
import type { ResolvedAgent } from "./options.ts";
import type { Session } from "./session.ts";

/** Why a channel does not come up. */
export function channelError(
  agent: ResolvedAgent,
  channel: Channel,
  fault: ChannelFault,
): ConnectionError | ProtocolError {
  const place = `${agent.host}:${agent.ports[channel]}`;
  const message = `Cannot connect agent "${agent.id}": channel ${channel} at ${place}, ${fault.message}`;
  const cause = fault.cause ?? fault;
  switch (fault.code) {
    case "authentication":
      return new AuthenticationError(message, {
        code: "AUTHENTICATION",
        remedy:
          "Check that credentials.serverKey is the agent's public key, that the agent lists this client's, and that " +
          "ports.command, ports.events and ports.sync are not mixed up: an agent also hangs up on the wrong port",
        cause,
      });
    case "protocol":
      return new ProtocolError(message, {
        code: "PROTOCOL",
        remedy: `Check that an MT5Connector agent listens at ${place}, and that the ports are not swapped`,
        cause,
      });
    case "unreachable":
      return new ConnectionError(message, {
        code: "UNREACHABLE",
        remedy: `Check that the terminal runs with the agent attached, and that nothing blocks port ${agent.ports[channel]}`,
        cause,
      });
    case "handshake-timeout":
      return new TimeoutError(message, {
        code: "TIMEOUT",
        remedy: `Check that an MT5Connector agent listens at ${place} and that the terminal is not frozen`,
        cause,
      });
    default:
      return new ConnectionError(message, {
        code: "CONNECTION_LOST",
        remedy: "Check the network and the terminal",
        cause,
      });
  }
}

/** Why the time to connect was not enough, with the channel that is behind. */
export function tooLateError(
  agent: ResolvedAgent,
  slots: Readonly<Record<Channel, ChannelSlot>>,
  session: Pick<Session, "isOpen" | "lastError">,
): ConnectionError | ProtocolError {
  for (const channel of channels) {
    const slot = slots[channel].state;
    if (slot.state === "up" || slot.state === "closed") continue;
    const message = `no connection in ${agent.connectTimeoutMs} ms`;
    return channelError(agent, channel, slot.fault ?? { code: "handshake-timeout", message });
  }
  const cause = session.lastError;
  const missing = session.isOpen
    ? `its events do not arrive on channel events (port ${agent.ports.events})`
    : `it does not open a session on channel sync (port ${agent.ports.sync})`;
  return new TimeoutError(
    `Cannot connect agent "${agent.id}": ${missing} in ${agent.connectTimeoutMs} ms${cause === undefined ? "" : `: ${cause.message}`}`,
    {
      code: "TIMEOUT",
      remedy: "Check that the terminal is not busy and that the three ports belong to one agent",
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
