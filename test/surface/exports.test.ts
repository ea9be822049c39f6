import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import deno from "../../deno.json" with { type: "json" };
import { exportNames } from "./export-names.ts";

const root: URL = new URL("../../", import.meta.url);
const entries = Object.entries(deno.exports);

/** As Biome formats it: a list that fits in a line stands in one. */
function formatted(lists: Readonly<Record<string, readonly string[]>>): string {
  const lineWidth = 110;
  const members = Object.entries(lists).map(([name, list], index, all) => {
    const comma = index < all.length - 1 ? "," : "";
    const line = `  "${name}": [${list.map((item) => JSON.stringify(item)).join(", ")}]${comma}`;
    if (line.length <= lineWidth) return line;
    return `  "${name}": ${JSON.stringify(list, null, 2).replaceAll("\n", "\n  ")}${comma}`;
  });
  return `{\n${members.join("\n")}\n}\n`;
}

describe("public names", () => {
  it.each(entries)(
    "%s exports what exports/ lists (npm test -- -u writes it anew)",
    async (entry, source) => {
      const { values, types } = exportNames(readFileSync(new URL(source, root), "utf8"));
      const file = `exports/${entry === "." ? "root" : entry.slice(2).replaceAll("/", "-")}.json`;
      await expect(formatted({ values, types })).toMatchFileSnapshot(file);
    },
  );

  it.each(entries)("%s has at run time the values that its text names", async (_, source) => {
    const loaded = (await import(fileURLToPath(new URL(source, root)))) as Record<string, unknown>;
    const { values } = exportNames(readFileSync(new URL(source, root), "utf8"));
    expect(Object.keys(loaded).sort()).toEqual(values);
  });

  it("mod.ts exports no value of an adapter", async () => {
    const face = (await import("../../mod.ts")) as Record<string, unknown>;
    const exported = new Set(Object.values(face));
    for (const file of readdirSync(new URL("src/adapters/", root)).filter((name) => name.endsWith(".ts"))) {
      const adapter = (await import(fileURLToPath(new URL(`src/adapters/${file}`, root)))) as Record<
        string,
        unknown
      >;
      const shown = Object.entries(adapter).filter(([, value]) => exported.has(value));
      expect(
        shown.map(([name]) => name),
        file,
      ).toEqual([]);
    }
  });
});

describe("exportNames", () => {
  it("tells values from types in every form that an entry file uses", () => {
    const source = `
      /** export { comment } */
      // export const comment = 1;
      export { a, b as c, type D } from "./x.ts";
      export type { E, F as G } from "./y.ts";
      export class H {}
      export abstract class I {}
      export const j = 1;
      export async function k() {}
      export interface L {}
      export type M = string;
      export const N = {};
      export type N = string;
      export declare namespace N { type O = string }
    `;
    expect(exportNames(source)).toEqual({
      values: ["H", "I", "N", "a", "c", "j", "k"],
      types: ["D", "E", "G", "L", "M"],
    });
  });
});
