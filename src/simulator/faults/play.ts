import type { Clock, Timer } from "../../transport/clock.ts";
import type { Channel } from "../../transport/transport.ts";
import type { AgentFaults } from "./agent.ts";
import type { BrokerFaults } from "./broker.ts";
import type { FaultHandle } from "./fault.ts";
import type { FaultyHost } from "./host.ts";
import type { JournalFaults } from "./journal.ts";
import type { NetworkFaults } from "./network.ts";
import type { ScheduledFault } from "./schedule.ts";
import type { TerminalFaults } from "./terminal.ts";
import type { TransportFaults } from "./transport.ts";

/** What a schedule is played on: the kits around one agent and one connector. */
export interface FaultTargets {
  readonly clock: Clock;
  readonly ports: Readonly<Record<Channel, number>>;
  readonly links: NetworkFaults;
  readonly messages: TransportFaults;
  readonly agent: AgentFaults;
  readonly journal: JournalFaults;
  readonly broker: BrokerFaults;
  readonly terminal: TerminalFaults;
  /** The machine on which the agent runs now. */
  agentHost(): FaultyHost;
  /** The machine on which the connector runs now. */
  connectorHost(): FaultyHost;
  /** Kills the agent now and starts it again so much later; nothing happens if it is down already. */
  restartAgent(downMs: number): void;
  /** The same with the connector's process. */
  restartConnector(downMs: number, silently: boolean): void;
  /** Moves a machine's wall clock, for the present process and the later ones. */
  jumpWall(side: "agent" | "connector", ms: number): void;
}

/** A schedule that is being played. */
export interface PlayedFaults {
  /** How often each fault of the schedule has struck so far. */
  readonly struck: readonly { readonly fault: ScheduledFault; readonly fired: number }[];
  /** Takes back all faults that still stand, and those to come. */
  heal(): void;
}

/** Plays a schedule from now on. */
export function playFaults(schedule: readonly ScheduledFault[], targets: FaultTargets): PlayedFaults {
  const { clock } = targets;
  const handles = new Map<ScheduledFault, FaultHandle>();
  const timers = new Set<Timer>();

  function later(action: () => void, delayMs: number): void {
    const timer = clock.setTimer(() => {
      timers.delete(timer);
      action();
    }, delayMs);
    timers.add(timer);
  }

  for (const fault of schedule) {
    later(() => {
      const handle = begin(fault, targets);
      handles.set(fault, handle);
      if ("forMs" in fault) later(() => handle.heal(), fault.forMs);
    }, fault.atMs);
  }
  return {
    get struck() {
      return schedule.map((fault) => ({ fault, fired: handles.get(fault)?.fired ?? 0 }));
    },
    heal(): void {
      for (const timer of timers) timer.cancel();
      timers.clear();
      for (const handle of handles.values()) handle.heal();
    },
  };
}

/** What happens at once and cannot be taken back. */
function done(fired: number): FaultHandle {
  return { fired, heal: () => undefined };
}

function begin(fault: ScheduledFault, targets: FaultTargets): FaultHandle {
  const { links, messages, agent, journal, broker, terminal, ports, clock } = targets;
  const port = (channel: Channel | undefined): { readonly port?: number } =>
    channel === undefined ? {} : { port: ports[channel] };
  switch (fault.kind) {
    case "cut":
      return done(links.cut(port(fault.channel)));
    case "cutInFrame":
      return links.cutInFrame(fault.direction, { ...port(fault.channel), skip: fault.skip });
    case "halfOpen":
      return links.halfOpen(port(fault.channel));
    case "stallLink":
      return links.stall(port(fault.channel));
    case "refuse":
      return links.refuse(port(fault.channel));
    case "delayLink":
      return links.delay(fault.delayMs, port(fault.channel));
    case "corrupt":
      return links.corrupt(fault.direction, port(fault.channel));
    case "frame": {
      const { action, direction, skip, channel } = fault;
      return links.frames(action, direction, { ...port(channel), skip, times: 1 });
    }
    case "message": {
      const { channel, direction, action, times, skip } = fault;
      return messages.add({ channel, direction, action, times, skip });
    }
    case "restartAgent":
      targets.restartAgent(fault.downMs);
      return done(1);
    case "restartAgentAt":
      return agent.at(fault.point, () => targets.restartAgent(fault.downMs), { skip: fault.skip });
    case "stallAgentAt": {
      const stall = (): Promise<void> =>
        new Promise((resolve) => {
          clock.setTimer(resolve, fault.forMs);
        });
      return agent.at(fault.point, stall, { skip: fault.skip });
    }
    case "suspendAgent":
      return suspend(targets.agentHost(), false);
    case "suspendConnector":
      return suspend(targets.connectorHost(), fault.stopsMonotonic);
    case "restartConnector":
      targets.restartConnector(fault.downMs, fault.silently);
      return done(1);
    case "wallJump":
      targets.jumpWall(fault.side, fault.jumpMs);
      return done(1);
    case "diskFull":
      return journal.full(fault.freeBytes);
    case "tornWrite": {
      const onStrike = fault.kills ? (): void => targets.restartAgent(fault.downMs) : undefined;
      return journal.tear({ bytes: fault.bytes, ...(onStrike === undefined ? {} : { onStrike }) });
    }
    case "slowDisk":
      return journal.delay(fault.delayMs);
    case "answer": {
      const { when, retcode, delayMs } = fault;
      return broker.answer(when, retcode === 0 ? "silence" : { retcode, delayMs });
    }
    case "dropTransactions":
      return broker.transactions({ kind: "drop" }, { times: fault.times });
    case "shuffleTransactions":
      return broker.transactions({ kind: "shuffle", seed: fault.seed });
    case "splitTransactions":
      return broker.transactions({ kind: "split", gapMs: fault.gapMs });
    case "overflow":
      return broker.overflow();
    case "disconnect":
      return broker.disconnect();
    case "unsynchronised":
      return terminal.unsynchronised();
  }
}

/** A machine that is down or asleep already stays as it is. */
function suspend(host: FaultyHost, stopsMonotonic: boolean): FaultHandle {
  return host.running ? host.suspend({ stopsMonotonic }) : done(0);
}
