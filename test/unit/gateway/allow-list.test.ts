import { expect, test } from "vitest";
import { addressFilter } from "../../../src/gateway/allow-list.ts";

test.each([
  ["127.0.0.1", "127.0.0.1:5000", true],
  ["127.0.0.1", "127.0.0.2:5000", false],
  ["10.0.0.0/8", "10.255.1.2:1", true],
  ["10.0.0.0/8", "11.0.0.1:1", false],
  ["172.19.141.0/25", "172.19.141.127:1", true],
  ["172.19.141.0/25", "172.19.141.128:1", false],
  ["0.0.0.0/0", "8.8.8.8:1", true],
  ["10.0.0.1", "::ffff:10.0.0.1:5000", true],
  ["::1", "::1:5000", true],
  ["::1", "[::1]:5000", true],
  ["fd00::/8", "fd12:3456::1:5000", true],
  ["fd00::/8", "fe80::1:5000", false],
  ["::/0", "10.0.0.1:5000", false],
  ["10.0.0.1", "unknown:0", false],
])("addressFilter of %s says to %s: %s", (entry, address, admitted) => {
  expect(addressFilter([entry])(address)).toBe(admitted);
});

test.each([
  "",
  "localhost",
  "10.0.0",
  "10.0.0.256",
  "10.0.0.0/33",
  "::/129",
  "10.0.0.0/x",
  "1::2::3",
  "10.0.0.0/8/8",
])("addressFilter refuses the entry %j", (entry) => {
  expect(() => addressFilter([entry])).toThrow(RangeError);
});

test("addressFilter of no entries lets nobody in", () => {
  expect(addressFilter([])("127.0.0.1:1")).toBe(false);
});

test.each([
  ["::1", "[::1]:5", true],
  ["2001:db8::/32", "2001:db8:1::7:5", true],
  ["2001:db8::/32", "[2001:db9::7]:5", false],
  ["fe80::1", "[fe80::1%eth0]:5", true],
  ["1:2:3:4:5:6:7:8", "[1:2:3:4:5:6:7:8]:5", true],
  ["10.0.0.0/7", "11.255.0.1:5", true],
  ["10.0.0.0/7", "12.0.0.1:5", false],
  ["0.0.0.0/0", "203.0.113.9:5", true],
  ["0.0.0.0/0", "[::1]:5", false],
  ["0.0.0.0/0", "unknown:0", false],
])("addressFilter %s and %s", (entry, address, expected) => {
  expect(addressFilter([entry])(address)).toBe(expected);
});

test.each([
  "1:2:3",
  "1::2::3",
  "::g",
  "1:2:3:4:5:6:7::8:9",
  "300.0.0.1",
  "10.0.0.0/33",
  "10.0.0.0/8/8",
  "10.0.0.0/x",
  "",
])("addressFilter refuses the entry %j", (entry) => {
  expect(() => addressFilter([entry])).toThrow(RangeError);
});
