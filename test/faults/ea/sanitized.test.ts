import { describeContract } from "../../contract/agent/ea-suite.ts";
import { chosenCases, chosenCells, hereOf } from "./choice.ts";
import { describeCells } from "./suite.ts";

describeCells("fault matrix, pairwise, under AddressSanitizer and UBSan", hereOf(chosenCells), {
  flavour: "sanitized",
  timeScale: 3,
  atOnce: 6,
});

describeContract("agent contract, pairwise, under AddressSanitizer and UBSan", hereOf(chosenCases), {
  flavour: "sanitized",
  atOnce: 4,
});
