/** The ranking as rows that glide to their places; only the rows in sight exist. */

import { element, mark, write } from "./dom.js";
import { fill } from "./numbers.js";
import { sharesOf } from "./ranking.js";
import { Row } from "./row.js";

/** Rows kept ready beyond each edge of what is in sight. */
const SPARE = 2;

/** Rows on their way out of sight at most; more at once would be seen by nobody. */
const MAX_LEAVING = 12;

/** How long a row may take to leave, in milliseconds; the style sheet's glide is shorter. */
const LEAVING_MS = 300;

/** The list. `on.choose(coin)` when the reader picks a row. */
export class List {
  constructor(words, numbers, on) {
    this.words = words;
    this.numbers = numbers;
    this.on = on;
    this.rows = new Map();
    this.leaving = new Set();
    this.top = 0;
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    this.spacer = element("div", { className: "spacer" });
    this.box = element("div", { className: "rows", tabIndex: 0, role: "listbox" }, this.spacer);
    mark(this.box, "aria-label", words.ranking);
    this.box.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("click", (event) => this.click(event));
    this.note = element("p", { className: "muted note" });
    this.node = element("div", { className: "list" }, this.note, this.heads(), this.box);
    this.watch = new ResizeObserver(() => this.measure());
    this.watch.observe(this.box);
  }

  /** The headings; what they say, every row says to those who cannot see them. */
  heads() {
    const { rank, move, coin, points, band, score } = this.words;
    const cells = Object.entries({ rank, move, coin, bar: points, band, score });
    const heads = cells.map(([className, text]) => element("span", { className }, text));
    heads[4].title = this.words.bandMeans;
    return element("div", { className: "heads", "aria-hidden": "true" }, ...heads);
  }

  /** Take the height of a row from the style sheet, which knows narrow screens. */
  measure() {
    const height = Number.parseFloat(getComputedStyle(this.box).getPropertyValue("--row"));
    if (height === this.height && this.box.clientHeight === this.seen) return;
    this.height = height;
    this.seen = this.box.clientHeight;
    this.paint(false);
  }

  scrolled() {
    this.top = this.box.scrollTop;
    this.paint(false);
  }

  /**
   * Show a state: `{ coins, market, weights, ranking, savedRank, bands, chosen }`. Rows glide when
   * `glide` says so and the reader wants motion; otherwise they stand where they belong at once.
   */
  show(shown, glide) {
    const isNew = this.shown?.market !== shown.market;
    this.shown = { ...shown, shares: sharesOf(shown.weights) };
    if (isNew) this.begin();
    mark(this.box, "data-bands", shown.bands.areFresh ? "fresh" : "old");
    this.paint(glide && !isNew && !this.still.matches);
  }

  /** Forget the rows of another market. */
  begin() {
    for (const { node } of [...this.rows.values(), ...this.leaving]) node.remove();
    this.rows.clear();
    this.leaving.clear();
    this.before = null;
    const { market } = this.shown;
    this.node.style.setProperty("--count", market.count);
    this.nowhere = factorsNowhereKnown(market, this.words.factors.length);
    const names = this.nowhere.map((k) => this.words.inside[k]).join(this.words.comma);
    write(this.note, names && fill(this.words.nowhere, { factors: names }));
    this.note.hidden = names === "";
  }

  /** Put every row in sight where it belongs, and let go of those that left. */
  paint(glide) {
    if (!this.shown || !this.height) return;
    const { ranking } = this.shown;
    const first = Math.floor(this.top / this.height) - SPARE;
    const end = first + Math.ceil(this.seen / this.height) + 2 * SPARE;
    const wanted = new Set(ranking.order.slice(Math.max(first, 0), Math.max(end, 0)));
    if (this.active !== undefined) wanted.add(this.active);
    const inReach = (place) => Math.min(Math.max(place, first - SPARE), end + SPARE);
    const from = glide && this.before ? this.before : ranking;
    const free = this.letGo(wanted, glide, (coin) => inReach(placeOf(ranking, coin)));
    for (const coin of wanted) {
      const place = placeOf(ranking, coin);
      const row = this.rows.get(coin) ?? this.enter(coin, free, inReach(placeOf(from, coin)));
      row.go(place, this.height);
      row.fill(place, this.shown, this.words, this.numbers);
      row.node.classList.toggle("active", coin === this.active);
    }
    for (const row of free) row.node.remove();
    this.before = ranking;
    const active = this.active === undefined ? null : `coin-${this.active}`;
    mark(this.box, "aria-activedescendant", active);
  }

