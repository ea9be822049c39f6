import { expect, test } from "vitest";
import { pythonJson } from "../../../src/gateway/python-json.ts";
import { hideNamedSecrets, secretHider } from "../../../src/gateway/redact.ts";

test.each([
  ['{"uuid": "u", "password": "abc"}', '{"uuid": "u", "password": "***"}'],
  ['{"Mt5_PassWord":"a\\"b", "x": 1}', '{"Mt5_PassWord":"***", "x": 1}'],
  ['{"client_secret" : 12345, "x": 1}', '{"client_secret" : "***", "x": 1}'],
  ['{"token": "torn', '{"token": "***"'],
  ['{"credentials": null}', '{"credentials": "***"}'],
  ['{"comment": "no secrets here"}', '{"comment": "no secrets here"}'],
  ['{"uuid": "u", "action": "PING"}', '{"uuid": "u", "action": "PING"}'],
])("hideNamedSecrets makes of %s what may be written down", (text, expected) => {
  expect(hideNamedSecrets(text)).toBe(expected);
});

test("secretHider hides secrets as they are, as JSON, and as text within JSON", () => {
  const secret = 's"e\\c.r*e(t é';
  const hide = secretHider([secret, "another one"]);
  const request = JSON.stringify({ comment: secret, more: "another one" });
  for (const text of [
    secret,
    `a ${secret} b`,
    request,
    pythonJson({ request }),
    pythonJson({ request: pythonJson({ comment: secret }) }),
  ]) {
    expect(text).not.toBe(hide(text));
    expect(hide(text)).not.toMatch(/\.r\*e\(t|another/);
  }
  expect(hide("nothing to hide")).toBe("nothing to hide");
});

test("secretHider leaves texts alone where there are no secrets, or only ones that stand in every line", () => {
  expect(secretHider([])("text")).toBe("text");
  expect(secretHider(["", "a", "abc"])("a abc text")).toBe("a abc text");
});
