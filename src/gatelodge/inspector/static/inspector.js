// Keeps the list of requests fresh: asks for the same page again and takes over its list. Without it the page reloads.

const SECONDS = 2;
const list = document.getElementById("traces");

const refresh = async () => {
  if (document.hidden) return;
  const answer = await fetch(location.href, { cache: "no-store" });
  if (answer.redirected || answer.status === 403) location.reload(); // not for us any more: nothing old stays in sight
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("traces");
  if (!fresh || fresh.innerHTML === list.innerHTML) return;
  const focused = list.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  list.replaceChildren(...fresh.childNodes);
  if (focused) list.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
};

setInterval(() => refresh().catch(() => {}), SECONDS * 1000);
