import { describe, expect, test } from "vitest";
import { Admission, type Guest } from "../../../src/zmtp/admission.ts";
import type { ZmtpFault } from "../../../src/zmtp/fault.ts";

class Visitor implements Guest {
  readonly remoteAddress: string;
  silent: boolean;
  seat: Guest["seat"];
  fault: ZmtpFault | undefined;

  constructor(remoteAddress: string, silent = true) {
    this.remoteAddress = remoteAddress;
    this.silent = silent;
  }

  evict(fault: ZmtpFault): void {
    this.fault = fault;
  }
}

const caps = { maxConnections: 100, maxHandshakes: 4, maxConnectionsPerKey: 2 };
const key = (octet: number): Uint8Array => new Uint8Array(32).fill(octet);

function enter(admission: Admission<Visitor>, ...visitors: Visitor[]): void {
  for (const visitor of visitors) admission.enter(visitor);
}

function evicted(visitors: readonly Visitor[]): string[] {
  return visitors.filter(({ fault }) => fault !== undefined).map(({ remoteAddress }) => remoteAddress);
}

describe("Admission", () => {
  test("makes room at the address that holds most, of it the oldest that never spoke", () => {
    const admission = new Admission<Visitor>(caps);
    const visitors = [
      new Visitor("10.0.0.1:1"),
      new Visitor("10.0.0.9:1", false),
      new Visitor("10.0.0.9:2"),
      new Visitor("10.0.0.9:3"),
    ];
    enter(admission, ...visitors);
    enter(admission, new Visitor("10.0.0.2:1"));
    expect(evicted(visitors)).toEqual(["10.0.0.9:2"]);
    expect(visitors[2]?.fault?.code).toBe("connection-cap");
  });

  test("an address that floods loses its own places only", () => {
    const admission = new Admission<Visitor>(caps);
    const good = [new Visitor("10.0.0.1:1"), new Visitor("[::1]:1")];
    enter(admission, ...good);
    const flood = Array.from({ length: 300 }, (_, port) => new Visitor(`10.0.0.9:${port}`, false));
    enter(admission, ...flood);
    expect(evicted(good)).toEqual([]);
    expect(evicted(flood)).toHaveLength(298);
  });

  test("when all have spoken the oldest goes; when each address has one, the oldest of all", () => {
    const admission = new Admission<Visitor>(caps);
    const same = [1, 2, 3, 4].map((port) => new Visitor(`10.0.0.1:${port}`, false));
    enter(admission, ...same, new Visitor("10.0.0.1:5"));
    expect(evicted(same)).toEqual(["10.0.0.1:1"]);
    const others = new Admission<Visitor>(caps);
    const each = [1, 2, 3, 4].map((host) => new Visitor(`10.0.0.${host}:1`));
    enter(others, ...each, new Visitor("10.0.0.5:1"));
    expect(evicted(each)).toEqual(["10.0.0.1:1"]);
  });

  test("who is admitted is counted apart, and evicted by nobody", () => {
    const admission = new Admission<Visitor>(caps);
    const admitted = Array.from({ length: 50 }, (_, port) => new Visitor(`10.0.0.9:${port}`));
    for (const [at, visitor] of admitted.entries()) {
      admission.enter(visitor);
      expect(admission.admit(visitor, key(at))).toBeUndefined();
    }
    enter(admission, ...Array.from({ length: 20 }, (_, port) => new Visitor(`10.0.0.9:1${port}`)));
    expect(evicted(admitted)).toEqual([]);
  });

  test("caps the connections of a key and of all, and gives places back", () => {
    const admission = new Admission<Visitor>({ ...caps, maxConnections: 3 });
    const visitors = [1, 2, 3, 4].map((port) => new Visitor(`10.0.0.1:${port}`));
    const [first, second, third, fourth] = visitors as [Visitor, Visitor, Visitor, Visitor];
    enter(admission, ...visitors);
    expect(admission.admit(first, key(1))).toBeUndefined();
    expect(admission.admit(second, key(1))).toBeUndefined();
    expect(admission.admit(first, key(1)), "asked twice, counted once").toBeUndefined();
    expect(admission.admit(third, key(1))?.code).toBe("client-cap");
    expect(admission.admit(third, key(2))).toBeUndefined();
    expect(admission.full).toBe(true);
    expect(admission.admit(fourth, key(3))?.code).toBe("connection-cap");
    admission.leave(third);
    admission.leave(first);
    admission.leave(first);
    expect(admission.admit(fourth, key(1))).toBeUndefined();
    expect(admission.full).toBe(false);
  });
});
