// Short messages: the event `itfm:toast` with { text, tone, action }; see templates/components/toast.html.
// The event `itfm:announce` with a text is read to those who do not see the page change.
const SHOWN = 6000;

function toast({ text, tone = "", action = null }) {
  const place = document.getElementById("toasts");
  const note = document.getElementById("toast").content.firstElementChild.cloneNode(true);
  note.dataset.tone = tone;
  note.querySelector(".toast-text").textContent = text;
  if (action) follow(note.querySelector(".toast-action"), action);
  note.querySelector(".toast-close").addEventListener("click", () => note.remove());
  place.append(note);
  if (!action && tone !== "bad") vanish(note);
}

function follow(link, { label, url, form }) {
  link.hidden = false;
  link.textContent = label;
  link.href = url || "#";
  if (!form) return;
  link.setAttribute("role", "button");
  link.addEventListener("click", (event) => {
    event.preventDefault();
    document.getElementById(form)?.requestSubmit();
    link.closest(".toast-note").remove();
  });
}

function vanish(note) {
  let timer = setTimeout(() => note.remove(), SHOWN);
  // Who points at it or has the focus in it is still reading.
  for (const stay of ["pointerenter", "focusin"]) note.addEventListener(stay, () => clearTimeout(timer));
  for (const go of ["pointerleave", "focusout"]) {
    note.addEventListener(go, () => (timer = setTimeout(() => note.remove(), SHOWN)));
  }
}

document.addEventListener("itfm:toast", (event) => toast(event.detail));
document.addEventListener("itfm:announce", (event) => {
  document.getElementById("announcement").textContent = event.detail;
});
