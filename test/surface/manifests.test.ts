import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Manifests, manifestFaults, type SourceManifest } from "../../build/manifests.ts";

const root: URL = new URL("../../", import.meta.url);
const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, root), "utf8"));
const manifests: Manifests = {
  package: read("package.json") as Manifests["package"],
  deno: read("deno.json") as SourceManifest,
  jsr: read("jsr.json") as SourceManifest,
};
const always = (): boolean => true;

/** A copy of the manifests with one of them changed. */
function broken<K extends keyof Manifests>(which: K, change: Partial<Manifests[K]>): Manifests {
  return { ...manifests, [which]: { ...manifests[which], ...change } };
}

describe("manifestFaults", () => {
  it("finds nothing in the package's own manifests", () => {
    expect(manifestFaults(manifests, (source) => existsSync(new URL(source, root)))).toEqual([]);
  });

  const { "./core": core, ...withoutCore } = manifests.deno.exports;
  const { "./core": npmCore, ...npmWithoutCore } = manifests.package.exports;
  const { valibot, ...withoutValibot } = manifests.jsr.imports;
  it.each([
    {
      fault: 'deno.json: name is "@other/name" instead of',
      copy: broken("deno", { name: "@other/name" }),
    },
    { fault: 'jsr.json: version is "0.0.9" instead of', copy: broken("jsr", { version: "0.0.9" }) },
    { fault: 'jsr.json: license is "MIT" instead of', copy: broken("jsr", { license: "MIT" }) },
    {
      fault: 'jsr.json: export "./extra" stands here only',
      copy: broken("jsr", { exports: { ...manifests.jsr.exports, "./extra": "./mod.ts" } }),
    },
    { fault: 'jsr.json: export "./core" is missing', copy: broken("jsr", { exports: withoutCore }) },
    {
      fault: 'package.json: export "./extra" stands here only',
      copy: broken("package", { exports: { ...manifests.package.exports, "./extra": "./dist/mod.js" } }),
    },
    {
      fault: 'package.json: export "./core" is missing',
      copy: broken("package", { exports: npmWithoutCore }),
    },
    {
      fault: 'package.json: export "./core" is {"default":"./dist/mod.js"} instead of',
      copy: broken("package", {
        exports: { ...manifests.package.exports, "./core": { default: "./dist/mod.js" } },
      }),
    },
    { fault: 'jsr.json: import "valibot" is missing', copy: broken("jsr", { imports: withoutValibot }) },
    {
      fault: 'deno.json: import "valibot" is "npm:valibot@^0.1.0" instead of',
      copy: broken("deno", { imports: { ...manifests.deno.imports, valibot: "npm:valibot@^0.1.0" } }),
    },
  ])("refuses a broken copy: $fault", ({ fault, copy }) => {
    expect(manifestFaults(copy, always).filter((found) => found.startsWith(fault))).toHaveLength(1);
  });

  it("refuses an entry whose source does not exist", () => {
    expect(manifestFaults(manifests, (source) => source !== core)).toEqual([
      `Cannot find ${core}, which the manifests name`,
    ]);
    expect([npmCore, valibot]).not.toContain(undefined);
  });
});

describe("tsconfig.json", () => {
  it.each([
    "strict",
    "isolatedDeclarations",
    "erasableSyntaxOnly",
    "verbatimModuleSyntax",
    "allowImportingTsExtensions",
    "rewriteRelativeImportExtensions",
    "exactOptionalPropertyTypes",
    "noUncheckedIndexedAccess",
    "noImplicitOverride",
  ])("sets %s", (flag) => {
    const { compilerOptions } = read("tsconfig.json") as { compilerOptions: Record<string, unknown> };
    expect(compilerOptions[flag]).toBe(true);
    expect((read("tsconfig.build.json") as typeof compilerOptions)["compilerOptions"]).not.toHaveProperty(
      flag,
    );
  });
});
