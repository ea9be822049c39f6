import { boundsCases } from "./bounds-cases.ts";
import { lifeCases } from "./life-cases.ts";
import type { TransportCase } from "./subject.ts";
import { trafficCases } from "./traffic-cases.ts";

/** What every implementation of the seam must keep. Imports no test runner, so that each runtime brings its own. */
export const transportCases: readonly TransportCase[] = [...trafficCases, ...lifeCases, ...boundsCases];
