/** The weights as the reader handles them: slider, typed value and lock for each. */

import { colour, element, ICONS, icon, mark, segment, write } from "./dom.js";
import { fill } from "./numbers.js";
import { canMove, TOTAL } from "./weights.js";

/**
 * The sliders. `on.move(index, value)` while a handle moves, `on.settle(byHand)` when it is let
 * go, `on.type(index, value)` for a typed value, `on.lock(index)`; `on.end()` when another begins.
 */
export class Sliders {
  constructor(words, numbers, on) {
    this.words = words;
    this.numbers = numbers;
    this.rows = words.factors.map((name, index) => this.row(name, index, on));
    this.total = element("div", { className: "total bar", role: "img" });
    this.told = element("p", { className: "muted told" });
    this.node = element("div", {
      className: "sliders",
      role: "group",
      "aria-label": words.weights,
    });
    this.node.append(...this.rows.map(({ node }) => node), this.total, this.told);
  }

  /** One weight. The slider's step is free: it shows a share of 12.3 at 12.3, and moves by ones. */
  row(name, index, on) {
    const slider = element("input", { type: "range", min: 0, max: TOTAL, step: "any" });
    mark(slider, "aria-label", name);
    let isHeld = false;
    slider.addEventListener("pointerdown", () => {
      isHeld = true;
      on.end();
    });
    slider.addEventListener("keydown", () => {
      isHeld = false;
    });
    slider.addEventListener("input", () => on.move(index, Math.round(slider.valueAsNumber)));
    slider.addEventListener("change", () => on.settle(isHeld));
    slider.addEventListener("blur", on.end);
    const typed = element("input", { type: "text", inputMode: "decimal", autocomplete: "off" });
    mark(typed, "aria-label", fill(this.words.typed, { factor: name }));
    typed.addEventListener("keydown", (event) => event.stopPropagation());
    typed.addEventListener("focus", () => typed.select());
    typed.addEventListener("input", () => mark(typed, "data-unfinished", ""));
    typed.addEventListener("blur", () => mark(typed, "data-unfinished", null));
    typed.addEventListener("change", () => {
      mark(typed, "data-unfinished", null);
      on.type(index, this.numbers.parse(typed.value));
    });
    const icons = [icon(ICONS.open), icon(ICONS.locked)];
    const lock = element("button", { type: "button", className: "lock" }, ...icons);
    lock.title = fill(this.words.lock, { factor: name });
    mark(lock, "aria-label", lock.title);
    lock.addEventListener("click", () => on.lock(index));
    const swatch = colour(element("b", { className: "swatch" }), index);
    const label = element("span", { className: "label" }, swatch, name);
    const node = element("div", { className: "weight" }, label, typed, lock, slider);
    return { node, slider, typed, lock };
  }

  /** Show weights and locks as they stand. */
  show(weights, locked) {
    this.rows.forEach(({ slider, typed, lock }, k) => {
      const text = this.numbers.weight(weights[k]);
      const free = canMove(weights, locked, k);
      if (slider.valueAsNumber !== weights[k]) slider.value = weights[k];
      slider.style.setProperty("--share", `${weights[k]}%`);
      mark(slider, "aria-valuetext", text);
      if (!typed.matches("[data-unfinished]") && typed.value !== text) typed.value = text;
      slider.disabled = !free;
      typed.disabled = !free;
      mark(lock, "aria-pressed", String(locked[k]));
    });
    segment(this.total, weights);
    const shares = weights.map((w, k) => `${this.words.factors[k]} ${this.numbers.weight(w)}`);
    mark(this.total, "aria-label", shares.join(this.words.comma));
    const names = this.words.factors.filter((_, k) => locked[k]);
    write(
      this.told,
      fill(this.words.locked[names.length], { factors: names.join(this.words.comma) }),
    );
  }
}
