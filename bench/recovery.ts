/** How long recovery takes after each class of fault, in virtual time and over TCP: `npm run bench:recovery`. */
import { measureRecovery, recoveryTable } from "../test/faults/recovery/recovery.ts";

const virtual = await measureRecovery("virtual");
const tcp = await measureRecovery("tcp", ({ name, tradeMs }) =>
  console.log(`tcp: ${name}: ${tradeMs.toFixed(0)} ms`),
);
console.log(`\n${recoveryTable(virtual, tcp)}`);
const worst = Math.max(...[...virtual, ...tcp].map(({ agreeMs }) => agreeMs));
console.log(`\nlongest recovery: ${worst.toFixed(0)} ms; at most 30,000 ms allowed`);
if (worst > 30_000) process.exitCode = 1;
