/**
 * The rules of docs/ranking.md, as cointracker/ranking/score.py has them: the same operations in
 * the same order, so that both give the same scores to the last bit and so the same order.
 * A missing number is NaN, never 0.
 */

/**
 * A market ready to be ranked. `caps` by coin, `factors` by coin and then by factor, as many of
 * these as there are weights, null or NaN where unknown. Its `ties` say who goes first at equal scores: larger cap, then lower id.
 */
export function toMarket({ ids, caps, factors }) {
  const cap = Float64Array.from(caps, (value) => value ?? Number.NaN);
  const order = Array.from(ids, (_, coin) => coin);
  order.sort((a, b) => descending(cap[a], cap[b]) || byCodePoint(ids[a], ids[b]));
  const ties = new Int32Array(ids.length);
  order.forEach((coin, place) => {
    ties[coin] = place;
  });
  return {
    count: ids.length,
    factors: Float64Array.from(factors, (value) => value ?? Number.NaN),
    order,
    ties,
  };
}

/** Each weight's share of all, adding up to 1. */
export function sharesOf(weights) {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** The share of the weights whose factors a coin has, 0 to 1. */
export function coverageOf(market, shares, coin) {
  const { length } = shares;
  let coverage = 0;
  for (let factor = 0, at = coin * length; factor < length; factor += 1, at += 1) {
    if (!Number.isNaN(market.factors[at])) coverage += shares[factor];
  }
  return coverage;
}

/** Score points a coin gets from each factor, NaN where the factor is unknown. */
export function contributions(market, shares, coin) {
  const coverage = coverageOf(market, shares, coin) || Number.NaN;
  return shares.map((share, k) => (market.factors[coin * shares.length + k] * share) / coverage);
}

/** The weighted mean of a coin's known factors, NaN when none of them has weight. */
export function scoreOf(market, shares, coin) {
  const coverage = coverageOf(market, shares, coin);
  if (!(coverage > 0)) return Number.NaN;
  const { length } = shares;
  let score = 0;
  for (let factor = 0, at = coin * length; factor < length; factor += 1, at += 1) {
    const value = market.factors[at];
    if (!Number.isNaN(value)) score += (value * shares[factor]) / coverage;
  }
  return score;
}

/**
 * The ranking under weights: `score` by coin (NaN: unranked), `rank` by coin from 1 on (0:
 * unranked), `order` the coins, best first, unranked last. `start` is an order to begin from:
 * sorting what is nearly sorted is cheap, and the result does not depend on it.
 */
export function rankCoins(market, weights, start = market.order) {
  const shares = sharesOf(weights);
  const { count, ties } = market;
  const score = new Float64Array(count);
  const key = new Float64Array(count);
  for (let coin = 0; coin < count; coin += 1) {
    score[coin] = scoreOf(market, shares, coin);
    key[coin] = Number.isNaN(score[coin]) ? -Infinity : score[coin];
  }
  const order = start.slice().sort((a, b) => key[b] - key[a] || ties[a] - ties[b]);
  const rank = new Int32Array(count);
  for (let place = 0; place < count; place += 1) {
    const coin = order[place];
    if (!Number.isNaN(score[coin])) rank[coin] = place + 1;
  }
  return { score, rank, order };
}

/**
 * The smallest change of one weight, the others in proportion, after which two coins swap places:
 * `{ factor, from, to }` in points of 100. Null when no change of one weight can do it.
 */
export function swapByWeight(market, weights, one, other) {
  const shares = sharesOf(weights);
  let best = null;
  for (let factor = 0; factor < shares.length; factor += 1) {
    for (const to of crossings(market, shares, factor, one, other)) {
      const from = shares[factor];
      if (best === null || Math.abs(to - from) < Math.abs(best.to - best.from)) {
        best = { factor, from, to };
      }
    }
  }
  return best && { factor: best.factor, from: best.from * 100, to: best.to * 100 };
}

/**
 * The smallest rise of one of the lower coin's own factors that brings it level with the higher
 * one: `{ factor, from, to }` in factor points. Null when even 100 would not do.
 */
export function swapByFactor(market, weights, lower, higher) {
  const shares = sharesOf(weights);
  const gap = scoreOf(market, shares, higher) - scoreOf(market, shares, lower);
  const coverage = coverageOf(market, shares, lower);
  let best = null;
  for (let factor = 0; factor < shares.length; factor += 1) {
    const from = market.factors[lower * shares.length + factor];
    const to = from + (gap * coverage) / shares[factor];
    if (to <= 100 && (best === null || to - from < best.to - best.from)) {
      best = { factor, from, to };
    }
  }
  return best;
}

/** The shares of one factor, between 0 and 1, at which two coins' scores cross. */
function crossings(market, shares, factor, one, other) {
  const share = shares[factor];
  if (share >= 1) return [];
  const gapAt = (x) => {
    const tried = shares.map((s, k) => (k === factor ? x : (s * (1 - x)) / (1 - share)));
    return scoreOf(market, tried, one) - scoreOf(market, tried, other);
  };
  const now = Math.sign(gapAt(share));
  return levelRatios(market, shares, factor, one, other)
    .map((ratio) => ratio / (1 + ratio))
    .filter((x) => {
      const beyond = x + (x > share ? 1 : -1) * Math.min(1e-6, x / 2, (1 - x) / 2);
      return x > 0 && x < 1 && Math.sign(gapAt(beyond)) * now < 0;
    });
}

/**
 * The ratios x / (1 - x) of one factor's share x to all others at which two scores are equal.
 *
 * A coin's score is (r k f + P) / (r k + Q): r the ratio, k 1 if it has the factor and else 0,
 * f the factor, P and Q the points and the coverage from the others. Equating two such scores
 * gives a quadratic in r.
 */
function levelRatios(market, shares, factor, one, other) {
  const [a, b] = [one, other].map((coin) => {
    const value = market.factors[coin * shares.length + factor];
    let points = 0;
    let coverage = 0;
    for (let k = 0; k < shares.length; k += 1) {
      const known = market.factors[coin * shares.length + k];
      if (k === factor || Number.isNaN(known)) continue;
      points += (shares[k] / (1 - shares[factor])) * known;
      coverage += shares[k] / (1 - shares[factor]);
    }
    return Number.isNaN(value)
      ? { k: 0, f: 0, points, coverage }
      : { k: 1, f: value, points, coverage };
  });
  return roots(
    a.k * b.k * (a.f - b.f),
    a.k * a.f * b.coverage + a.points * b.k - b.k * b.f * a.coverage - b.points * a.k,
    a.points * b.coverage - b.points * a.coverage,
  );
}

/** The real roots of a x² + b x + c; none when all three are 0. */
function roots(a, b, c) {
  if (a === 0) return b === 0 ? [] : [-c / b];
  const under = b * b - 4 * a * c;
  if (under < 0) return [];
  const q = -(b + (b < 0 ? -1 : 1) * Math.sqrt(under)) / 2;
  return q === 0 ? [0] : [q / a, c / q];
}

/** Larger first, unknown last. */
function descending(a, b) {
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b)) || b - a || 0;
}

/** By code point, as Python orders text; by UTF-16 unit, as JavaScript does, emoji come earlier. */
function byCodePoint(a, b) {
  let at = 0;
  while (at < a.length && a.charCodeAt(at) === b.charCodeAt(at)) at += 1;
  return (a.codePointAt(at) ?? -1) - (b.codePointAt(at) ?? -1);
}
