import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { consumer, copyTree, root, run, scratch, tool } from "./kit.ts";
import { layOut, StaticServer } from "./static-registry.ts";

/** Some of these ask the npm registry, by its ordinary clients, for the package's own dependencies. */
const slowMs = 180_000;

const tree = copyTree();
const folders = [tree];
const entries = Object.keys(manifest.exports)
  .filter((entry) => entry !== "./package.json")
  .map((entry) => entry.slice(1));
let tarball = "";

beforeAll(async () => {
  // type errors are the check stage's business; tsc emits in spite of them
  await run(tree, process.execPath, [
    join(root, "node_modules/typescript/bin/tsc"),
    "-p",
    "tsconfig.build.json",
  ]);
  await run(tree, "npm", ["pack", "--ignore-scripts"]);
  tarball = join(tree, readdirSync(tree).find((file) => file.endsWith(".tgz")) ?? "");
  expect(tarball).toMatch(/\.tgz$/);
}, slowMs);

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function folder(name: string): string {
  const made = scratch(name);
  folders.push(made);
  return made;
}

describe("the npm package", () => {
  it("is clean to publint --strict", { timeout: slowMs }, async () => {
    const { code, output } = await run(tree, tool("publint"), ["run", tarball, "--strict"]);
    expect(output).toContain("All good!");
    expect(code).toBe(0);
  });

  it("is clean to attw: its types are found by every resolution that knows ESM", {
    timeout: slowMs,
  }, async () => {
    const { code, output } = await run(tree, tool("attw"), [tarball, "--profile", "esm-only", "--no-emoji"]);
    expect(code, output).toBe(0);
  });

  it("installs from its tarball, compiles under TypeScript 5.9 and 7, nodenext and bundler, and exchanges", {
    timeout: slowMs,
  }, async () => {
    const project = folder("consumer");
    writeFileSync(
      join(project, "package.json"),
      '{ "name": "consumer", "private": true, "type": "module" }\n',
    );
    writeFileSync(join(project, "consumer.ts"), consumer(manifest.name, entries));
    const quiet = ["--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts"];
    const wanted = [tarball, "typescript@5.9", `@types/node@${manifest.devDependencies["@types/node"]}`];
    const installed = await run(project, "npm", ["install", ...quiet, ...wanted]);
    expect(installed.code, installed.output).toBe(0);
    const compilers = {
      "5.9": join(project, "node_modules/typescript/bin/tsc"),
      "7": join(root, "node_modules/typescript/bin/tsc"),
    };
    for (const [version, compiler] of Object.entries(compilers)) {
      const said = await run(project, process.execPath, [compiler, "--version"]);
      expect(said.output).toContain(`Version ${version}.`);
      for (const [module, resolution] of [
        ["nodenext", "nodenext"],
        ["esnext", "bundler"],
      ]) {
        const options = [
          "--module",
          module,
          "--moduleResolution",
          resolution,
          "--target",
          "es2022",
          "--strict",
        ];
        const libraries = ["--lib", "es2023,esnext.disposable", "--types", "node", "--skipLibCheck", "false"];
        const compiled = await run(project, process.execPath, [
          compiler,
          ...(options as string[]),
          ...libraries,
          "consumer.ts",
        ]);
        expect(compiled.output, `TypeScript ${version}, ${resolution}`).toBe("");
        expect(compiled.code).toBe(0);
      }
    }
    const exchanged = await run(project, process.execPath, ["consumer.js"]);
    expect(exchanged.output).toBe("exchanged 1000 messages\n");
    expect(exchanged.code).toBe(0);
  });
});

describe("the JSR package", () => {
  it("passes deno publish --dry-run: every export states its type", { timeout: slowMs }, async () => {
    const { code, output } = await run(tree, tool("deno"), ["publish", "--dry-run", "--allow-dirty"]);
    expect(code, output).toBe(0);
    expect(output).toContain("Success");
    expect(output).not.toContain("warning[");
  });

  it("is imported by Deno as jsr: from a registry folder on loopback, and exchanges", {
    timeout: slowMs,
  }, async () => {
    const registry = folder("registry");
    const project = folder("deno");
    const { name, version } = layOut(tree, registry);
    await using server = await StaticServer.open(registry);
    writeFileSync(join(project, "deno.json"), "{}\n");
    writeFileSync(join(project, "main.ts"), consumer(`jsr:${name}@${version}`, entries));
    const { code, output } = await run(
      project,
      tool("deno"),
      ["run", "--check", "--no-prompt", "--allow-net=127.0.0.1", "--quiet", "main.ts"],
      { JSR_URL: server.url, DENO_DIR: join(project, "cache") },
    );
    expect(output, server.asked.join("\n")).toContain("exchanged 1000 messages");
    expect(code).toBe(0);
    expect(server.asked).toContain(`/${name}/${version}_meta.json`);
  });
});
