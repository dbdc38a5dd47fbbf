/**
 * One call to the server that sets or deletes the session's cookie, which no script can read; then
 * the page is opened anew, for Streamlit reads cookies only when a page connects.
 */

const begun = new Set();

/** What Streamlit calls when the call is to be made, and again whenever it draws. */
export default function ({ data, parentElement }) {
  if (begun.has(data.once)) return;
  begun.add(data.once);
  call(data).then((isDone) => {
    if (isDone || data.always) location.replace(inside(data.to));
    else parentElement.replaceChildren(data.failed);
  });
}

/** Whether the server did it. */
async function call({ path, body, csrf }) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrf };
  try {
    const options = { method: "POST", headers, body: JSON.stringify(body) };
    return (await fetch(path, options)).ok;
  } catch {
    return false;
  }
}

/** The address to go on to; never one of another server. */
function inside(to) {
  const kept = sessionStorage.getItem("cointracker-to");
  sessionStorage.removeItem("cointracker-to");
  const wanted = new URL(to ?? kept ?? "/", location.origin);
  return wanted.origin === location.origin ? wanted.href : "/";
}
