/** Presets as pills: built-in ones and the reader's own, and the way to save one more. */

import { element, mark } from "./dom.js";
import { fill, isolated } from "./numbers.js";
import { same } from "./weights.js";

/** The pills. `on.apply(weights)`, `on.save(name)`, `on.remove(name)`. */
export class Presets {
  constructor(words, on) {
    this.words = words;
    this.on = on;
    this.pills = element("div", { className: "pills", role: "group", "aria-label": words.presets });
    this.name = element("input", { type: "text", maxLength: 40, placeholder: words.presetName });
    mark(this.name, "aria-label", words.presetName);
    this.name.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") this.open(false);
    });
    const save = element("button", { type: "submit" }, words.savePreset);
    this.form = element("form", { className: "naming", hidden: true }, this.name, save);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      on.save(this.name.value);
      this.open(false);
    });
    this.more = element("button", { type: "button", className: "pill more" }, words.newPreset);
    this.more.addEventListener("click", () => this.open(this.form.hidden));
    const title = element("p", { className: "muted" }, words.preset);
    this.node = element("div", { className: "presets" }, title, this.pills, this.form);
    this.open(false);
  }

  /** Show or hide the field for a name. */
  open(isOpen) {
    const hadFocus = this.form.contains(this.form.getRootNode().activeElement);
    this.form.hidden = !isOpen;
    mark(this.more, "aria-expanded", String(isOpen));
    if (isOpen) this.name.focus();
    else if (hadFocus) this.more.focus();
    this.name.value = "";
  }

  /**
   * Take the presets there are, `{ name, key, weights, mayDelete }` each, and why none may be kept,
   * empty where one may.
   */
  take(presets, whyNot) {
    this.more.disabled = whyNot !== "";
    this.more.title = whyNot;
    const text = JSON.stringify(presets);
    if (this.text === text) return;
    this.text = text;
    this.presets = presets;
    this.pills.replaceChildren(...presets.map((preset) => this.pill(preset)), this.more);
  }

  /** Mark the preset whose weights these are. */
  show(weights) {
    this.presets.forEach((preset, k) => {
      const isOn = same(preset.weights, weights);
      mark(this.pills.children[k].querySelector(".pill"), "aria-pressed", String(isOn));
    });
  }

  pill(preset) {
    const pill = element("button", { type: "button", className: "pill" });
    pill.append(element("bdi", {}, preset.name));
    pill.addEventListener("click", () => this.on.apply(preset.weights));
    const both = element("span", { className: "own" }, pill);
    if (preset.mayDelete) {
      const remove = element("button", { type: "button", className: "remove" }, "×");
      remove.title = fill(this.words.deletePreset, { name: isolated(preset.name) });
      mark(remove, "aria-label", remove.title);
      remove.addEventListener("click", () => this.on.remove(preset.key));
      both.append(remove);
    }
    return both;
  }
}
