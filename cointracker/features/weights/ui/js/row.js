/** One coin's row in the ranking. */

import { element, mark, segment, write } from "./dom.js";
import { fill, isolated, MISSING } from "./numbers.js";
import { contributions } from "./ranking.js";

/** A row: shows one coin, goes to places, and may be given another coin later. */
export class Row {
  constructor() {
    const cell = (className, ...children) => element("span", { className }, ...children);
    this.rank = cell("rank");
    this.move = cell("move");
    this.symbol = element("a", { className: "open", tabIndex: -1 });
    this.about = element("bdi", { className: "about" });
    this.title = cell("coin", element("bdi", {}, this.symbol), this.about);
    this.bar = cell("bar");
    this.axis = cell("axis");
    this.text = cell("text");
    this.score = cell("score");
    this.node = element("div", { className: "row", role: "option" });
    this.node.append(this.rank, this.move, this.title, this.bar);
    this.node.append(cell("band", this.axis, this.text), this.score);
  }

  /** Show this coin from now on. `lacks` says what of it is missing, empty when nothing is. */
  take(coin, coins, lacks, language) {
    this.coin = coin;
    this.lacks = lacks;
    this.called = isolated(`${coins.symbols[coin]}, ${coins.names[coin]}`);
    write(this.symbol, coins.symbols[coin]);
    this.symbol.href = `coin?${new URLSearchParams({ coin: coins.ids[coin], lang: language })}`;
    write(this.about, lacks || coins.names[coin]);
    this.title.title = coins.names[coin];
    this.node.id = `coin-${coin}`;
    this.node.dataset.coin = coins.ids[coin];
    mark(this.node, "aria-setsize", String(coins.ids.length));
  }

  /** Come from a place when the row appears. */
  start(from, height) {
    this.node.style.setProperty("--from", `${from * height}px`);
  }

  /** Go to a place; the style sheet makes the row glide. */
  go(place, height) {
    const way = `translateY(${place * height}px)`;
    if (this.node.style.transform !== way) this.node.style.transform = way;
  }

  /** Lose what only a row in the ranking has. */
  retire() {
    mark(this.node, "id", null);
    mark(this.node, "data-coin", null);
    mark(this.node, "aria-hidden", "true");
  }

  /** Write the coin's figures at a place of what is `shown`; see `List.show`. */
  fill(place, { market, shares, ranking, savedRank, bands, chosen }, words, numbers) {
    const { coin } = this;
    const rank = ranking.rank[coin];
    const moved = rank && savedRank[coin] ? savedRank[coin] - rank : 0;
    const count = numbers.whole(Math.abs(moved));
    const score = numbers.fixed(ranking.score[coin], 1);
    const text = this.band(rank, bands, market.count, words, numbers);
    segment(this.bar, contributions(market, shares, coin));
    write(this.rank, rank ? numbers.whole(rank) : MISSING);
    write(this.move, moved ? `${moved > 0 ? "▲" : "▼"} ${count}` : "·");
    mark(this.move, "data-way", moved > 0 ? "up" : moved < 0 ? "down" : "none");
    write(this.score, score);
    mark(this.node, "aria-selected", String(coin === chosen));
    mark(this.node, "aria-posinset", String(place + 1));
    const way = moved > 0 ? words.up : moved < 0 ? words.down : words.unmoved;
    const figures = { rank: numbers.whole(rank), coin: this.called, score, band: text };
    const told = fill(rank ? words.row : words.unranked, {
      ...figures,
      move: fill(way, { count }),
    });
    mark(this.node, "aria-label", this.lacks ? told + words.comma + this.lacks : told);
  }

  /** The rank band as a picture, the range on the way from first to last and the rank on it. */
  band(rank, bands, last, words, numbers) {
    const low = bands.low?.[this.coin] ?? 0;
    const high = bands.high?.[this.coin] ?? 0;
    const { style } = this.axis;
    mark(this.axis, "data-empty", low ? null : "");
    style.setProperty("--low", `${((low - 1) / last) * 100}%`);
    style.setProperty("--high", `${(high / last) * 100}%`);
    style.setProperty("--spot", `${((rank - 0.5) / last) * 100}%`);
    const ends = { low: numbers.whole(low), high: numbers.whole(high) };
    const known = low === high ? ends.low : fill(words.range, ends);
    const text = low ? known : MISSING;
    write(this.text, text);
    return text;
  }
}
