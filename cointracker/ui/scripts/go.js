/**
 * Goes to another page as the browser's own buttons do: Streamlit hears of it by `popstate`, asks
 * for the page anew and drops what the old one still had in the queue.
 */
export default function ({ data, parentElement }) {
  if (parentElement.gone === data.to) return;
  parentElement.gone = data.to;
  history.pushState({}, "", data.to);
  dispatchEvent(new PopStateEvent("popstate"));
}
