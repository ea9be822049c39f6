/** A point of an equity curve. */
export interface EquityPoint {
  readonly time: Date;
  readonly equity: number;
}

const width = 72;
const height = 14;

/** The curve as text for a terminal: a column for each stretch of time, its last equity as the mark. */
export function drawText(points: readonly EquityPoint[]): string {
  const columns = Array.from(
    { length: Math.min(width, points.length) },
    (_, column, share = points.length / width) =>
      points[Math.min(points.length - 1, Math.floor((column + 1) * Math.max(1, share)) - 1)],
  ).flatMap((point) => point ?? []);
  const values = columns.map((point) => point.equity);
  const low = Math.min(...values);
  const high = Math.max(...values);
  const row = (equity: number): number => Math.round(((equity - low) / (high - low || 1)) * (height - 1));
  const lines: string[] = [];
  for (let at = height - 1; at >= 0; at--) {
    const label = at === height - 1 ? high.toFixed(2) : at === 0 ? low.toFixed(2) : "";
    lines.push(
      `${label.padStart(10)} |${values.map((value) => (row(value) === at ? "*" : " ")).join("")}`.trimEnd(),
    );
  }
  lines.push(`${" ".repeat(11)}+${"-".repeat(values.length)}`);
  const from = columns[0]?.time.toISOString().slice(0, 16) ?? "";
  const to = columns.at(-1)?.time.toISOString().slice(0, 16) ?? "";
  lines.push(`${" ".repeat(12)}${from}${to.padStart(Math.max(1, values.length - from.length))}`);
  return lines.join("\n");
}

/** The curve as an SVG picture. */
export function drawSvg(points: readonly EquityPoint[], title: string): string {
  const [wide, tall, left, top] = [800, 320, 80, 40];
  const values = points.map((point) => point.equity);
  const low = Math.min(...values);
  const high = Math.max(...values);
  const from = points[0]?.time.getTime() ?? 0;
  const to = points.at(-1)?.time.getTime() ?? 1;
  const x = (time: Date): number => left + ((time.getTime() - from) / (to - from || 1)) * (wide - left - 20);
  const y = (equity: number): number => tall - 30 - ((equity - low) / (high - low || 1)) * (tall - 30 - top);
  const line = points.map((point) => `${x(point.time).toFixed(1)},${y(point.equity).toFixed(1)}`).join(" ");
  const label = (text: string, at: string): string =>
    `<text ${at} font-size="12" font-family="sans-serif">${text}</text>`;
  const moment = (point: EquityPoint | undefined): string =>
    point?.time.toISOString().slice(0, 16).replace("T", " ") ?? "";
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${wide} ${tall}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${wide}" height="${tall}" fill="white"/>`,
    label(escapeXml(title), `x="${left}" y="22"`),
    label(high.toFixed(2), `x="8" y="${y(high) + 4}"`),
    label(low.toFixed(2), `x="8" y="${y(low) + 4}"`),
    label(moment(points[0]), `x="${left}" y="${tall - 8}"`),
    label(moment(points.at(-1)), `x="${wide - 20}" y="${tall - 8}" text-anchor="end"`),
    `<polyline fill="none" stroke="#1f6feb" stroke-width="1.5" points="${line}"/>`,
    "</svg>",
    "",
  ].join("\n");
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
