/** One safeguard taken out, and the test that must notice. */
export interface Mutant {
  /** The safeguard. */
  readonly safeguard: string;
  readonly file: string;
  /** Must occur exactly once. */
  readonly find: string;
  readonly replace: string;
  readonly test: { readonly file: string; readonly name: string };
}

const agent = "src/simulator/agent";
const unit = "test/unit/simulator/agent";
const interleavings = "test/faults/interleavings.test.ts";
const matrix = "test/faults/matrix/matrix.test.ts";
const recovery = "test/faults/recovery/recovery.test.ts";

/** The safeguards of exactly once and of recovery, one by one. `npm run test:mutants` proves that each is needed. */
export const mutants: readonly Mutant[] = [
  {
    safeguard: "dedupe: an id that the journal knows is not executed again",
    file: `${agent}/commands.ts`,
    find: "    // Step 4: the journal.\n    if (known !== undefined) {",
    replace: "    // Step 4: the journal.\n    if (known !== undefined && head.n === 0) {",
    test: {
      file: `${unit}/commands.test.ts`,
      name: "executes a repeated command once and publishes its outcome again, at most once per second",
    },
  },
  {
    safeguard: "dedupe: an id is known from the moment its record is staged",
    file: `${agent}/journal.ts`,
    find: "    return this.#state.entries.get(entryKey(client, id));",
    replace:
      "    const entry = this.#state.entries.get(entryKey(client, id));\n    return entry?.durable === false ? undefined : entry;",
    test: {
      file: interleavings,
      name: "T11: one id from two sessions while its record is on its way to the disk: one execution",
    },
  },
  {
    safeguard: "tombstone: what was told void is refused when it comes",
    file: `${agent}/commands.ts`,
    find: "    if (known.evidence === undefined || ",
    replace: "    if (",
    test: {
      file: `${unit}/outcomes.test.ts`,
      name: "answers void for an unknown id, durably, and refuses the command VOID when it comes",
    },
  },
  {
    safeguard: "tombstone: it is durable before it is told",
    file: `${agent}/operations/outcome-operations.ts`,
    find: "(known.evidence !== undefined || known.durable)",
    replace: "(known.evidence !== undefined || !known.durable)",
    test: { file: `${unit}/outcomes.test.ts`, name: "answers nothing before the tombstone is durable" },
  },
  {
    safeguard: "flush: nothing is sent before its record is durable",
    file: `${agent}/journal-writer.ts`,
    find: "      await file.append(bytes);",
    replace: "      file.append(bytes).then(undefined, () => undefined);",
    test: {
      file: `${unit}/commands.test.ts`,
      name: "sends nothing before the flush, and one flush serves all commands that wait",
    },
  },
  {
    safeguard: "torn bytes are cut off before anything is written behind them",
    file: `${agent}/journal-writer.ts`,
    find: "      await this.#options.file.truncate(this.#durableBytes);",
    replace: "",
    test: {
      file: interleavings,
      name: "T4: disk full in the middle of a record, freed, and two restarts: every id is still known",
    },
  },
  {
    safeguard: "floor: what the journal may have forgotten is not new",
    file: `${agent}/commands.ts`,
    find: "    if (journal.isBelowFloor({ epoch, issuedAt })) {",
    replace: "    if (journal.isBelowFloor({ epoch: Number.MAX_VALUE, issuedAt })) {",
    test: {
      file: interleavings,
      name: "T3: a journal that is gone makes executed commands unknown, never certain, and never new",
    },
  },
  {
    safeguard: "floor: what the journal may have forgotten is not void",
    file: `${agent}/operations/outcome-operations.ts`,
    find: "journal.isBelowFloor({ epoch, issuedAt })",
    replace: "journal.isBelowFloor({ epoch: Number.MAX_VALUE, issuedAt })",
    test: { file: interleavings, name: "T3: asking about stamps below the floor gives unknown, not void" },
  },
  {
    safeguard: "counter: no command passes while an earlier one is missing",
    file: `${agent}/commands.ts`,
    find: "    if (command.n === expected) return undefined;",
    replace: "    if (command.n >= expected) return undefined;",
    test: {
      file: `${unit}/commands.test.ts`,
      name: "hints COUNTER with what was expected, once for each missing counter",
    },
  },
  {
    safeguard: "counter: a request that was recorded is not served again",
    file: `${agent}/requests.ts`,
    find: "    if (n <= session.syncCounter) {",
    replace: "    if (n <= 0) {",
    test: {
      file: `${unit}/requests.test.ts`,
      name: "refuses REPLAYED before STALE, and allows and counts a gap",
    },
  },
  {
    safeguard: "mac of commands",
    file: `${agent}/commands.ts`,
    find: "    if (client.commandSigner.verify(bytes, mac)) return body;",
    replace: "    if (client.commandSigner.verify(bytes, mac) || true) return body;",
    test: {
      file: `${unit}/commands.test.ts`,
      name: "counts a wrong mac and does nothing else, not even use up the counter",
    },
  },
  {
    safeguard: "mac of requests",
    file: `${agent}/requests.ts`,
    find: "    if (asked.client.syncSigner.verify(body, mac)) return request;",
    replace: "    if (asked.client.syncSigner.verify(body, mac) || true) return request;",
    test: { file: `${unit}/requests.test.ts`, name: "refuses MAC before NO_SESSION and changes nothing" },
  },
  {
    safeguard: "freshness of commands: none is sent after its time",
    file: `${agent}/commands.ts`,
    find: "    if (now > notAfter) return",
    replace: "    if (now > notAfter + 3_600_000) return",
    test: {
      file: `${unit}/commands.test.ts`,
      name: "lets an expired id be issued anew with new stamps, but no copy of the old ones",
    },
  },
  {
    safeguard: "freshness of commands: looked at again when the flush is done",
    file: `${agent}/commands.ts`,
    find: "    if (lateMs > 0) {",
    replace: "    if (lateMs > 3_600_000) {",
    test: { file: `${unit}/restart.test.ts`, name: "beyond notAfter: the command is not sent any more" },
  },
  {
    safeguard: "freshness of requests",
    file: `${agent}/requests.ts`,
    find: "    if (ageMs > limits.requestMaxAgeMs ||",
    replace: "    if (ageMs > 3_600_000 ||",
    test: {
      file: `${unit}/requests.test.ts`,
      name: "refuses STALE more than 30,000 ms old or 2,000 ms ahead, before ROLE",
    },
  },
  {
    safeguard: "epoch: stamps of an earlier life of the agent are not valid",
    file: `${agent}/commands.ts`,
    find: "    if (epoch !== journal.epoch) return",
    replace: "    if (epoch > journal.epoch) return",
    test: {
      file: `${unit}/commands.test.ts`,
      name: "refuses EXPIRED of an epoch that the journal reaches back to",
    },
  },
  {
    safeguard: "epoch: raised at every start, whatever the clock says",
    file: `${agent}/journal.ts`,
    find: "Math.max(state.epoch + 1, ",
    replace: "Math.max(state.epoch, ",
    test: {
      file: `${unit}/journal.test.ts`,
      name: "starts at the seconds of UTC and raises the epoch at every start, also when the clock has gone back",
    },
  },
  {
    safeguard: "memory of refused copies",
    file: `${agent}/commands.ts`,
    find: "    return this.#refused.find(client.key, id, issuedAt);",
    replace: "    this.#refused.find(client.key, id, issuedAt);\n    return undefined;",
    test: {
      file: interleavings,
      name: "T1b: after a refusal for good, the copy that another process left on its way is not executed",
    },
  },
  {
    safeguard: "cap on waiting commands",
    file: `${agent}/commands.ts`,
    find: "outcomes.waiting + this.#queue.length >= limits.maxPendingCommands",
    replace: "outcomes.waiting + this.#queue.length >= Number.POSITIVE_INFINITY",
    test: {
      file: interleavings,
      name: "beyond its cap of waiting commands the agent is BUSY with orders, and never with closes",
    },
  },
  {
    safeguard: "open entries are settled before the agent binds",
    file: `${agent}/agent.ts`,
    find: "      await this.#whileAlive(settleAtStart({ world: this.#world, ...running }));",
    replace: "      if (this.#world.dead) await settleAtStart({ world: this.#world, ...running });",
    test: { file: matrix, name: "agent restart, send to outcome, market: 1 execution, caller told executed" },
  },
  {
    safeguard: "tables of a terminal that is not connected are not believed",
    file: `${agent}/assembly.ts`,
    find: "    if (!readiness.ready) return;",
    replace: "",
    test: {
      file: `${unit}/state.test.ts`,
      name: "makes no difference of the tables of a terminal that is not connected",
    },
  },
  {
    safeguard: "gap fill: events that were missed are asked for",
    file: "src/connector/catch-up.ts",
    find: "        for (const event of result.events) this.#feed.push(event);",
    replace: "        if (result.complete) this.#feed.reset({ ...position });",
    test: {
      file: matrix,
      name: "drop, outcome lost, market: 1 execution, caller told executed",
    },
  },
  {
    safeguard: "pulse tail: the pulse tells that the last events were lost",
    file: "src/connector/event-desk.ts",
    find: "pulse.seq > position.seq) fill();",
    replace: "pulse.seq > position.seq + 1_000_000) fill();",
    test: {
      file: "test/unit/connector/ledger-recovery.test.ts",
      name: "a lost tail of the ledger is found by the next pulse",
    },
  },
  {
    safeguard: "barrier: nobody is live before the ledger is proven to be heard",
    file: "src/connector/going-live.ts",
    find: "    while (!(await catchUp.barrier(waitMs))) {",
    replace: "    while (!(await catchUp.barrier(waitMs)) && waitMs < 0) {",
    test: {
      file: "test/unit/connector/ledger-recovery.test.ts",
      name: "the barrier is asked again when it is lost, and connect waits for it",
    },
  },
  {
    safeguard: "history on resync: what was opened and finished in a gap is told",
    file: "src/connector/catch-up.ts",
    find: "const args = { since: mirror.since(this.#deps.brokerMs()) };",
    replace: "mirror.since(this.#deps.brokerMs());\n    const args = {};",
    test: {
      file: interleavings,
      name: "T8: a limit order that was cancelled in a gap past the ring is told as cancelled",
    },
  },
  {
    safeguard: "a refusal settles only the newest stamps",
    file: "src/connector/command-refusals.ts",
    find: "      if (!bearsNewestStamps(command, refused)) return nothing;",
    replace: "",
    test: {
      file: interleavings,
      name: "T2: a late EXPIRED of old stamps settles nothing once the command was issued anew",
    },
  },
  {
    safeguard: "an outcome settles only its own digest",
    file: "src/connector/outbox.ts",
    find: "outcome.digest !== command.digest) return false;",
    replace: 'outcome.digest === "") return false;',
    test: {
      file: interleavings,
      name: "one id for two different commands: the second is told so, and not the first one's execution",
    },
  },
  {
    safeguard: "commands that do not arrive are sent again",
    file: "src/connector/command-window.ts",
    find: '      log.warn("Commands do not arrive at the agent: sending again", { from: n, round: this.#rounds });\n      this.#next = 0;',
    replace:
      '      log.warn("Commands do not arrive at the agent: sending again", { from: n, round: this.#rounds });',
    test: {
      file: "test/unit/connector/outbox-recovery.test.ts",
      name: "a lost command is sent again under the same number when two pulses show no progress, and executed once",
    },
  },
  {
    safeguard: "a caller's own id, which may be a repetition, is looked up before a second has passed",
    file: "src/connector/journal-questions.ts",
    find: "if (first && command.named)",
    replace: "if (first && command.closed)",
    test: {
      file: interleavings,
      name: "M9: an id that is called again and again within a second is answered in a fraction of it, and executed once",
    },
  },
  {
    safeguard: "rate limit per client",
    file: `${agent}/commands.ts`,
    find: "if (!lessens && !client.commands.take(world.now()))",
    replace: "if (!lessens && world.dead)",
    test: {
      file: "test/faults/refusals.test.ts",
      name: "agent.stats() counts everything refused by channel and name, and onRefusal is told each",
    },
  },
  {
    safeguard: "throttled resync across a fleet",
    file: "src/connector/mt5-connector.ts",
    find: "new Gate(Math.max(leastResyncs, Math.ceil(resolved.agents.length / 4)))",
    replace: "new Gate(Math.max(leastResyncs, resolved.agents.length))",
    test: { file: recovery, name: "is resynchronised a quarter at a time" },
  },
  {
    safeguard: "bulkheads: one class of requests leaves the others their room",
    file: "src/connector/requests.ts",
    find: 'this.#lanes[options.lane ?? "query"]',
    replace: "this.#lanes.query",
    test: {
      file: recovery,
      name: "200 queries without an answer: orders, closes, market data and events go on",
    },
  },
  {
    safeguard: "closes and cancels pass an open breaker",
    file: "src/connector/agent-core.ts",
    find: "const outcome = input.reduces",
    replace: "const outcome = input.reduces && input.opens",
    test: {
      file: "test/unit/api/api.test.ts",
      name: "an open breaker stops opens, and lets closes pass",
    },
  },
];

/** All of them as a Markdown table. */
export function safeguardTable(): string {
  const rows = mutants.map(({ safeguard, test }) => `| ${safeguard} | ${test.name} |`);
  return ["| safeguard | test that fails without it |", "|---|---|", ...rows].join("\n");
}
