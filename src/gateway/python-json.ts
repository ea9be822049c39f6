/**
 * JSON as Python's `json` module sees it: an int and a float are two types, so that `100000.0` must not become `100000`.
 * Here a `number` is a Python float and a `bigint` a Python int, whatever its size.
 */
export type PyValue = null | boolean | bigint | number | string | readonly PyValue[] | PyObject;

/** A Python dict with text keys, in order. */
export interface PyObject {
  /** A member. */
  readonly [name: string]: PyValue;
}

/** Writes what Python's `json.dumps` writes with its default settings: ASCII only, `", "` and `": "` between members. */
export function pythonJson(value: PyValue): string {
  if (value === null) return "null";
  if (typeof value === "number") return pythonFloat(value);
  if (typeof value === "string") return pythonString(value);
  if (typeof value !== "object") return value.toString();
  if (isList(value)) return `[${value.map(pythonJson).join(", ")}]`;
  const members = Object.entries(value).map(
    ([name, member]) => `${pythonString(name)}: ${pythonJson(member)}`,
  );
  return `{${members.join(", ")}}`;
}

/**
 * The text of a float as `repr` gives it in Python: the shortest digits that read back as the same number, always with
 * a point or an exponent; an exponent of at least two digits below 1e-4 and from 1e16 on.
 * @throws RangeError for NaN and infinities, which are no JSON.
 */
export function pythonFloat(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`Cannot write ${value}: it is no JSON number`);
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e16) {
    // JavaScript writes the same digits here, but the point only if there is something behind it.
    const text = String(value);
    return Number.isInteger(value) ? `${text}.0` : text;
  }
  if (size === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [mantissa = "0", power = "0"] = value.toExponential().split("e");
  const exponent = Number(power);
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** JSON.stringify escapes as Python does, lone halves of letters included, but leaves letters beyond ASCII and DEL as they are. */
function pythonString(text: string): string {
  const json = JSON.stringify(text);
  if (!/[^ -~]/.test(json)) return json;
  return json.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A value for people: texts as they are, anything else as JSON. Unlike `String`, it takes whatever a server may send. */
export function plainText(value: PyValue | undefined): string {
  if (value === undefined) return "nothing";
  return typeof value === "string" ? value : pythonJson(value);
}

function isList(value: readonly PyValue[] | PyObject): value is readonly PyValue[] {
  return Array.isArray(value);
}
