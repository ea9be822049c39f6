/** Relative slack that lifts a product such as 1.005 × 100 = 100.49999999999999 over the half where it belongs. */
const HALF_SLACK = 4 * Number.EPSILON;

/** Volumes are counted in units of 1e-8 lots, so that sums of volumes are exact. */
const VOLUME_SCALE = 1e8;

/**
 * The number of whole steps of 10^-digits in `value`, half away from zero. Decimals that a double cannot hold exactly
 * (1.005) round as they read. Exact up to 2^53 steps.
 */
export function toMinorUnits(value: number, digits: number): number {
  const scaled = Math.abs(value) * 10 ** digits;
  const rounded = Math.floor(scaled * (1 + HALF_SLACK) + 0.5);
  return value < 0 && rounded !== 0 ? -rounded : rounded;
}

/** The double nearest to `units` steps of 10^-digits. */
export function fromMinorUnits(units: number, digits: number): number {
  return units / 10 ** digits;
}

/** Rounds to a number of decimals, half away from zero; the result is the double nearest to that decimal. */
export function roundTo(value: number, digits: number): number {
  return fromMinorUnits(toMinorUnits(value, digits), digits);
}

/** A volume in lots as a whole number of 1e-8 lots. */
export function toVolumeUnits(lots: number): number {
  return Math.round(lots * VOLUME_SCALE);
}

/** The volume in lots of a whole number of 1e-8 lots. */
export function fromVolumeUnits(units: number): number {
  return units / VOLUME_SCALE;
}
