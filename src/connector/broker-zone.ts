import { type BrokerTimeRule, BrokerTimeZone } from "../domain/broker-time.ts";

/** Offsets of brokers are whole quarters of an hour; what a measurement differs from that is its error. */
const quarterHourMinutes = 15;

/** Where the rule for broker time comes from. */
export interface BrokerTimeInfo {
  readonly rule: BrokerTimeRule;
  /** `agent`: the agent was told. `measured`: today's offset, so stamps beyond a change of daylight saving are an hour off. */
  readonly source: "agent" | "measured";
}

/**
 * The rule of broker time: as `hello` names it (docs/protocol.md, 4.1), or else today's offset as measured. An unknown
 * name is treated as none.
 */
export function brokerTimeInfo(zone: string | null, brokerMs: number, utcMs: number): BrokerTimeInfo {
  const rule = zone === null ? undefined : namedRule(zone);
  if (rule !== undefined) return { rule, source: "agent" };
  const minutes = (brokerMs - utcMs) / 60_000;
  const standardOffsetMinutes = Math.round(minutes / quarterHourMinutes) * quarterHourMinutes;
  // A terminal that has never been connected knows no broker time.
  const usable = Math.abs(standardOffsetMinutes) <= 14 * 60 ? standardOffsetMinutes : 0;
  return { rule: { standardOffsetMinutes: usable, daylight: "none" }, source: "measured" };
}

/** The zone of a rule. */
export function brokerZone(info: BrokerTimeInfo): BrokerTimeZone {
  return new BrokerTimeZone(info.rule);
}

function namedRule(zone: string): BrokerTimeRule | undefined {
  if (zone === "eet-us") return { standardOffsetMinutes: 120, daylight: "us" };
  if (zone === "eet-eu") return { standardOffsetMinutes: 120, daylight: "eu" };
  if (zone === "utc") return { standardOffsetMinutes: 0, daylight: "none" };
  const fixed = /^fixed:([+-]\d{1,4})$/.exec(zone);
  if (fixed === null) return undefined;
  const standardOffsetMinutes = Number(fixed[1]);
  return Math.abs(standardOffsetMinutes) <= 14 * 60 ? { standardOffsetMinutes, daylight: "none" } : undefined;
}
