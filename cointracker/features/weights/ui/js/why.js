/** Why a coin stands where it stands, beside any other, and what would make them swap places. */

import { colour, element, mark, write } from "./dom.js";
import { fill, isolated, MISSING } from "./numbers.js";
import { contributions, sharesOf, swapByFactor, swapByWeight } from "./ranking.js";

/** The two waterfalls. `on.compare(coin)` when the reader picks another coin to compare with. */
export class Why {
  constructor(words, numbers, on) {
    this.words = words;
    this.numbers = numbers;
    this.heading = element("h2", {}, words.why);
    this.select = element("select", { className: "other" });
    this.select.addEventListener("change", () => on.compare(Number(this.select.value)));
    const label = element("label", { className: "compare" }, words.compare, this.select);
    this.falls = [this.fall(), this.fall()];
    this.told = element("p", { className: "swap" });
    const both = element("div", { className: "falls" }, ...this.falls.map(({ node }) => node));
    const head = element("div", { className: "why-head" }, this.heading, label);
    this.node = element("section", { className: "why" }, head, both, this.told);
  }

  /** One waterfall: a bar a factor, each starting where the one before ended, and their sum. */
  fall() {
    const title = element("h3");
    const names = [...this.words.factors, this.words.score];
    const bars = names.map(() => element("span", { className: "axis" }));
    this.words.factors.forEach((_, k) => colour(bars[k], k));
    const points = names.map(() => element("span", { className: "points" }));
    const lines = names.map((text, k) => {
      const name = element("span", { className: "name" }, text);
      return element("div", { className: "line" }, name, bars[k], points[k]);
    });
    const node = element("div", { className: "fall" }, title, ...lines);
    return { node, title, bars, points };
  }

  /** Take a market: its coins, by symbol and then name, are what one can compare with. */
  begin(coins) {
    this.coins = coins;
    const order = coins.ids.map((_, coin) => coin);
    const key = order.map((coin) => `${coins.symbols[coin]} ${coins.names[coin]}`);
    order.sort((a, b) => (key[a] < key[b] ? -1 : 1));
    const options = order.map((coin) => element("option", { value: coin }, isolated(key[coin])));
    this.select.replaceChildren(...options);
  }

  /** Show two coins of a ranking under weights. */
  show({ market, weights, ranking, chosen, other }) {
    const shares = sharesOf(weights);
    if (this.select.value !== String(other)) this.select.value = other;
    [chosen, other].forEach((coin, k) => {
      this.draw(this.falls[k], coin, contributions(market, shares, coin), ranking);
    });
    const [higher, lower] =
      placed(ranking, chosen) <= placed(ranking, other) ? [chosen, other] : [other, chosen];
    write(this.told, this.swap(market, weights, ranking, higher, lower));
  }

  draw(fall, coin, points, ranking) {
    const { numbers, words } = this;
    const rank = ranking.rank[coin];
    const place = rank ? fill(words.place, { rank: numbers.whole(rank) }) : words.unrankedShort;
    write(fall.title, `${this.name(coin)} ${place}`);
    let from = 0;
    points.forEach((value, k) => {
      stretch(fall.bars[k], from, value || 0);
      write(fall.points[k], numbers.fixed(value, 1));
      from += value || 0;
    });
    stretch(fall.bars.at(-1), 0, from);
    write(fall.points.at(-1), rank ? numbers.fixed(ranking.score[coin], 1) : MISSING);
    mark(fall.node, "data-coin", this.coins.ids[coin]);
  }

  /** What would have to change for two coins to swap places, in words. */
  swap(market, weights, ranking, higher, lower) {
    const { words } = this;
    const names = { higher: this.name(higher), lower: this.name(lower) };
    if (higher === lower) return words.sameCoin;
    if (!ranking.rank[lower]) return fill(words.noScore, { coin: names.lower });
    if (ranking.score[higher] === ranking.score[lower]) return fill(words.level, names);
    return [
      this.sentence(words.swapWeight, swapByWeight(market, weights, lower, higher), names) ??
        fill(words.noSwapWeight, names),
      this.sentence(words.swapFactor, swapByFactor(market, weights, lower, higher), names) ??
        fill(words.noSwapFactor, names),
    ].join(" ");
  }

  /** A sentence about a factor that goes from one figure to another; null without one. */
  sentence(words, change, names) {
    if (!change) return null;
    const [from, to] = this.numbers.pair(change.from, change.to);
    return fill(words, { ...names, factor: this.words.inside[change.factor], from, to });
  }

  name(coin) {
    return isolated(this.coins.symbols[coin]);
  }
}

/** A coin's rank, unranked ones behind all others. */
function placed(ranking, coin) {
  return ranking.rank[coin] || Number.POSITIVE_INFINITY;
}

/** Let a bar reach over `size` points of 100 from `from` on. */
function stretch(bar, from, size) {
  bar.style.setProperty("--low", `${from}%`);
  bar.style.setProperty("--high", `${from + size}%`);
}
