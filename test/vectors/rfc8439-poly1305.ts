const letters = (text: string): string =>
  Array.from(text, (letter) => letter.charCodeAt(0).toString(16).padStart(2, "0")).join("");

const IETF = letters(
  "Any submission to the IETF intended by the Contributor for publication as all or part of an IETF Internet-Draft " +
    'or RFC and any statement made within the context of an IETF activity is considered an "IETF Contribution". ' +
    "Such statements include oral statements in IETF sessions, as well as written and electronic communications " +
    "made at any time or place, which are addressed to",
);
const JABBERWOCKY = letters(
  "'Twas brillig, and the slithy toves\nDid gyre and gimble in the wabe:\n" +
    "All mimsy were the borogoves,\nAnd the mome raths outgrabe.",
);
const CARRIES =
  "e33594d7505e43b900000000000000003394d7505e4379cd01000000000000000000000000000000000000000000000001";
const zeros = (count: number): string => "00".repeat(count);

/** RFC 8439, section 2.5.2 and appendix A.3, vectors 1 to 11; 7 to 11 are the carry and reduction cases. */
export const poly1305Vectors: readonly { title: string; key: string; text: string; tag: string }[] = [
  {
    title: "section 2.5.2",
    key: "85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b",
    text: letters("Cryptographic Forum Research Group"),
    tag: "a8061dc1305136c6c22b8baf0c0127a9",
  },
  { title: "A.3 #1", key: zeros(32), text: zeros(64), tag: zeros(16) },
  {
    title: "A.3 #2",
    key: `${zeros(16)}36e5f6b5c5e06070f0efca96227a863e`,
    text: IETF,
    tag: "36e5f6b5c5e06070f0efca96227a863e",
  },
  {
    title: "A.3 #3",
    key: `36e5f6b5c5e06070f0efca96227a863e${zeros(16)}`,
    text: IETF,
    tag: "f3477e7cd95417af89a6b8794c310cf0",
  },
  {
    title: "A.3 #4",
    key: "1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0",
    text: JABBERWOCKY,
    tag: "4541669a7eaaee61e708dc7cbcc5eb62",
  },
  { title: "A.3 #5", key: `02${zeros(31)}`, text: "ff".repeat(16), tag: `03${zeros(15)}` },
  {
    title: "A.3 #6",
    key: `02${zeros(15)}${"ff".repeat(16)}`,
    text: `02${zeros(15)}`,
    tag: `03${zeros(15)}`,
  },
  {
    title: "A.3 #7",
    key: `01${zeros(31)}`,
    text: `${"ff".repeat(16)}f0${"ff".repeat(15)}11${zeros(15)}`,
    tag: `05${zeros(15)}`,
  },
  {
    title: "A.3 #8",
    key: `01${zeros(31)}`,
    text: `${"ff".repeat(16)}fb${"fe".repeat(15)}${"01".repeat(16)}`,
    tag: zeros(16),
  },
  { title: "A.3 #9", key: `02${zeros(31)}`, text: `fd${"ff".repeat(15)}`, tag: `fa${"ff".repeat(15)}` },
  {
    title: "A.3 #10",
    key: `01${zeros(7)}04${zeros(23)}`,
    text: `${CARRIES}${zeros(15)}`,
    tag: `14${zeros(7)}55${zeros(7)}`,
  },
  {
    title: "A.3 #11",
    key: `01${zeros(7)}04${zeros(23)}`,
    text: CARRIES.slice(0, 96),
    tag: `13${zeros(15)}`,
  },
];
