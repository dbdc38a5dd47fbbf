/**
 * The line between the panel and Python: news comes down it, weights and wishes go up. It is a
 * component of its own because what a release brings is small, and the market, which the panel
 * holds, is not sent again with it.
 */
export default function ({ data, setStateValue, setTriggerValue }) {
  globalThis.cointrackerLine ??= new EventTarget();
  const line = globalThis.cointrackerLine;
  Object.assign(line, { news: data, send: setStateValue, wish: setTriggerValue });
  line.dispatchEvent(new Event("news"));
  return () => {
    if (line.news === data) line.news = null;
  };
}
