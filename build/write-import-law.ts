import { writeFileSync } from "node:fs";
import { generatedFiles } from "./import-law-biome.ts";

for (const [path, content] of generatedFiles()) {
  writeFileSync(new URL(`../${path}`, import.meta.url), content);
  console.log(`wrote ${path}`);
}
