// Empties dist/, so that a package never carries the output of a file that no longer exists.
import { rmSync } from "node:fs";

rmSync(new URL("../dist", import.meta.url), { recursive: true, force: true });