  /**
   * The rows whose coins are not wanted any more, free for other coins. Where only a few leave they
   * are not free but glide away: `placeFor` says where to.
   */
  letGo(wanted, glide, placeFor) {
    const unwanted = [...this.rows.values()].filter((row) => !wanted.has(row.coin));
    for (const row of unwanted) this.rows.delete(row.coin);
    if (!glide || unwanted.length + this.leaving.size > MAX_LEAVING) return unwanted;
    for (const row of unwanted) {
      row.retire();
      row.go(placeFor(row.coin), this.height);
      this.leaving.add(row);
      setTimeout(() => {
        row.node.remove();
        this.leaving.delete(row);
      }, LEAVING_MS);
    }
    return [];
  }

  /** A row for a coin that comes into sight: a free one, or a new one that starts at a place. */
  enter(coin, free, from) {
    const known = free.shift();
    const row = known ?? new Row();
    row.take(coin, this.shown.coins, this.lacks(coin), this.words.language);
    this.rows.set(coin, row);
    if (!known) {
      row.start(from, this.height);
      this.spacer.append(row.node);
    }
    return row;
  }

  /** What is missing of a coin that others have, in words; empty when nothing is. */
  lacks(coin) {
    const { factors } = this.shown.market;
    const gaps = this.words.inside.filter(
      (_, k) => Number.isNaN(factors[coin * this.words.factors.length + k]) && !this.nowhere.includes(k),
    );
    return gaps.length ? fill(this.words.lacks, { factors: gaps.join(this.words.comma) }) : "";
  }

  click(event) {
    const node = event.target.closest(".row");
    const row = [...this.rows.values()].find((known) => known.node === node);
    if (!row) return;
    this.active = row.coin;
    this.on.choose(row.coin);
  }

  /** Arrows, page keys, Home and End walk along the ranking; Enter and Space choose. */
  key(event) {
    const { ranking } = this.shown;
    const last = ranking.order.length - 1;
    const page = Math.max(1, Math.floor(this.seen / this.height) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
    const ends = { Home: 0, End: last };
    const at = this.active === undefined ? -1 : placeOf(ranking, this.active);
    if (event.key in steps || event.key in ends) {
      const place = ends[event.key] ?? Math.min(Math.max(at + steps[event.key], 0), last);
      this.active = ranking.order[place];
      this.reveal(place);
    } else if ((event.key === "Enter" || event.key === " ") && at >= 0) {
      this.on.choose(this.active);
    } else return;
    event.preventDefault();
    this.paint(false);
  }

  /** Scroll as little as it takes to see a place. */
  reveal(place) {
    const top = place * this.height;
    this.box.scrollTop = Math.max(Math.min(this.top, top), top + this.height - this.seen);
    this.top = this.box.scrollTop;
  }

  /** Stop watching the screen. */
  close() {
    this.watch.disconnect();
  }
}

/** Where a coin stands in a ranking, counted from 0. */
function placeOf(ranking, coin) {
  return ranking.rank[coin] ? ranking.rank[coin] - 1 : ranking.order.indexOf(coin);
}

/** Which of `count` factors no coin of a market has. */
function factorsNowhereKnown(market, count) {
  const known = new Set();
  market.factors.forEach((value, at) => {
    if (!Number.isNaN(value)) known.add(at % count);
  });
  return Array.from({ length: count }, (_, k) => k).filter((k) => !known.has(k));
}
