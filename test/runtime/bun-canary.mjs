// Creates one native socket. Under Bun this aborts the process; the day it prints "alive", the refusal can go.
import { createRequire } from "node:module";

const { Push } = createRequire(import.meta.url)("zeromq");
const socket = new Push();
await socket.bind("tcp://127.0.0.1:*");
socket.close();
console.log("alive");
