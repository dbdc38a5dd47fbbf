/** What stands where in the panel: the weights beside the ranking, why below both. */

import { colour, element } from "./dom.js";

/**
 * The panel's nodes in their places, with those that change by name. `parts` are the sliders, the
 * presets, the list and why; `on` says what the buttons do: `save`, `copy`, `back`, `begin`.
 */
export function layout(words, { presets, sliders, list, why }, on) {
  const button = (text, onclick, className = "") =>
    element("button", { type: "button", className, onclick }, text);
  const save = button(words.save, on.save, "primary");
  const undo = button(words.undo, on.back);
  const reset = button(words.reset, on.begin);
  const actions = element("div", { className: "actions" }, save, button(words.copy, on.copy));
  actions.append(undo, reset);
  const reason = element("p", { className: "muted reason", hidden: true });
  const status = element("p", { className: "status", role: "status" });
  const spoken = element("p", { className: "spoken", "aria-live": "polite" });
  const heading = element("h2");
  const legend = words.factors.map((name, k) =>
    element("span", {}, colour(element("b", { className: "swatch" }), k), name),
  );
  const left = [presets.node, sliders.node, actions, reason, status, spoken];
  const right = [heading, element("p", { className: "muted legend" }, ...legend), list.node];
  const nodes = [
    element("div", { className: "left" }, ...left),
    element("div", { className: "right" }, ...right),
    why.node,
  ];
  return { nodes, save, undo, reset, reason, status, spoken, heading };
}
