/** Building and changing elements; text always becomes text nodes, so names never become markup. */

/** A new element: `on…`, `className` and the like as properties, all else as attributes. */
export function element(tag, settings = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(settings)) {
    if (name in node) node[name] = value;
    else if (value !== null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** Put text into a node, touching it only when it changes; its text node stays, which is quicker. */
export function write(node, text) {
  if (node.firstChild === null) node.append(text);
  else if (node.firstChild.data !== text) node.firstChild.data = text;
}

/** Set an attribute, touching it only when it changes; null takes it away. */
export function mark(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** Let a node have the colour of a factor, which the panel has by its number; returns the node. */
export function colour(node, factor) {
  node.style.setProperty("--colour", `var(--factor-${factor})`);
  return node;
}

/** Paint `parts` of 100 in the factors' colours side by side, 2 px between them. */
export function segment(node, parts) {
  const stops = [];
  let end = 0;
  parts.forEach((part, k) => {
    end += part || 0;
    const edge = k < parts.length - 1 ? `calc(${end}% - 2px)` : `${end}%`;
    stops.push(`var(--factor-${k}) 0 ${edge}`, `transparent 0 ${end}%`);
  });
  node.style.backgroundImage = `linear-gradient(to var(--way), ${stops.join()}, transparent 0)`;
}

/** An icon from an outline in a box of 24 by 24. */
export function icon(outline) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", outline);
  svg.append(path);
  return svg;
}

/** The outlines of the icons. */
export const ICONS = {
  locked: "M7 10V8a5 5 0 0 1 10 0v2M5.5 10.5h13v10h-13zM12 14.5v2.5",
  open: "M14 10V7a4 4 0 0 1 8 0v2.5M3.5 10.5h13v10h-13zM10 14.5v2.5",
};
