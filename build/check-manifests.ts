import { existsSync, readFileSync } from "node:fs";
import { type Manifests, manifestFaults } from "./manifests.ts";

const root: URL = new URL("../", import.meta.url);
const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, root), "utf8"));

const manifests = {
  package: read("package.json"),
  deno: read("deno.json"),
  jsr: read("jsr.json"),
} as Manifests;
const faults = manifestFaults(manifests, (source) => existsSync(new URL(source, root)));
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
else console.log("Manifests agree: package.json, deno.json, jsr.json");
