/**
 * The weights page: sliders, and the ranking that follows every movement of a handle. Scoring and
 * sorting happen here; Python hears of the weights when the handle is let go, and answers with
 * what only it can tell (rank bands, presets, whether something was saved).
 */

import { element, mark, write } from "./dom.js";
import { layout } from "./layout.js";
import { List } from "./list.js";
import { fill, isolated, numbers } from "./numbers.js";
import { Presets } from "./presets.js";
import { rankCoins, toMarket } from "./ranking.js";
import { Sliders } from "./sliders.js";
import { rebalance, same } from "./weights.js";
import { Why } from "./why.js";
import { Wire } from "./wire.js";

/** How long keys must rest before Python hears of the weights, and before ranks are announced. */
const REST_MS = 400;

/** Steps back that are remembered. */
const MAX_UNDO = 100;

const panels = new WeakMap();

/** What Streamlit calls when the panel appears, and again when its data or the theme change. */
export default function ({ data, parentElement }) {
  if (!panels.has(parentElement)) panels.set(parentElement, new Panel(parentElement));
  const panel = panels.get(parentElement);
  panel.take(data);
  const { turn } = panel;
  return () => {
    // An outdated call is cleaned up while the panel lives on.
    if (panel.turn !== turn) return;
    panel.close();
    panels.delete(parentElement);
  };
}

/** One panel in a page. */
class Panel {
  constructor(host) {
    this.turn = 0;
    this.root = element("div", { className: "panel" });
    host.append(this.root);
    this.past = [];
    this.wire = new Wire(() => this.hear());
  }

  /** Take what Python sends: words, the factors' colours, and a market once a snapshot. */
  take(data) {
    this.turn += 1;
    this.locked ??= data.words.factors.map(() => false);
    this.colour(data.colours);
    const words = JSON.stringify(data.words);
    const isRenamed = this.text !== words;
    if (isRenamed) {
      this.text = words;
      this.build(data.words);
    }
    if (isRenamed || this.snapshot !== data.market.snapshot) {
      this.snapshot = data.market.snapshot;
      this.coins = data.market;
      this.market = toMarket(data.market);
      this.ranking = null;
      this.why.begin(this.coins);
      this.keepChoices();
    }
    this.hear();
  }

  /** Take what a release brought; the first news says with which weights to begin. */
  hear() {
    const { news } = this.wire;
    if (!news || !this.market) return;
    this.weights ??= news.weights;
    if (!this.savedRank || this.savedFor !== this.market || !same(this.saved, news.saved)) {
      this.saved = news.saved;
      this.savedFor = this.market;
      this.savedRank = rankCoins(this.market, news.saved).rank;
    }
    this.presets.take(news.presets, news.whyNotKeep);
    this.parts.save.disabled = news.whyNotSave !== "";
    this.parts.reason.hidden = news.whyNotSave === "";
    write(this.parts.reason, news.whyNotSave);
    if (news.notice) write(this.parts.status, news.notice);
    this.draw(false);
  }

  /** Put everything on the page, in the reader's words. */
  build(words) {
    this.words = words;
    this.numbers = numbers(words);
    this.list?.close();
    mark(this.root, "dir", words.isRtl ? "rtl" : "ltr");
    mark(this.root, "lang", words.language);
    this.sliders = new Sliders(words, this.numbers, {
      move: (index, value) => this.move(index, value),
      settle: (byHand) => this.settle(byHand),
      type: (index, value) => this.jump(rebalance(this.weights, this.locked, index, value)),
      lock: (index) => this.lock(index),
      end: () => this.end(),
    });
    this.presets = new Presets(words, {
      apply: (weights) => this.jump(weights),
      save: (name) => this.wire.wish("keep", { name, weights: this.weights }),
      remove: (name) => this.wire.wish("forget", { name }),
    });
    this.list = new List(words, this.numbers, { choose: (coin) => this.choose(coin) });
    this.why = new Why(words, this.numbers, { compare: (coin) => this.compare(coin) });
    this.parts = layout(words, this, {
      save: () => this.wire.wish("default", { weights: this.weights }),
      copy: () => this.copy(),
      back: () => this.back(),
      begin: () => this.begin(),
    });
    this.root.replaceChildren(...this.parts.nodes);
  }

  /** Take the factors' colours; the page says whether it is light or dark. */
  colour(colours) {
    colours.forEach(({ light, dark }, k) => {
      this.root.style.setProperty(`--factor-${k}`, `light-dark(${light}, ${dark})`);
    });
  }

  /** A handle moved: the others give way from where they stood when it was taken. */
  move(index, value) {
    if (!this.held) this.remember();
    this.held ??= this.weights;
    this.set(rebalance(this.held, this.locked, index, value));
  }

