// Everything works without this: it opens messages where you are, answers while you choose, counts down and copies.

const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

const open = (id) => {
  const there = document.getElementById(id);
  const details = there?.closest("li")?.querySelector("details") ?? there;
  if (!(details instanceof HTMLDetailsElement)) return false;
  details.open = true;
  details.scrollIntoView({ behavior: still ? "auto" : "smooth", block: "start" });
  details.querySelector("summary").focus({ preventScroll: true });
  return true;
};

for (const arrow of document.querySelectorAll("a.arrow")) {
  arrow.addEventListener("click", (event) => {
    if (open(arrow.dataset.message)) event.preventDefault();
  });
}

const questions = document.getElementById("questions");
if (questions) {
  questions.querySelector("#ask").hidden = true;
  questions.addEventListener("change", async () => {
    const address = new URL(questions.action);
    address.search = new URLSearchParams(new FormData(questions)).toString();
    address.hash = "";
    const answer = await fetch(address, { cache: "no-store" }).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.getElementById("answer").replaceChildren(...page.getElementById("answer").childNodes);
    document.querySelector(".compare").replaceWith(page.querySelector(".compare"));
    history.replaceState(null, "", address);
  });
}

const countdown = document.getElementById("countdown");
if (countdown) {
  const button = document.getElementById("next");
  const ends = Date.now() + Number(countdown.dataset.seconds) * 1000;
  const words = countdown.textContent;
  const tick = () => {
    const left = Math.ceil((ends - Date.now()) / 1000);
    button.disabled = left > 0;
    if (left > 0) countdown.textContent = words.replace(/\d+/, left);
    else {
      countdown.textContent = "";
      clearInterval(timer);
    }
  };
  const timer = setInterval(tick, 250);
  tick();
}

for (const code of document.querySelectorAll("pre[data-copy]")) {
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    className: "plain copy",
    textContent: code.dataset.copy,
  });
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = code.dataset.copied;
    setTimeout(() => (button.textContent = code.dataset.copy), 2000);
  });
  code.before(button);
}
