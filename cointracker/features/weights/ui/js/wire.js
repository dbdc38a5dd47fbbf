/** The panel's end of the line to Python; line.js is the other. */

import { same } from "./weights.js";

/** Calls `hear` whenever there is news, and says upwards what Python does not know yet. */
export class Wire {
  constructor(hear) {
    globalThis.cointrackerLine ??= new EventTarget();
    this.line = globalThis.cointrackerLine;
    this.hear = hear;
    this.line.addEventListener("news", hear);
  }

  /** What came last; null before anything did. */
  get news() {
    return this.line.news ?? null;
  }

  /** Say which weights are on screen now. */
  tell(weights) {
    if (same(this.told ?? this.news.weights, weights)) return;
    this.told = weights;
    this.line.send("weights", weights);
  }

  /** Ask for something: `default`, `keep` or `forget`. */
  wish(kind, more) {
    this.line.wish("wish", { kind, ...more });
  }

  /** Listen no longer. */
  close() {
    this.line.removeEventListener("news", this.hear);
  }
}
