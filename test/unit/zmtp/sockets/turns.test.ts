import { expect, test } from "vitest";
import type { Network } from "../../../../src/transport/network.ts";
import { Pair } from "../../../../src/zmtp/mod.ts";
import { text, virtualContext } from "./kit.ts";

test("an answer leaves at once, what is sent on top of it leaves together in the next turn", async () => {
  const { context, clock, network } = virtualContext();
  let writes = 0;
  const counting: Network = {
    listen: (endpoint, accept) => network.listen(endpoint, accept),
    connect: (endpoint, events) => {
      const stream = network.connect(endpoint, events);
      const write = stream.write.bind(stream);
      stream.write = (chunk): boolean => {
        writes++;
        return write(chunk);
      };
      return stream;
    },
  };
  const asks = new Pair(context);
  await asks.bind("tcp://a:1000");
  const answers = new Pair({ ...context, network: counting });
  answers.connect("tcp://a:1000");
  for (const question of ["1", "2"]) {
    await clock.runUntil(asks.send(question), 1_000);
    await clock.runUntil(answers.receive(), 1_000);
    writes = 0;
    const sent = [answers.send("a"), answers.send("b"), answers.send("c")];
    expect(writes).toBe(1);
    await Promise.all(sent);
    await clock.advance(1);
    expect(writes).toBe(2);
    for (const answer of ["a", "b", "c"]) {
      expect(text(await clock.runUntil(asks.receive(), 1_000))).toEqual([answer]);
    }
  }
  // without anything new from the far side, nothing leaves before the turn ends
  writes = 0;
  const late = answers.send("d");
  expect(writes).toBe(0);
  await late;
  await clock.advance(1);
  expect(writes).toBe(1);
});
