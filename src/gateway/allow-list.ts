/** Says whether an address may connect. */
export type AddressFilter = (address: string) => boolean;

interface Range {
  readonly bytes: readonly number[];
  readonly bits: number;
}

/**
 * A filter for `address:port` from a list of IP addresses and CIDR ranges, IPv4 and IPv6. An IPv4 address that came in over IPv6
 * (`::ffff:10.0.0.1`) counts as the IPv4 address.
 * @throws RangeError that names the entry that is none.
 */
export function addressFilter(entries: readonly string[]): AddressFilter {
  const ranges = entries.map(parseRange);
  return (address) => {
    const bytes = parseAddress(hostOf(address));
    return bytes !== undefined && ranges.some((range) => within(bytes, range));
  };
}

/** The host of `address:port`, as the network layer writes it: an IPv6 address stands there with or without brackets. */
export function hostOf(address: string): string {
  return address.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}

function parseRange(entry: string): Range {
  const [address = "", length, ...more] = entry.trim().split("/");
  const bytes = parseAddress(address);
  const bits = length === undefined ? (bytes?.length ?? 0) * 8 : Number(length);
  const valid = /^\d{1,3}$/.test(length ?? "0") && bytes !== undefined && bits <= bytes.length * 8;
  if (!valid || bytes === undefined || more.length > 0) {
    throw new RangeError(`Cannot use "${entry}": it is neither an IP address nor a range such as 10.0.0.0/8`);
  }
  return { bytes, bits };
}

function within(bytes: readonly number[], range: Range): boolean {
  if (bytes.length !== range.bytes.length) return false;
  for (let bit = 0; bit < range.bits; bit += 8) {
    const mask = (0xff << Math.max(0, 8 - (range.bits - bit))) & 0xff;
    if (((bytes[bit / 8] ?? 0) & mask) !== ((range.bytes[bit / 8] ?? 0) & mask)) return false;
  }
  return true;
}

function parseAddress(text: string): readonly number[] | undefined {
  const plain = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1] ?? text;
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(plain)) {
    const bytes = plain.split(".").map(Number);
    return bytes.every((byte) => byte <= 255) ? bytes : undefined;
  }
  return parseIpv6(plain.replace(/%.*$/, ""));
}

function parseIpv6(text: string): readonly number[] | undefined {
  const halves = text.split("::");
  if (!text.includes(":") || halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array.from({ length: halves.length === 2 ? missing : 0 }, () => "0"), ...tail];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
