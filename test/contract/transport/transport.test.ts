import { describe, it } from "vitest";
import { requirePeer } from "../../kit/peers.ts";
import { transportCases } from "./cases.ts";
import { memorySubject, tcpSubject, zeromqSubject } from "./subjects.ts";

describe.each([
  { title: "zmtp in memory", make: memorySubject },
  { title: "zmtp over TCP", make: tcpSubject },
  { title: "native zeromq, client side", make: zeromqSubject },
])("Transport contract: $title", ({ make }) => {
  it.for(transportCases)("$name", async (transportCase, context) => {
    if (make === zeromqSubject) requirePeer(context, "zeromq");
    const subject = make();
    try {
      await transportCase.run(subject);
    } finally {
      await subject.dispose();
    }
  });
});
