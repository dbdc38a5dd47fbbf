/** Weights that stay at 100 together; pure functions. */

/** What the weights add up to. */
export const TOTAL = 100;

/** Weights are shared out in tenths; a tenth is the smallest step a reader can set. */
const TENTHS = 10;

/** What two sums of the same numbers may differ by. */
const NOISE = 1e-9;

/**
 * The weights after one of them is set to `value`: the others that are not locked give or take in
 * proportion to what they have, evenly when they have nothing. All stay at 100 together, so all
 * zero cannot be reached; where nothing can give way, nothing changes.
 */
export function rebalance(weights, locked, index, value) {
  const giving = weights.map((_, k) => k).filter((k) => k !== index && !locked[k]);
  if (locked[index] || giving.length === 0 || !Number.isFinite(value)) return weights.slice();
  const room = roomFor(weights, locked, index);
  const wanted = Math.min(Math.max(Math.round(value * TENTHS) / TENTHS, 0), room);
  const parts = shareOut(
    room - wanted,
    giving.map((k) => weights[k]),
  );
  const result = weights.slice();
  result[index] = wanted;
  giving.forEach((k, at) => {
    result[k] = parts[at];
  });
  return result;
}

/** The most that a weight can be: what the locked ones leave of 100. */
export function roomFor(weights, locked, index) {
  const fixed = weights.reduce((sum, w, k) => (k !== index && locked[k] ? sum + w : sum), 0);
  return Math.max(0, TOTAL - fixed);
}

/** Whether a weight can move at all. */
export function canMove(weights, locked, index) {
  const others = locked.filter((isLocked, k) => k !== index && !isLocked).length;
  return !locked[index] && others > 0 && roomFor(weights, locked, index) > 0;
}

/** Whether two sets of weights are the same numbers. */
export function same(one, other) {
  return one.every((weight, k) => weight === other[k]);
}

/**
 * `amount` in parts proportional to `sizes`, evenly when all are 0: in whole tenths, the largest
 * remainders first, and what is less than a tenth to the first of those.
 */
function shareOut(amount, sizes) {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const exact = sizes.map(
    (size) => TENTHS * (total > 0 ? (amount * size) / total : amount / sizes.length),
  );
  const tenths = exact.map((part) => Math.floor(part + NOISE));
  const order = exact.map((_, k) => k).sort((a, b) => exact[b] - tenths[b] - exact[a] + tenths[a]);
  let left = tenths.reduce((rest, part) => rest - part, amount * TENTHS);
  for (let turn = 0; left > 1 - NOISE; turn += 1, left -= 1) tenths[order[turn]] += 1;
  const parts = tenths.map((part) => part / TENTHS);
  if (left > NOISE) parts[order[0]] += left / TENTHS;
  return parts;
}