  /** A handle was let go, or keys moved it and may go on. */
  settle(byHand) {
    this.tell(byHand ? 0 : REST_MS);
    if (byHand) this.end();
  }

  /** What follows starts from the weights as they are now, and is a step of its own. */
  end() {
    this.held = null;
  }

  /** Go to weights at once. */
  jump(weights) {
    this.end();
    if (!same(weights, this.weights)) this.remember();
    this.set(weights);
    this.tell(0);
  }

  lock(index) {
    this.end();
    this.locked[index] = !this.locked[index];
    this.draw(false);
  }

  remember() {
    this.past.push(this.weights);
    if (this.past.length > MAX_UNDO) this.past.shift();
  }

  back() {
    this.end();
    let weights = this.weights;
    while (this.past.length > 0 && same(weights, this.weights)) weights = this.past.pop();
    this.set(weights);
    this.tell(0);
  }

  /** Back to the saved weights, nothing locked. */
  begin() {
    this.locked.fill(false);
    this.jump(this.saved);
  }

  choose(coin) {
    if (coin === this.other) this.other = this.chosen;
    this.chosen = coin;
    this.draw(false);
  }

  compare(coin) {
    this.other = coin;
    this.draw(false);
  }

  /** Another market may lack the chosen coins; new ones are taken from the top. */
  keepChoices() {
    const find = (id) => (id === undefined ? undefined : this.coins.ids.indexOf(id));
    const [chosen, other] = [find(this.chosenId), find(this.otherId)];
    this.chosen = chosen >= 0 ? chosen : undefined;
    this.other = other >= 0 ? other : undefined;
    this.list.active = undefined;
  }

  set(weights) {
    this.weights = weights;
    write(this.parts.status, "");
    this.draw(true);
  }

  /** Rank and show everything as it stands. */
  draw(glide) {
    const { market, weights, savedRank } = this;
    const { bands } = this.wire.news;
    this.ranking = rankCoins(market, weights, this.ranking?.order);
    const { ranking } = this;
    this.chosen ??= ranking.order[0];
    this.other ??= ranking.order[Math.min(1, market.count - 1)];
    this.chosenId = this.coins.ids[this.chosen];
    this.otherId = this.coins.ids[this.other];
    const { coins, chosen, other } = this;
    const known = bands.snapshot === this.snapshot ? bands : { weights: [] };
    const areFresh = same(weights, known.weights);
    this.sliders.show(weights, this.locked);
    this.presets.show(weights);
    const shown = { market, weights, ranking, chosen };
    this.list.show({ ...shown, coins, savedRank, bands: { ...known, areFresh } }, glide);
    this.why.show({ ...shown, other });
    write(this.parts.heading, this.moved());
    this.parts.undo.disabled = this.past.length === 0;
    this.parts.reset.disabled = same(weights, this.saved) && !this.locked.includes(true);
  }

  /** How many coins stand elsewhere than under the saved weights, in words. */
  moved() {
    const { rank } = this.ranking;
    const count = rank.reduce((sum, r, coin) => (r === this.savedRank[coin] ? sum : sum + 1), 0);
    const sentence = this.words.moved[Math.min(count, 2)];
    return fill(sentence, {
      count: this.numbers.whole(count),
      all: this.numbers.whole(rank.length),
    });
  }

  /** Let Python know after a delay, and those who listen once things rest. */
  tell(delay) {
    clearTimeout(this.timer);
    if (delay === 0) this.wire.tell(this.weights);
    this.timer = setTimeout(() => {
      this.wire.tell(this.weights);
      this.announce();
    }, REST_MS);
  }

  /** Say who leads now, and how many moved. */
  announce() {
    const leaders = this.ranking.order
      .slice(0, 3)
      .filter((coin) => this.ranking.rank[coin])
      .map((coin, k) => `${isolated(this.coins.symbols[coin])} ${this.numbers.whole(k + 1)}`);
    const values = { leaders: leaders.join(this.words.comma), moved: this.moved() };
    write(this.parts.spoken, fill(this.words.announced, values));
  }

  /** Put a link that carries the weights on the clipboard; where that is barred, show it. */
  async copy() {
    const link = `${location.origin}${location.pathname}?w=${this.weights.join(",")}`;
    try {
      await navigator.clipboard.writeText(link);
      write(this.parts.status, this.words.copied);
    } catch {
      write(this.parts.status, `${this.words.copyThis} ${isolated(link)}`);
    }
  }

  close() {
    clearTimeout(this.timer);
    this.wire.close();
    this.list?.close();
    this.root.remove();
  }
}
